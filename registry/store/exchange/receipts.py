"""Signed receipts in both directions."""

from registry.domain.model import ReceiptRow
from registry.store import tables
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_RECEIPT = Shape(tables.receipt, ReceiptRow)
_C = tables.receipt.c


class SqlReceipts:
    """The port Receipts."""

    def __init__(self, transaction: Transaction) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction

    def add(self, receipt: ReceiptRow) -> bool:
        """Keep a receipt; False when this direction, partner, message and status was known already."""
        statement = self._transaction.insert(tables.receipt).on_conflict_do_nothing()
        return self._transaction.changed(statement, _RECEIPT.values(receipt)) > 0

    def all(self, partner: str = "") -> list[ReceiptRow]:
        """Return all receipts, oldest first."""
        wanted = _RECEIPT.select.where(_C.partner == partner) if partner else _RECEIPT.select
        return _RECEIPT.read_all(self._transaction.execute(wanted.order_by(_C.at, _C.msg_id, _C.direction)))
