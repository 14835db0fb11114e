"""Requests for acts that need two people."""

from sqlalchemy import insert, update

from registry.domain.keys.approval import Approval
from registry.store import tables
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_APPROVAL = Shape(tables.approval, Approval)
_C = tables.approval.c
NOTHING = b""


class SqlApprovals:
    """The port Approvals."""

    def __init__(self, transaction: Transaction) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction

    def add(self, approval: Approval) -> None:
        """Keep a request."""
        self._transaction.execute(insert(tables.approval), _APPROVAL.values(approval))

    def get(self, approval_id: str) -> Approval | None:
        """Return a request."""
        wanted = _APPROVAL.select.where(_C.id == approval_id)
        return _APPROVAL.find(self._transaction.execute(wanted).one_or_none())

    def waiting(self) -> list[Approval]:
        """Return requests that are neither used nor run out, oldest first."""
        wanted = _APPROVAL.select.where(_C.used.is_(None), _C.expires > self._transaction.clock())
        return _APPROVAL.read_all(self._transaction.execute(wanted.order_by(_C.asked, _C.id)))

    def confirm(self, approval_id: str, by: str) -> bool:
        """Note who confirmed; False when somebody has, or it was used."""
        waits = update(tables.approval).where(
            _C.id == approval_id, _C.confirmed.is_(None), _C.used.is_(None), _C.asked_by != by
        )
        noted = waits.values(confirmed_by=by, confirmed=self._transaction.now())
        return self._transaction.changed(noted) > 0

    def use(self, approval_id: str) -> bool:
        """Mark a confirmed request as used and drop what it said; False when it was used before."""
        ready = update(tables.approval).where(
            _C.id == approval_id, _C.confirmed.is_not(None), _C.used.is_(None)
        )
        return self._transaction.changed(ready.values(used=self._transaction.now(), request=NOTHING)) > 0
