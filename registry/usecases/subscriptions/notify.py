"""Deliver one notification: lease, number, look who may be told, send, and end in a named state.

Two transactions around the network call, as for messages; a killed worker leaves a lease that runs out. The
number of an event is committed before it first leaves, so that every try carries the same one.
"""

import secrets
from dataclasses import dataclass, replace
from typing import Literal

from fhir import wire
from fhir.subscription import notification, terms
from registry.domain.exchange.retry import Attempt, Next, after, when_not_ready
from registry.domain.model import AuditEntry, Caller, OutboxItem, OutboxState, Subscription
from registry.errors import Misconfigured
from registry.ports import Services, Unit
from registry.ports.outside import Answer, Notification
from registry.usecases.subscriptions import manage, numbers, queue, sealed, told

LEASE_SECONDS = 90
PROOF = "X-Puente-Proof"


@dataclass(frozen=True)
class Ready:
    """What leaves now, and the version of the subscription it was made from."""

    item: OutboxItem
    sent: Notification
    version: int


class Ended(Exception):
    """Nothing leaves: the message ends in a state for a reason; `broken` ones stop their subscription."""

    def __init__(self, state: OutboxState, error: str, broken: bool = False) -> None:
        super().__init__(error)
        self.state = state
        self.error = error
        self.broken = broken


def deliver(services: Services, item_id: str, lease: str) -> OutboxState | None:
    """Send one notification; return its new state, or None when somebody else has it or it needs nothing."""
    ready = _prepare(services, item_id, lease)
    if not isinstance(ready, Ready):
        return ready
    if services.partners is None:
        raise Misconfigured("This process cannot send: start puente worker.")
    return _finish(services, ready, services.partners.notify(ready.sent))


def _prepare(services: Services, item_id: str, lease: str) -> Ready | OutboxState | None:
    with services.unit() as unit:
        known = unit.outbox.get(item_id)
        if known is None:
            return None
        row = sealed.locked(unit, known.alias)
        item = unit.outbox.claim(item_id, lease, LEASE_SECONDS)
        if item is None:
            return None
        try:
            ready = _ready(services, unit, item, row)
        except Misconfigured as refusal:
            age = (unit.now() - item.created).total_seconds()
            return _follow(services, unit, item, row, when_not_ready(age, refusal.code, _chance()), False)
        except Ended as ended:
            return _end(services, unit, item, row, ended)
        unit.commit()
    return ready


def _ready(services: Services, unit: Unit, item: OutboxItem, row: Subscription | None) -> Ready:
    handshake = item.in_reply_to == queue.HANDSHAKE
    over = row is not None and row.ends is not None and row.ends <= unit.now()
    if row is None or over or row.state != ("requested" if handshake else "active"):
        raise Ended("superseded", "not-active")
    known = sealed.opened(services, unit, row)
    wanted = known.terms
    if manage.address_problem(services, row.client, wanted.endpoint):
        raise Ended("refused", "no-address", broken=True)
    if not numbers.may_read(services, row):
        raise Ended("refused", "no-scope", broken=True)
    row = numbers.give(services, unit, row, wanted)
    body = wire.canonical(_bundle(services, unit, item, row, wanted))
    proof = services.crypto.proof(wanted.endpoint, item.msg_id, body)
    headers = (*wanted.headers, (PROOF, proof))
    sent = Notification(row.client, item.msg_id, wanted.endpoint, body, headers, wanted.timeout)
    return Ready(item, sent, known.version)


def _bundle(
    services: Services, unit: Unit, item: OutboxItem, row: Subscription, wanted: terms.Terms
) -> wire.JsonObject:
    about = told.about(services, row, wanted)
    if item.in_reply_to == queue.HANDSHAKE:
        return notification.bundle(about, "handshake", (), item.msg_id, item.created)
    if item.in_reply_to == queue.HEARTBEAT:
        return notification.bundle(about, "heartbeat", (), item.msg_id, item.created)
    event = unit.subscriptions.event(item.in_reply_to)
    if event is None:
        raise Ended("withdrawn", "not-reached")
    if event.delivered is not None:
        raise Ended("superseded", "delivered-before")
    seen = numbers.seen_by(services, unit, row, (event,))
    # A number that was given may have arrived: taking it back would leave a gap, so only the focus goes.
    events = (told.told(services, event, seen),)
    about = replace(about, events=event.number)
    return notification.bundle(about, "event-notification", events, item.msg_id, event.at)


