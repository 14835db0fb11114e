"""What a partner asks about its subscription: where it stands, and events again that it missed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from fhir.subscription import notification, terms
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, Subscription, SubscriptionEvent
from registry.ports import Services, Unit
from registry.usecases.subscriptions import numbers, sealed

MOST_EVENTS = 100
LAST = 2**53


@dataclass(frozen=True)
class Told:
    """A subscription as notifications tell it, with some of its events."""

    about: notification.About
    at: datetime
    events: tuple[notification.Event, ...] = ()


def status(services: Services, caller: Caller, subscription_id: str) -> Told:
    """Return where a subscription of the caller's own stands, waiting events counted."""
    rules.check_scope(caller, sealed.TYPE, "r")
    with services.unit() as unit:
        row, wanted = _counted(services, unit, caller, subscription_id)
        unit.audit.add(AuditEntry(caller, "read", object_ref=f"{sealed.TYPE}/{row.id}"))
        now = unit.now()
        unit.commit()
    return Told(about(services, row, wanted), now)


def statuses(services: Services, caller: Caller, wanted: Collection[str] = ()) -> list[Told]:
    """Return where each subscription of the caller's own stands, or each of these ids."""
    rules.check_scope(caller, sealed.TYPE, "r")
    with services.unit() as unit:
        known = [row.id for row in unit.subscriptions.of(caller.organization)]
    chosen = [each for each in known if not wanted or each in wanted]
    return [status(services, caller, subscription_id) for subscription_id in chosen]


@dataclass(frozen=True)
class Asked:
    """Events by number, both ends included; `bare` leaves out whom they are about."""

    since: int = 1
    until: int = LAST
    bare: bool = False


def events(services: Services, caller: Caller, subscription_id: str, asked: Asked) -> Told:
    """Return events again; of people who are not reached any more nothing but the number."""
    rules.check_scope(caller, sealed.TYPE, "r")
    with services.unit() as unit:
        row, wanted = _counted(services, unit, caller, subscription_id)
        found = unit.subscriptions.numbered(row.id, asked.since, asked.until, MOST_EVENTS)
        seen = set() if asked.bare else numbers.seen_by(services, unit, row, found)
        for owner in sorted(seen):
            unit.audit.add(AuditEntry(caller, "read", owner_id=owner, object_ref=f"{sealed.TYPE}/{row.id}"))
        now = unit.now()
        unit.commit()
    return Told(about(services, row, wanted), now, tuple(told(services, event, seen) for event in found))


def _counted(
    services: Services, unit: Unit, caller: Caller, subscription_id: str
) -> tuple[Subscription, terms.Terms]:
    row = sealed.own(unit, caller, subscription_id)
    wanted = sealed.opened(services, unit, row).terms
    return numbers.give(services, unit, row, wanted), wanted


def about(services: Services, row: Subscription, wanted: terms.Terms) -> notification.About:
    """Return what every notification says of its subscription."""
    address = f"{services.settings.base_url}/fhir/{sealed.TYPE}/{row.id}"
    return notification.About(address, row.topic, row.state, wanted.content, row.events, row.error)


def told(services: Services, event: SubscriptionEvent, seen: set[str]) -> notification.Event:
    """Return an event; its focus only while the partner reaches the person."""
    focus = f"{services.settings.base_url}/fhir/{event.focus}" if event.owner_id in seen else ""
    return notification.Event(event.number, event.at, focus)
