"""Remove everything of a person outside the sealed resources, and keep a tombstone.

Every table with an owner is named here; a test fails when one is forgotten.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, delete, exists, select, update

from registry import ports
from registry.domain.keys.erased import Tombstone
from registry.store import tables
from registry.store.care import proof
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_TOMBSTONE = Shape(tables.tombstone, Tombstone)
_C = tables.tombstone.c
_UNSENT = ("pending", "leased", "parked")
# Rows that go; the projections of a person tell of the person even without a name.
REMOVED: tuple[Table, ...] = (
    tables.search_token,
    tables.consent,
    tables.received_document,
    tables.transfer,
    tables.care_state,
    tables.kept_summary,
    tables.subscription_event,
    tables.alias,
    tables.person,
)
# Rows that stay without their contents: message ids and digests prove what was exchanged.
BLANKED: tuple[Table, ...] = (tables.resource, tables.resource_version, tables.outbox, tables.inbox)
_NOTHING = b""


class SqlErasures:
    """The port Erasures."""

    def __init__(self, transaction: Transaction, pseudonym: Callable[[str], str], audit: ports.Audit) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction
        self._audit = audit
        self._pseudonym = pseudonym

    def pseudonym(self, owner_id: str) -> str:
        """Return the name of a person in the audit trail and on a tombstone."""
        return self._pseudonym(owner_id)

    def begin(self, owner_id: str, at: datetime) -> Tombstone:
        """Keep a tombstone for a person; an earlier one stays."""
        made = Tombstone(self._pseudonym(owner_id), at)
        add = self._transaction.insert(tables.tombstone).values(_TOMBSTONE.values(made))
        self._transaction.execute(
            add.on_conflict_do_update(index_elements=[_C.pseudonym], set_={"done": False})
        )
        kept = self._transaction.execute(_TOMBSTONE.select.where(_C.pseudonym == made.pseudonym)).one()
        return _TOMBSTONE.read(kept)

    def end(self, pseudonym: str) -> None:
        """Note that the key is destroyed."""
        self._transaction.execute(update(tables.tombstone).where(_C.pseudonym == pseudonym).values(done=True))

    def tombstones(self) -> list[Tombstone]:
        """Return every tombstone, oldest first."""
        return _TOMBSTONE.read_all(self._transaction.execute(_TOMBSTONE.select.order_by(_C.at, _C.pseudonym)))

    def remove(self, owner_id: str) -> int:
        """Remove rows and blank bodies of a person in every table; return how many rows were touched."""
        run = self._transaction
        if not run.postgresql:
            run.connection.exec_driver_sql("PRAGMA secure_delete = ON")
        proof.note_gone(self._audit, run, owner_id)
        out, into, old = tables.outbox, tables.inbox, tables.resource_version
        unsent = and_(out.c.owner_id == owner_id, out.c.state.in_(_UNSENT))
        touched = run.changed(update(out).where(unsent).values(state="withdrawn", finished=run.now()))
        touched += run.changed(update(out).where(out.c.owner_id == owner_id).values(body=_NOTHING))
        blank = {"body": _NOTHING, "findings": _NOTHING}
        touched += run.changed(update(into).where(into.c.owner_id == owner_id).values(blank))
        emptied = {"body": _NOTHING, "deleted": True}
        touched += run.changed(update(old).where(old.c.owner_id == owner_id).values(emptied))
        # A number that a partner was given stays without whom it was about: its absence would tell.
        told = tables.subscription_event
        numbered = and_(told.c.owner_id == owner_id, told.c.number > 0)
        touched += run.changed(update(told).where(numbered).values(owner_id="", focus=""))
        # Files of exports may hold the person: they go now, with the key that opens them.
        jobs = tables.job
        exports = update(jobs).where(jobs.c.kind == "export")
        run.execute(exports.where(jobs.c.state == "done").values(expires=run.now()))
        run.execute(exports.where(jobs.c.state == "working").values(state="cancelled", lease_owner=""))
        run.execute(delete(tables.alias_seq).where(self._alias_of(owner_id)))
        for table in REMOVED:
            column = table.c.id if table is tables.person else table.c.owner_id
            touched += run.changed(delete(table).where(column == owner_id))
        return touched

    def overwrite(self) -> None:
        """Leave no removed row in files that SQLite keeps beside the database; after the commit."""
        if not self._transaction.postgresql:
            self._transaction.truncate_log()

    def _alias_of(self, owner_id: str) -> ColumnElement[bool]:
        names, counters = tables.alias.c, tables.alias_seq.c
        same = and_(names.partner == counters.partner, names.alias == counters.alias)
        return exists(select(names.alias).where(same, names.owner_id == owner_id))