def _finish(services: Services, ready: Ready, answer: Answer) -> OutboxState | None:
    item = ready.item
    with services.unit() as unit:
        row = sealed.locked(unit, item.alias)
        stored = unit.outbox.get(item.id)
        if stored is None:
            return None
        age = (unit.now() - item.created).total_seconds()
        took = 200 <= answer.status < 300
        attempt = Attempt(answer.status, took, item.attempts, age, answer.retry_after, answer.error)
        following = after(attempt, _chance())
        if took:
            _taken(services, unit, ready, row)
        elif (stored.state, stored.lease_owner) != ("leased", item.lease_owner):
            return stored.state
        return _follow(services, unit, item, row, following)


def _taken(services: Services, unit: Unit, ready: Ready, row: Subscription | None) -> None:
    """Note that the partner has it; a handshake opens the subscription it was made from."""
    if row is None:
        return
    row = replace(row, sent=unit.now())
    unit.subscriptions.put(row)
    event = unit.subscriptions.event(ready.item.in_reply_to)
    if event is not None and event.delivered is None:
        unit.subscriptions.put_event(replace(event, delivered=unit.now()))
    known = sealed.current(unit, row)
    same = known is not None and known.version == ready.version
    if ready.item.in_reply_to == queue.HANDSHAKE and same and row.state == "requested":
        row = sealed.change(services, unit, _worker(services, ready.item), row, "active")
        queue.carry_rest(services, unit, row)


def _follow(
    services: Services,
    unit: Unit,
    item: OutboxItem,
    row: Subscription | None,
    following: Next,
    counted: bool = True,
) -> OutboxState:
    """Let a notification wait for its next attempt, or end it."""
    if following.state == "pending":
        unit.outbox.retry(item.id, following.wait, following.error, item.lease_owner, counted)
        unit.commit()
        return "pending"
    if following.state == "sent":
        return _end(services, unit, item, row, Ended("delivered", ""))
    return _end(services, unit, item, row, Ended("refused", following.error, broken=True))


def _end(
    services: Services, unit: Unit, item: OutboxItem, row: Subscription | None, ended: Ended
) -> OutboxState:
    unit.outbox.finish(item.id, ended.state, ended.error, item.lease_owner)
    caller = _worker(services, item)
    event = unit.subscriptions.event(item.in_reply_to)
    if ended.state != "delivered":
        queue.let_go(unit, item)
    if ended.broken and row is not None and row.state in ("requested", "active"):
        sealed.change(services, unit, caller, row, "error", ended.error)
    details: tuple[tuple[str, str | int], ...] = (
        ("kind", item.kind),
        ("partner", item.partner),
        ("state", ended.state),
        ("error", ended.error),
        ("attempts", item.attempts),
        ("number", event.number if event else 0),
    )
    owner = event.owner_id if event else item.owner_id
    reference = f"{sealed.TYPE}/{item.alias}"
    outcome: Literal["ok", "refused"] = "ok" if ended.state == "delivered" else "refused"
    unit.audit.add(AuditEntry(caller, "send", outcome, owner, reference, details=details))
    unit.commit()
    return ended.state


def give_up(services: Services, item_id: str) -> None:
    """End a notification that failed here again and again: its subscription stands in error."""
    with services.unit() as unit:
        item = unit.outbox.get(item_id)
        if item is None:
            return
        row = sealed.locked(unit, item.alias)
        _end(services, unit, replace(item, lease_owner=""), row, Ended("refused", "internal", broken=True))


def _chance() -> float:
    return secrets.randbelow(1000) / 1000


def _worker(services: Services, item: OutboxItem) -> Caller:
    return Caller("worker", "worker", services.node.code, acts_for=item.actor)
