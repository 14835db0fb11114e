"""Every sealed column of the database, so that keys can be changed under all of them.

A test fails when a column of envelopes is missing here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Select, Table, and_, func, or_, select, tuple_, update

from registry import ports
from registry.domain.keys.sealed import SealedRow
from registry.domain.model import INBOX_OWNER, NODE_OWNER
from registry.store import tables
from registry.store.care import proof
from registry.store.transaction import Transaction

_T = tables.search_token.c
_R = tables.resource.c
# An envelope begins with two bytes of its format and four of the key's version.
_VERSION_AT, _VERSION_BYTES = 3, 4


@dataclass(frozen=True)
class Sealed:
    """One column of envelopes: its table, the columns that its place is made from, and whose it is.

    `owner` is a column, or the fixed name of a service, with `prefix` before the column's value.
    """

    table: Table
    column: str
    key: tuple[str, ...]
    owner: str = "owner_id"
    service: str = ""
    prefix: str = ""


COLUMNS: Mapping[str, Sealed] = {
    "resource": Sealed(tables.resource, "body", ("type", "id", "version")),
    "resource_version": Sealed(tables.resource_version, "body", ("type", "id", "version")),
    "received_document": Sealed(tables.received_document, "body", ("id",)),
    "received_document.findings": Sealed(tables.received_document, "findings", ("id",)),
    "outbox": Sealed(tables.outbox, "body", ("id",)),
    "inbox": Sealed(tables.inbox, "body", ("id",), service=INBOX_OWNER),
    "inbox.findings": Sealed(tables.inbox, "findings", ("id",), service=INBOX_OWNER),
    "app_user": Sealed(tables.app_user, "totp", ("id",), owner="id", prefix="user:"),
    "approval": Sealed(tables.approval, "request", ("id",), service=NODE_OWNER),
}
# Not moved to a new key: built again when asked for, or gone with their own key within a day or two.
SHORT_LIVED = frozenset({"kept_summary.body", "job.request", "job_part.body"})
# Bytes that are no envelopes.
PLAIN_BYTES = frozenset(
    {"search_token.value", "audit_chain.prev_hash", "audit_chain.hash", "audit_checkpoint.root",
     "audit_checkpoint.signature"}
)  # fmt: skip


class SqlSealedRows:
    """The port SealedRows."""

    def __init__(self, transaction: Transaction, audit: ports.Audit) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction
        self._audit = audit

    def stale(self, owner_id: str, version: int, limit: int) -> list[SealedRow]:
        """Return envelopes of an owner that are not sealed with this version of the key."""
        found: list[SealedRow] = []
        for kind, each in COLUMNS.items():
            if len(found) < limit and (wanted := _of(each, owner_id)) is not None:
                head = func.substr(each.table.c[each.column], _VERSION_AT, _VERSION_BYTES)
                old = wanted.where(head != version.to_bytes(_VERSION_BYTES)).limit(limit - len(found))
                for row in self._transaction.execute(old):
                    key: tuple[str | int, ...] = tuple(row)[:-1]
                    found.append(SealedRow(kind, key, owner_id, row[-1]))
        return found

    def replace(self, row: SealedRow, blob: bytes) -> bool:
        """Put another envelope in its place; False when the row has changed meanwhile."""
        each = COLUMNS[row.kind]
        column = each.table.c[each.column]
        same = (each.table.c[name] == value for name, value in zip(each.key, row.key, strict=True))
        change = update(each.table).where(*same, column == row.blob).values({each.column: blob})
        changed = self._transaction.changed(change) > 0
        if changed and row.kind == "received_document":
            proof.note_resealed(self._audit, self._transaction, str(row.key[0]))
        return changed

    def carriers(self, after: tuple[str, str], limit: int, since: datetime | None) -> list[tuple[str, str]]:
        """Return the next resources (type, id) that have search tokens; with `since` those written later."""
        order = [self._transaction.in_byte_order(column) for column in (_T.resource_type, _T.resource_id)]
        wanted = select(order[0].label("carrier_type"), order[1].label("carrier_id"))
        if since is not None:
            same = and_(_R.type == _T.resource_type, _R.id == _T.resource_id)
            wanted = wanted.join(tables.resource, same).where(_R.updated >= since)
        later = or_(order[0] > after[0], and_(order[0] == after[0], order[1] > after[1]))
        page = wanted.where(later).distinct().order_by("carrier_type", "carrier_id").limit(limit)
        found: list[Any] = list(self._transaction.execute(page))
        return [(row[0], row[1]) for row in found]

    def hold(self, keys: Sequence[tuple[str, str]]) -> None:
        """Keep others from writing these resources until the end of this unit."""
        if self._transaction.postgresql:
            held = select(_R.id).where(tuple_(_R.type, _R.id).in_(list(keys))).with_for_update()
            self._transaction.execute(held.order_by(_R.type, _R.id))

    def count_tokens(self) -> int:
        """Return the number of search tokens."""
        number: int = self._transaction.execute(
            select(func.count()).select_from(tables.search_token)
        ).scalar_one()
        return number


def _of(each: Sealed, owner_id: str) -> Select[Any] | None:
    """Select the key and envelope of one column's rows of an owner, or None when it cannot have any."""
    if (each.service and each.service != owner_id) or not owner_id.startswith(each.prefix):
        return None
    column: Column[Any] = each.table.c[each.column]
    wanted = select(*(each.table.c[name] for name in each.key), column).where(func.length(column) > 0)
    if each.service:
        return wanted
    return wanted.where(each.table.c[each.owner] == owner_id.removeprefix(each.prefix))
