"""What is to be sent. The database holds the truth; every item ends in a named state."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, case, func, insert, or_, select, update

from registry.domain.model import OutboxItem, OutboxState
from registry.store import tables
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

DELIVER = "exchange.deliver"
_ITEM = Shape(tables.outbox, OutboxItem)
_LISTED = Shape(tables.outbox, OutboxItem, "body")
_C = tables.outbox.c
_GET = _ITEM.select.where(_C.id == bindparam("of_id"))
_ENDS = frozenset({"delivered", "refused", "withdrawn", "superseded", "parked"})
_NO_LEASE: dict[str, object] = {"lease_owner": "", "lease_until": None}
# A receipt may overtake our own note that the message was sent: what it said must stay.
_AFTER_SENT = ("delivered", "refused", "superseded")


class SqlOutbox:
    """The port Outbox."""

    def __init__(self, transaction: Transaction) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction

    def add(self, item: OutboxItem) -> None:
        """Add an item and wake a worker for it after the commit."""
        self._transaction.execute(insert(tables.outbox), _ITEM.values(item))
        self._transaction.wake(DELIVER, item.id)

    def get(self, item_id: str) -> OutboxItem | None:
        """Return one item."""
        return _ITEM.find(self._transaction.execute(_GET, {"of_id": item_id}).one_or_none())

    def by_message(self, partner: str, msg_id: str) -> OutboxItem | None:
        """Return the item that carried a message."""
        wanted = _ITEM.select.where(_C.partner == partner, _C.msg_id == msg_id)
        return _ITEM.find(self._transaction.execute(wanted).one_or_none())

    def claim(self, item_id: str, worker: str, lease_seconds: int) -> OutboxItem | None:
        """Lease an item that is due, or whose lease ran out (DB clock); None when somebody else has it."""
        lease = {"state": "leased", "lease_owner": worker, "lease_until": self._in(lease_seconds)}
        claim = (
            update(tables.outbox)
            .where(_C.id == item_id, self._is_due())
            .values(lease | {"attempts": _C.attempts + 1})
            .returning(*_ITEM.columns)
        )
        return _ITEM.find(self._transaction.execute(claim).one_or_none())

    def keep_body(self, item_id: str, body: bytes, digest: str, consent_id: str = "") -> None:
        """Store the sealed exact bytes, so that a retry sends the same, and the consent they stand on."""
        ground = {"consent_id": consent_id} if consent_id else {}
        self._set(item_id, {"body": body, "digest": digest, **ground})

    def finish(self, item_id: str, state: OutboxState, error: str = "", lease: str = "") -> bool:
        """Move to a named state and drop the lease; `sent` after the receipt only notes when it left."""
        now = self._transaction.clock()
        if state == "sent":
            # When it left is a fact, whoever holds the item now.
            self._set(item_id, {"sent": func.coalesce(_C.sent, now)})
            changes = _NO_LEASE | {"state": state, "last_error": error}
            return self._set(item_id, changes, _C.state.not_in(_AFTER_SENT), *_held(lease))
        changes = _NO_LEASE | {"state": state, "last_error": error}
        if state in _ENDS:
            changes["finished"] = now
        return self._set(item_id, changes, *_held(lease))

    def retry(
        self, item_id: str, wait_seconds: float, error: str, lease: str = "", counted: bool = True
    ) -> bool:
        """Back to pending, not before the wait is over; what was withdrawn or answered stays so."""
        changes: dict[str, object] = {
            "state": "pending",
            "last_error": error,
            "next_attempt": self._in(wait_seconds),
            "finished": None,
        }
        if not counted:
            changes["attempts"] = case((_C.attempts > 0, _C.attempts - 1), else_=0)
        stays = _C.state.not_in((*_AFTER_SENT, "withdrawn"))
        return self._set(item_id, _NO_LEASE | changes, stays, *_held(lease))

    def unanswered(self, before: datetime, limit: int) -> list[str]:
        """Return ids of items that left before a time and got no receipt, oldest first."""
        wanted = select(_C.id).where(_C.state == "sent", _C.sent < before)
        return list(self._transaction.execute(wanted.order_by(_C.sent, _C.id).limit(limit)).scalars())

    def due(self, limit: int) -> list[str]:
        """Return ids that are pending and due, or leased with a lease that ran out: partners take turns,
        each with its oldest first.
        """
        turn = func.row_number().over(partition_by=_C.partner, order_by=(_C.created, _C.id))
        wanted = select(_C.id).where(self._is_due()).order_by(turn, _C.created, _C.id).limit(limit)
        return list(self._transaction.execute(wanted).scalars())

    def of(self, owner_id: str) -> list[OutboxItem]:
        """Return a person's items, newest first, without bodies."""
        wanted = _LISTED.select.where(_C.owner_id == owner_id).order_by(_C.created.desc(), _C.id)
        return _LISTED.read_all(self._transaction.execute(wanted))

    def failing(self, partner: str, limit: int) -> list[OutboxItem]:
        """Return the newest items that wait for this partner after a failure, without bodies."""
        wanted = _LISTED.select.where(_C.state == "pending", _C.partner == partner, _C.last_error != "")
        ordered = wanted.order_by(_C.created.desc(), _C.id).limit(limit)
        return _LISTED.read_all(self._transaction.execute(ordered))

    def recent(
        self, limit: int, states: Sequence[str] = (), without_kinds: Sequence[str] = ()
    ) -> list[OutboxItem]:
        """Return the newest items of the node, without bodies."""
        wanted = _LISTED.select.where(_C.state.in_(states)) if states else _LISTED.select
        if without_kinds:
            wanted = wanted.where(_C.kind.not_in(without_kinds))
        ordered = wanted.order_by(_C.created.desc(), _C.id).limit(limit)
        return _LISTED.read_all(self._transaction.execute(ordered))

    def counts(self) -> dict[str, int]:
        """Return how many items are in each state."""
        wanted = select(_C.state, func.count().label("number")).group_by(_C.state)
        return {row.state: row.number for row in self._transaction.execute(wanted)}

    def stop(self, owner_id: str, partner: str) -> list[str]:
        """Withdraw everything of a person for a partner that has not left yet; return the ids."""
        withdrawn = _NO_LEASE | {"state": "withdrawn", "finished": self._transaction.clock()}
        stop = (
            update(tables.outbox)
            .where(
                _C.owner_id == owner_id,
                _C.partner == partner,
                _C.sent.is_(None),
                _C.state.in_(("pending", "leased", "parked")),
            )
            .values(withdrawn)
            .returning(_C.id)
        )
        return sorted(self._transaction.execute(stop).scalars())

    def _set(self, item_id: str, changes: Mapping[str, object], *only: ColumnElement[bool]) -> bool:
        change = update(tables.outbox).where(_C.id == item_id, *only).values(changes)
        return self._transaction.changed(change) > 0

    def _is_due(self) -> ColumnElement[bool]:
        now = self._transaction.clock()
        waits = and_(_C.state == "pending", or_(_C.next_attempt.is_(None), _C.next_attempt <= now))
        return or_(waits, and_(_C.state == "leased", _C.lease_until <= now))

    def _in(self, seconds: float) -> datetime:
        return self._transaction.now() + timedelta(seconds=seconds)


def _held(lease: str) -> tuple[ColumnElement[bool], ...]:
    """Return the fence: a worker whose lease somebody else took over changes nothing."""
    return (_C.state == "leased", _C.lease_owner == lease) if lease else ()
