"""Port of the audit trail: events are written with the act and chained afterwards."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from registry.domain.model import AuditEntry, AuditRow, Checkpoint


class Audit(Protocol):
    """Insert-only events, their chain and signed checkpoints."""

    def add(self, entry: AuditEntry) -> str:
        """Write an event in this transaction; return its id."""

    def add_all(self, entries: Sequence[AuditEntry]) -> None:
        """Write many events in this transaction, in order."""

    def chain(self, limit: int) -> int:
        """Chain events that wait, in order of time; return how many."""

    def waiting(self) -> int:
        """Return how many events wait for the chainer."""

    def forgotten(self) -> int:
        """Return how many events have no link and do not wait for one: somebody hid them from the chainer."""

    def rows(self) -> Iterator[AuditRow]:
        """Yield chained events in order."""

    def about(
        self, owner_id: str, limit: int, before: tuple[datetime, str] | None = None
    ) -> list[dict[str, str]]:
        """Return the newest events about a person, in plain fields; those before a (time, id) to go on."""

    def event(self, event_id: str) -> dict[str, str] | None:
        """Return one event in plain fields, or None."""

    def recent(self, limit: int) -> list[dict[str, str]]:
        """Return the newest events of the node, in plain fields."""

    def body_digests(self) -> Iterator[tuple[str, int, str]]:
        """Yield (object reference, version, sealed body digest) of every write, by reference."""

    def size(self) -> int:
        """Return the length of the chain."""

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a signed checkpoint."""

    def checkpoints(self) -> list[Checkpoint]:
        """Return all checkpoints, oldest first."""

    def newest_checkpoint_at(self) -> datetime | None:
        """Return the time of the newest checkpoint."""
