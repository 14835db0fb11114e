"""Number events without a gap: only what a partner may be told gets a number, and keeps it for ever."""

from collections.abc import Iterable
from dataclasses import replace

from fhir.subscription import terms, topics
from registry.domain.access import scopes
from registry.domain.model import Subscription, SubscriptionEvent
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.subscriptions import events

AT_ONCE = 500
# Whom an event was about that a person who was erased has left behind.
ERASED = ""


def give(services: Services, unit: Unit, subscription: Subscription, wanted: terms.Terms) -> Subscription:
    """Number what waits, in the order it happened, and drop the rest; the subscription is locked."""
    last = subscription.events
    while waiting := unit.subscriptions.without_number(subscription.id, AT_ONCE):
        last = _number(services, unit, (subscription, wanted), waiting, last)
    if last == subscription.events:
        return subscription
    changed = replace(subscription, events=last)
    unit.subscriptions.put(changed)
    return changed


def _number(
    services: Services,
    unit: Unit,
    of: tuple[Subscription, terms.Terms],
    waiting: Iterable[SubscriptionEvent],
    last: int,
) -> int:
    """Number or drop each of these events; return the last number given."""
    subscription, wanted = of
    seen = seen_by(services, unit, subscription, waiting)
    for event in waiting:
        happening = topics.Happening(event.owner_id, event.status)
        if event.owner_id in seen and topics.fits(happening, wanted.filters):
            last += 1
            unit.subscriptions.put_event(replace(event, number=last))
        else:
            unit.subscriptions.drop(event.id)
    return last


def seen_by(
    services: Services, unit: Unit, subscription: Subscription, found: Iterable[SubscriptionEvent]
) -> set[str]:
    """Return the people of these events whom the partner reaches now, none without the scope to read."""
    owners = {event.owner_id for event in found} - {ERASED}
    if not owners or not may_read(services, subscription):
        return set()
    return reach.visible(services, unit, events.partner(subscription.client), owners)


def may_read(services: Services, subscription: Subscription) -> bool:
    """Tell whether the trust list lets the partner read what the topic is about."""
    focus = topics.TOPICS[subscription.topic].focus
    granted = services.crypto.scopes(subscription.client)
    return any(scopes.covers(scope, focus, "r") for scope in granted)
