"""Port of subscriptions: who wants to be told, and the numbered events for each."""

from datetime import datetime
from typing import Protocol

from registry.domain.model import Subscription, SubscriptionEvent


class Subscriptions(Protocol):
    """Subscriptions of partners and their events; whoever changes one locks its id first."""

    def add(self, subscription: Subscription) -> None:
        """Add a subscription."""

    def get(self, subscription_id: str) -> Subscription | None:
        """Return a subscription, a deleted one too."""

    def put(self, subscription: Subscription) -> None:
        """Replace a subscription's row."""

    def of(self, client: str) -> list[Subscription]:
        """Return a partner's subscriptions that are not deleted, oldest first."""

    def listening(self, topic: str) -> list[Subscription]:
        """Return the subscriptions that collect events of a topic now: neither off, deleted nor ended."""

    def silent(self, limit: int) -> list[str]:
        """Return active subscriptions whose heartbeat is due while nothing waits to be sent for them."""

    def ended(self, limit: int) -> list[str]:
        """Return subscriptions past their end that are not off yet."""

    def set_aside(self, limit: int) -> list[str]:
        """Return notifications that were parked because they failed here."""

    def add_event(self, event: SubscriptionEvent) -> None:
        """Add an event, without a number."""

    def event(self, event_id: str) -> SubscriptionEvent | None:
        """Return an event."""

    def put_event(self, event: SubscriptionEvent) -> None:
        """Replace an event's row."""

    def drop(self, event_id: str) -> None:
        """Remove an event that never got a number."""

    def without_number(self, subscription_id: str, limit: int) -> list[SubscriptionEvent]:
        """Return events that wait for a number, in the order they happened."""

    def numbered(self, subscription_id: str, since: int, until: int, limit: int) -> list[SubscriptionEvent]:
        """Return the events with these numbers (both ends included), by number."""

    def untold(self, subscription_id: str, limit: int) -> list[SubscriptionEvent]:
        """Return events that were not delivered and no message carries, in the order they happened."""

    def stranded(self, limit: int) -> list[str]:
        """Return active subscriptions that have events which no message carries."""

    def counts(self) -> dict[str, int]:
        """Return how many subscriptions are in each state."""

    def purge(self, before: datetime, limit: int) -> int:
        """Remove events and finished notifications from before a time; return how many rows."""
