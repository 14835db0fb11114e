"""Ports of the record itself: resources, people, search tokens, consents, documents, transfers,
care-state.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

from registry.domain.model import (
    AuditEntry,
    CareState,
    ConsentRow,
    Person,
    ReceivedDocument,
    SealedResource,
    SearchToken,
    Transfer,
    TransferState,
    Versions,
)


class Records(Protocol):
    """Sealed resources with all their versions."""

    def add(self, row: SealedResource, audit: AuditEntry) -> None:
        """Write a new version; raise VersionConflict unless it follows the stored one (version 1: none
        stored).
        """

    def add_first(self, rows: Sequence[tuple[SealedResource, AuditEntry]]) -> None:
        """Write the first versions of many resources, in order; raise VersionConflict when one is stored."""

    def current(self, resource_type: str, resource_id: str) -> SealedResource | None:
        """Return the newest version, deleted or not."""

    def version(self, resource_type: str, resource_id: str, version: int) -> SealedResource | None:
        """Return one version."""

    def of_owner(self, owner_id: str, types: Sequence[str] = ()) -> list[SealedResource]:
        """Return all current, not deleted resources of an owner, oldest first."""

    def history_of_owner(self, owner_id: str, types: Sequence[str] = ()) -> list[SealedResource]:
        """Return every version of an owner's resources in the order written."""

    def versions(self, asked: Versions, limit: int) -> list[tuple[int, SealedResource]]:
        """Return versions for a history, newest first, each with its position."""

    def digests(self) -> Iterator[tuple[str, int, str]]:
        """Yield (object reference, version, sealed body digest) of what is stored now, by reference."""


class People(Protocol):
    """People and the blind index that finds them."""

    def add(self, person: Person) -> None:
        """Add a person with the id of its Patient resource."""

    def get(self, owner_id: str) -> Person | None:
        """Return a person."""

    def confirm(self, owner_id: str) -> None:
        """Mark a provisional person as confirmed."""

    def index(self, owner_id: str, resource: tuple[str, str], tokens: Sequence[SearchToken]) -> None:
        """Replace the search tokens of one resource (type, id)."""

    def candidates(self, tokens: Sequence[SearchToken], limit: int) -> list[str]:
        """Return owners that carry every one of the tokens."""

    def any_of(self, tokens: Sequence[SearchToken], limit: int) -> list[str]:
        """Return owners that carry at least one of the tokens, most matches first."""

    def ids(self, after: str = "", limit: int = 500) -> list[str]:
        """Return a page of owner ids in order, for jobs that pass over everybody."""

    def count(self) -> int:
        """Return the number of people."""


class Consents(Protocol):
    """The projection the consent gate reads."""

    def put(self, row: ConsentRow) -> None:
        """Insert or replace one consent."""

    def of(self, owner_id: str, partner: str = "") -> list[ConsentRow]:
        """Return the consents of a person, newest first, for one partner or all."""

    def towards(self, partner: str, owners: Sequence[str]) -> list[ConsentRow]:
        """Return the consents of these people for one partner, in no order."""

    def get(self, consent_id: str) -> ConsentRow | None:
        """Return one consent."""


class Documents(Protocol):
    """Documents of others, kept as received."""

    def add(self, document: ReceivedDocument) -> None:
        """Keep a document."""

    def of(self, owner_id: str) -> list[ReceivedDocument]:
        """Return the documents of a person, newest first."""

    def get(self, document_id: str) -> ReceivedDocument | None:
        """Return one document."""

    def reviewed(self, document_id: str, by: str) -> None:
        """Note who has looked at its findings."""

    def digests(self) -> Iterator[tuple[str, int, str]]:
        """Yield (reference, version, digest) of what is stored now, by reference."""


class Transfers(Protocol):
    """Transfers of care and their states."""

    def add(self, transfer: Transfer) -> None:
        """Add a transfer."""

    def get(self, transfer_id: str) -> Transfer | None:
        """Return a transfer."""

    def of(self, owner_id: str) -> list[Transfer]:
        """Return the transfers of a person, newest first."""

    def by_task(self, partner: str, task_id: str) -> Transfer | None:
        """Return the transfer with this Task id."""

    def move(
        self, transfer_id: str, state: TransferState, reason: str = "", expected: TransferState | None = None
    ) -> bool:
        """Set the state, with `expected` only from that one; `closed` also notes when. False: not moved."""

    def overdue(self, on: date, limit: int) -> list[Transfer]:
        """Return open transfers whose covered-until day has passed."""

    def digests(self) -> Iterator[tuple[str, int, str]]:
        """Yield (reference, version, digest) of what is stored now, by reference."""


class CareStates(Protocol):
    """The clear projection that work lists range over."""

    def put(self, row: CareState) -> None:
        """Insert or replace."""

    def get(self, owner_id: str) -> CareState | None:
        """Return the row of one person."""

    def due(self, until: date, limit: int, region: str = "") -> list[CareState]:
        """Return people whose run-out or next contact is on or before a day, soonest first."""

    def stale(self, before: date, limit: int) -> list[str]:
        """Return owners whose row was computed before a local day."""

    def stream(self) -> Iterator[CareState]:
        """Yield all rows."""
