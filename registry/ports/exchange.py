"""Ports of the exchange: outbox, inbox, aliases and receipts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from registry.domain.model import Alias, InboxItem, InboxState, OutboxItem, OutboxState, ReceiptRow


class Outbox(Protocol):
    """What is to be sent; the database holds the truth, the broker only wakes workers."""

    def add(self, item: OutboxItem) -> None:
        """Add an item and wake a worker for it after the commit."""

    def get(self, item_id: str) -> OutboxItem | None:
        """Return one item."""

    def by_message(self, partner: str, msg_id: str) -> OutboxItem | None:
        """Return the item that carried a message."""

    def claim(self, item_id: str, worker: str, lease_seconds: int) -> OutboxItem | None:
        """Lease an item that is pending, or whose lease ran out (DB clock); None when somebody else has
        it.
        """

    def keep_body(self, item_id: str, body: bytes, digest: str, consent_id: str = "") -> None:
        """Store the sealed exact bytes, so that a retry sends the same, and the consent they stand on."""

    def finish(self, item_id: str, state: OutboxState, error: str = "", lease: str = "") -> bool:
        """Move to a named state and drop the lease; with `lease` only while that lease holds the item.
        False: nothing was changed.
        """

    def retry(
        self, item_id: str, wait_seconds: float, error: str, lease: str = "", counted: bool = True
    ) -> bool:
        """Back to pending, not before the wait is over; with `lease` only while that lease holds the item.
        An attempt that is not counted is taken back. False: nothing was changed.
        """

    def due(self, limit: int) -> list[str]:
        """Return ids that are pending and due, or leased with a lease that ran out: partners take turns,
        each with its oldest first.
        """

    def of(self, owner_id: str) -> list[OutboxItem]:
        """Return a person's items, newest first, without bodies."""

    def unanswered(self, before: datetime, limit: int) -> list[str]:
        """Return ids of items that left before a time and got no receipt, oldest first."""

    def failing(self, partner: str, limit: int) -> list[OutboxItem]:
        """Return the newest items that wait for this partner after a failure, without bodies."""

    def recent(
        self, limit: int, states: Sequence[str] = (), without_kinds: Sequence[str] = ()
    ) -> list[OutboxItem]:
        """Return the newest items of the node, without bodies."""

    def counts(self) -> dict[str, int]:
        """Return how many items are in each state."""

    def stop(self, owner_id: str, partner: str) -> list[str]:
        """Withdraw everything of a person for a partner that has not left yet; return the ids."""


class Inbox(Protocol):
    """What has been received, sealed and deduplicated."""

    def add(self, item: InboxItem) -> InboxItem | None:
        """Insert; when (partner, msg_id) exists return the stored item and change nothing, else None."""

    def get(self, item_id: str) -> InboxItem | None:
        """Return one item."""

    def by_message(self, partner: str, msg_id: str) -> InboxItem | None:
        """Return the item that a partner's message became."""

    def finish(self, item_id: str, state: InboxState, owner_id: str = "", findings: bytes = b"") -> None:
        """Move to a named state with what was found."""

    def tried(self, item_id: str) -> int:
        """Count an attempt and return the new number."""

    def not_tried(self, item_id: str) -> None:
        """Take back the attempt counted last: the node was not ready, the message is not to blame."""

    def waiting(self, limit: int) -> list[str]:
        """Return ids still in state received, oldest first."""

    def listed(
        self,
        states: Sequence[InboxState],
        limit: int,
        after: datetime | None = None,
        without_kinds: Sequence[str] = (),
    ) -> list[InboxItem]:
        """Return items in these states, newest first, without bodies; `after` goes on past a time."""

    def newest_applied(self, partner: str, alias: str, kind: str) -> int:
        """Return the highest seq already processed for this alias and kind, or 0."""

    def counts(self) -> dict[str, int]:
        """Return how many items are in each state."""

    def purge_bodies(self, before: datetime, limit: int) -> int:
        """Empty the bodies of finished items received before a time; return how many. Requests keep theirs,
        and so does what waits for a review and became no document: there is no other copy.
        """


class Aliases(Protocol):
    """Random names for people, one per (partner, person)."""

    def of(self, partner: str, owner_id: str) -> Alias | None:
        """Return the alias used with a partner for a person."""

    def add(self, alias: Alias) -> None:
        """Add an alias."""

    def owner(self, partner: str, alias: str) -> str | None:
        """Return the person an alias stands for."""

    def next_seq(self, partner: str, alias: str) -> int:
        """Count up and return the sequence number of the next message about this alias."""

    def digests(self) -> Iterator[tuple[str, int, str]]:
        """Yield (reference, version, digest) of what is stored now, by reference."""


class Receipts(Protocol):
    """Signed receipts in both directions."""

    def add(self, receipt: ReceiptRow) -> bool:
        """Keep a receipt; False when this one was known already."""

    def all(self, partner: str = "") -> list[ReceiptRow]:
        """Return all receipts, oldest first."""
