"""A person's whole record in one reading, and the summaries kept of it."""

import hashlib
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, bindparam, delete, select, tuple_

from registry.domain.model import SealedResource
from registry.ports.charts import KeptSummary, Wanted
from registry.store import tables
from registry.store.prepared import Prepared
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

DIRECTORY = "directory"
# Documents are asked for one by one: they may be larger than the rest of a record together.
APART = "Binary"
_RESOURCE = Shape(tables.resource, SealedResource)
_KEPT = Shape(tables.kept_summary, KeptSummary)
_R = tables.resource.c
_D = tables.received_document.c
_K = tables.kept_summary.c
_PAGE = (
    _RESOURCE.select.where(_R.owner_id == bindparam("of_owner"), ~_R.deleted)
    .order_by(_R.updated, _R.type, _R.id)
    .limit(bindparam("most"))
)
_ALL = Prepared(_PAGE.where(_R.type != APART))
_VERSIONS = Prepared(select(_R.type, _R.id, _R.version).where(_R.owner_id == bindparam("of_owner")))
_DOCUMENTS = Prepared(select(_D.id, _D.reviewed).where(_D.owner_id == bindparam("of_owner")))
_SUMMARY = Prepared(
    _KEPT.select.where(_K.owner_id == bindparam("of_owner"), _K.variant == bindparam("of_variant"))
)


class SqlCharts:
    """The port Charts."""

    def __init__(self, transaction: Transaction) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction

    def page(self, owner_id: str, wanted: Wanted) -> list[SealedResource]:
        """Return current resources of an owner in the order of writing."""
        values = {"of_owner": owner_id, "most": wanted.limit}
        if not (wanted.types or wanted.since or wanted.after):
            return _RESOURCE.read_all(self._transaction.read(_ALL, values))
        return _RESOURCE.read_all(self._transaction.execute(_narrowed(wanted), values))

    def directory(self, references: Sequence[tuple[str, str]]) -> list[SealedResource]:
        """Return the current directory entries among these (type, id)."""
        if not references:
            return []
        named = tuple_(_R.type, _R.id).in_(list(references))
        wanted = _RESOURCE.select.where(named, _R.owner_id == DIRECTORY, ~_R.deleted)
        return _RESOURCE.read_all(self._transaction.execute(wanted.order_by(_R.type, _R.id)))

    def state(self, owner_id: str) -> str:
        """Return a digest of every version and document there is of an owner: it changes with any write."""
        key = {"of_owner": owner_id}
        rows = [*self._transaction.read(_VERSIONS, key), *self._transaction.read(_DOCUMENTS, key)]
        return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()

    def summary(self, owner_id: str, variant: str) -> KeptSummary | None:
        """Return the summary kept of this variant."""
        key = {"of_owner": owner_id, "of_variant": variant}
        return _KEPT.first(self._transaction.read(_SUMMARY, key))

    def keep_summary(self, kept: KeptSummary) -> None:
        """Keep a summary in the place of the one of the same variant."""
        values = _KEPT.values(kept)
        statement = self._transaction.insert(tables.kept_summary).values(values)
        changes = {"made_from": kept.made_from, "body": kept.body, "day": kept.day}
        self._transaction.execute(
            statement.on_conflict_do_update(index_elements=[_K.owner_id, _K.variant], set_=changes)
        )

    def drop_summaries(self, before: date, limit: int) -> int:
        """Drop summaries kept on an earlier day; return how many."""
        past = select(_K.owner_id, _K.variant).where(_K.day < before).limit(limit)
        return self._transaction.changed(
            delete(tables.kept_summary).where(tuple_(_K.owner_id, _K.variant).in_(past))
        )


def _narrowed(wanted: Wanted) -> Select[tuple[object, ...]]:
    page = _PAGE.where(_R.type.in_(wanted.types)) if wanted.types else _PAGE.where(_R.type != APART)
    if wanted.since is not None:
        page = page.where(_R.updated > wanted.since)
    if wanted.after is not None:
        moment, kind, resource_id = wanted.after
        place = tuple_(_R.updated, _R.type, _R.id)
        page = page.where(place > tuple_(bindparam(None, moment, _R.updated.type), kind, resource_id))
    return page
