"""What has been received, sealed and deduplicated by partner and message id."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, exists, func, literal, or_, select, update

from registry.domain.model import InboxItem, InboxState
from registry.store import tables
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_ITEM = Shape(tables.inbox, InboxItem)
_LISTED = Shape(tables.inbox, InboxItem, "body")
_C = tables.inbox.c
_DOCUMENTS = tables.received_document.c
_GET = _ITEM.select.where(_C.id == bindparam("of_id"))
_APPLIED: tuple[InboxState, ...] = ("processed", "review")


class SqlInbox:
    """The port Inbox."""

    def __init__(self, transaction: Transaction) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction

    def add(self, item: InboxItem) -> InboxItem | None:
        """Insert; when (partner, msg_id) exists return the stored item and change nothing, else None."""
        statement = self._transaction.insert(tables.inbox).on_conflict_do_nothing(
            index_elements=[_C.partner, _C.msg_id]
        )
        if self._transaction.changed(statement, _ITEM.values(item)):
            return None
        return self.by_message(item.partner, item.msg_id)

    def get(self, item_id: str) -> InboxItem | None:
        """Return one item."""
        return _ITEM.find(self._transaction.execute(_GET, {"of_id": item_id}).one_or_none())

    def by_message(self, partner: str, msg_id: str) -> InboxItem | None:
        """Return the item that a partner's message became."""
        wanted = _ITEM.select.where(_C.partner == partner, _C.msg_id == msg_id)
        return _ITEM.find(self._transaction.execute(wanted).one_or_none())

    def finish(self, item_id: str, state: InboxState, owner_id: str = "", findings: bytes = b"") -> None:
        """Move to a named state with what was found; an empty owner or empty findings change nothing."""
        changes: dict[str, object] = {"state": state, "processed": self._transaction.clock()}
        if owner_id:
            changes["owner_id"] = owner_id
        if findings:
            changes["findings"] = findings
        self._transaction.execute(update(tables.inbox).where(_C.id == item_id).values(changes))

    def tried(self, item_id: str) -> int:
        """Count an attempt and return the new number; 0 when there is no such item."""
        count = update(tables.inbox).where(_C.id == item_id).values(attempts=_C.attempts + 1)
        return self._transaction.execute(count.returning(_C.attempts)).scalar_one_or_none() or 0

    def not_tried(self, item_id: str) -> None:
        """Take back the attempt counted last: the node was not ready, the message is not to blame."""
        undo = update(tables.inbox).where(_C.id == item_id, _C.attempts > 0).values(attempts=_C.attempts - 1)
        self._transaction.execute(undo)

    def waiting(self, limit: int) -> list[str]:
        """Return ids still in state received, oldest first."""
        wanted = select(_C.id).where(_C.state == "received").order_by(_C.received, _C.id).limit(limit)
        return list(self._transaction.execute(wanted).scalars())

    def listed(
        self,
        states: Sequence[InboxState],
        limit: int,
        after: datetime | None = None,
        without_kinds: Sequence[str] = (),
    ) -> list[InboxItem]:
        """Return items in these states, newest first, without bodies; `after` goes on past a time."""
        wanted = _LISTED.select.where(_C.state.in_(states))
        if after is not None:
            wanted = wanted.where(_C.received < after)
        if without_kinds:
            wanted = wanted.where(_C.kind.not_in(without_kinds))
        ordered = wanted.order_by(_C.received.desc(), _C.id).limit(limit)
        return _LISTED.read_all(self._transaction.execute(ordered))

    def newest_applied(self, partner: str, alias: str, kind: str) -> int:
        """Return the highest seq already processed for this alias and kind, or 0."""
        wanted = select(func.coalesce(func.max(_C.seq), literal(0))).where(
            _C.partner == partner, _C.alias == alias, _C.kind == kind, _C.state.in_(_APPLIED)
        )
        number: int = self._transaction.execute(wanted).scalar_one()
        return number

    def counts(self) -> dict[str, int]:
        """Return how many items are in each state."""
        wanted = select(_C.state, func.count().label("number")).group_by(_C.state)
        return {row.state: row.number for row in self._transaction.execute(wanted)}

    def purge_bodies(self, before: datetime, limit: int) -> int:
        """Empty the bodies of finished items received before a time; return how many. Requests keep theirs,
        and so does what waits for a review and became no document: there is no other copy.
        """
        kept = exists().where(_DOCUMENTS.id == _C.id)
        old = (
            select(_C.id)
            .where(_C.state != "received", _C.received < before, func.length(_C.body) > 0)
            .where(_C.kind != "request", or_(_C.state != "review", kept))
            .order_by(_C.received)
            .limit(limit)
        )
        return self._transaction.changed(update(tables.inbox).where(_C.id.in_(old)).values(body=b""))
