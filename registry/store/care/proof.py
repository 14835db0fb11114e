"""Rows outside the record that the audit trail vouches for as well: what it says of each, and what is stored.

A received document, a name of a person and a transfer's state decide what counts and where it goes; somebody
with rights to the database must not change one unseen. The entries name no person: the digest covers it.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, literal, select

from registry import ports
from registry.domain.access import trail
from registry.domain.model import Alias, AuditEntry, Caller, ReceivedDocument, Transfer, TransferState
from registry.store import tables
from registry.store.transaction import Transaction

Kept = tuple[str, int, str]
# A transfer only moves on, so its state tells how often it was written.
STEPS: tuple[TransferState, ...] = (
    "proposed", "sent", "received", "accepted", "overdue", "closed", "refused", "cancelled",
)  # fmt: skip
_STORE = Caller("store", "system", "")
_D, _A, _T = tables.received_document.c, tables.alias.c, tables.transfer.c


def of_document(row: ReceivedDocument) -> Kept:
    """Return (reference, version, digest) of a document; who reviewed it is not covered."""
    parts = (row.owner_id, row.partner, row.inbox_id, row.digest, hashlib.sha256(row.body).hexdigest())
    return f"kept-document/{row.id}", 1, _digest(*parts)


def of_alias(row: Alias) -> Kept:
    """Return (reference, version, digest) of a name; it never changes."""
    return f"kept-alias/{row.partner}/{row.alias}", 1, _digest(row.owner_id, row.minted_by)


def of_transfer(row: Transfer, state: TransferState) -> Kept:
    """Return (reference, version, digest) of a transfer in a state."""
    parts = (row.owner_id, row.partner, row.direction, row.task_id, row.request_msg_id, state)
    return f"kept-transfer/{row.id}", STEPS.index(state) + 1, _digest(*parts)


def note(audit: ports.Audit, kept: Kept) -> None:
    """Let the audit trail vouch for a row that is being written."""
    reference, version, digest = kept
    audit.add(AuditEntry(_STORE, "keep", object_ref=reference, version=version, body_digest=digest))


def note_gone(audit: ports.Audit, transaction: Transaction, owner_id: str) -> None:
    """Let the audit trail say that a person's rows were removed; one that comes back is then found."""
    read = transaction.execute
    kept: list[Any] = list(read(select(_D.id).where(_D.owner_id == owner_id)))
    names: list[Any] = list(read(select(_A.partner, _A.alias).where(_A.owner_id == owner_id)))
    moves: list[Any] = list(read(select(_T.id).where(_T.owner_id == owner_id)))
    references = [
        *(f"kept-document/{row[0]}" for row in kept),
        *(f"kept-alias/{row[0]}/{row[1]}" for row in names),
        *(f"kept-transfer/{row[0]}" for row in moves),
    ]
    version, digest = trail.GONE
    audit.add_all(
        [
            AuditEntry(_STORE, "remove", object_ref=reference, version=version, body_digest=digest)
            for reference in references
        ]
    )


def note_resealed(audit: ports.Audit, transaction: Transaction, document_id: str) -> None:
    """Let the audit trail vouch for a document whose body was sealed with another key."""
    columns = (_D.id, _D.owner_id, _D.partner, _D.inbox_id, _D.received, _D.digest, _D.body)
    row: Any = transaction.execute(select(*columns).where(_D.id == document_id)).one()
    fields: list[Any] = [*row, b""]
    note(audit, of_document(ReceivedDocument(*fields)))


def documents(transaction: Transaction) -> Iterator[Kept]:
    """Yield what is stored of documents, by reference."""
    wanted = select(_D.id, _D.owner_id, _D.partner, _D.inbox_id, _D.received, _D.digest, _D.body)
    for row in _streamed(transaction, wanted, _D.id):
        yield of_document(
            ReceivedDocument(
                row.id, row.owner_id, row.partner, row.inbox_id, row.received, row.digest, row.body, b""
            )
        )


def aliases(transaction: Transaction) -> Iterator[Kept]:
    """Yield what is stored of names, by reference."""
    wanted = select(_A.partner, _A.owner_id, _A.alias, _A.minted_by)
    for row in _streamed(transaction, wanted, _A.partner + literal("/") + _A.alias):
        yield of_alias(Alias(row.partner, row.owner_id, row.alias, row.minted_by))


def transfers(transaction: Transaction) -> Iterator[Kept]:
    """Yield what is stored of transfers, by reference."""
    for row in _streamed(transaction, select(tables.transfer), _T.id):
        yield of_transfer(row, row.state)  # type: ignore[arg-type]


def _streamed(transaction: Transaction, wanted: Select[Any], order: ColumnElement[str]) -> Iterator[Row[Any]]:
    return transaction.stream(wanted.order_by(transaction.in_byte_order(order)))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
