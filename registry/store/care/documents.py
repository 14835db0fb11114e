"""Documents of others, kept as received."""

from collections.abc import Iterator

from sqlalchemy import bindparam, insert, update

from registry import ports
from registry.domain.model import ReceivedDocument
from registry.store import tables
from registry.store.care import proof
from registry.store.prepared import Prepared
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_DOCUMENT = Shape(tables.received_document, ReceivedDocument)
_C = tables.received_document.c
_OF = Prepared(
    _DOCUMENT.select.where(_C.owner_id == bindparam("of_owner")).order_by(_C.received.desc(), _C.id)
)


class SqlDocuments:
    """The port Documents."""

    def __init__(self, transaction: Transaction, audit: ports.Audit) -> None:
        """Work through a unit's transaction; the audit trail vouches for every row."""
        self._transaction = transaction
        self._audit = audit

    def add(self, document: ReceivedDocument) -> None:
        """Keep a document."""
        self._transaction.execute(insert(tables.received_document), _DOCUMENT.values(document))
        proof.note(self._audit, proof.of_document(document))

    def digests(self) -> Iterator[tuple[str, int, str]]:
        """Yield (reference, version, digest) of what is stored now, by reference."""
        return proof.documents(self._transaction)

    def of(self, owner_id: str) -> list[ReceivedDocument]:
        """Return the documents of a person, newest first."""
        return _DOCUMENT.read_all(self._transaction.read(_OF, {"of_owner": owner_id}))

    def get(self, document_id: str) -> ReceivedDocument | None:
        """Return one document."""
        return _DOCUMENT.find(
            self._transaction.execute(_DOCUMENT.select.where(_C.id == document_id)).one_or_none()
        )

    def reviewed(self, document_id: str, by: str) -> None:
        """Note who has looked at its findings."""
        seen = {"reviewed_by": by, "reviewed": self._transaction.clock()}
        self._transaction.execute(update(tables.received_document).where(_C.id == document_id).values(seen))
