"""Transfers of care and their states."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import bindparam, insert, update

from registry import ports
from registry.domain.model import Transfer, TransferState
from registry.store import tables
from registry.store.care import proof
from registry.store.prepared import Prepared
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_TRANSFER = Shape(tables.transfer, Transfer)
_C = tables.transfer.c
_OF = Prepared(
    _TRANSFER.select.where(_C.owner_id == bindparam("of_owner")).order_by(_C.created.desc(), _C.id)
)
_OPEN: tuple[TransferState, ...] = ("proposed", "sent", "received", "accepted")


class SqlTransfers:
    """The port Transfers."""

    def __init__(self, transaction: Transaction, audit: ports.Audit) -> None:
        """Work through a unit's transaction; the audit trail vouches for every row."""
        self._transaction = transaction
        self._audit = audit

    def add(self, transfer: Transfer) -> None:
        """Add a transfer."""
        self._transaction.execute(insert(tables.transfer), _TRANSFER.values(transfer))
        proof.note(self._audit, proof.of_transfer(transfer, transfer.state))

    def digests(self) -> Iterator[tuple[str, int, str]]:
        """Yield (reference, version, digest) of what is stored now, by reference."""
        return proof.transfers(self._transaction)

    def get(self, transfer_id: str) -> Transfer | None:
        """Return a transfer."""
        wanted = _TRANSFER.select.where(_C.id == transfer_id)
        return _TRANSFER.find(self._transaction.execute(wanted).one_or_none())

    def of(self, owner_id: str) -> list[Transfer]:
        """Return the transfers of a person, newest first."""
        return _TRANSFER.read_all(self._transaction.read(_OF, {"of_owner": owner_id}))

    def by_task(self, partner: str, task_id: str) -> Transfer | None:
        """Return the transfer with this Task id."""
        wanted = _TRANSFER.select.where(_C.partner == partner, _C.task_id == task_id)
        newest = wanted.order_by(_C.created.desc(), _C.id).limit(1)
        return _TRANSFER.find(self._transaction.execute(newest).one_or_none())

    def move(
        self, transfer_id: str, state: TransferState, reason: str = "", expected: TransferState | None = None
    ) -> bool:
        """Set the state, with `expected` only from that one; `closed` also notes when. False: not moved."""
        now = self._transaction.clock()
        changes = {"state": state, "reason": reason, "updated": now}
        if state == "closed":
            changes["closed"] = now
        move = update(tables.transfer).where(_C.id == transfer_id)
        if expected is not None:
            move = move.where(_C.state == expected)
        moved = _TRANSFER.find(
            self._transaction.execute(move.values(changes).returning(*_TRANSFER.columns)).one_or_none()
        )
        if moved is None:
            return False
        proof.note(self._audit, proof.of_transfer(moved, state))
        return True

    def overdue(self, on: date, limit: int) -> list[Transfer]:
        """Return open transfers whose covered-until day has passed."""
        wanted = _TRANSFER.select.where(_C.state.in_(_OPEN), _C.covered_until < on)
        return _TRANSFER.read_all(
            self._transaction.execute(wanted.order_by(_C.covered_until, _C.id).limit(limit))
        )
