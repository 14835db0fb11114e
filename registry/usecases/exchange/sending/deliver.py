"""Send one outbox item: lease, consent again, build once, send, and end in a named state.

Two transactions around the network call, so that a killed worker leaves a lease that runs out and nothing
else (reference: transactional outbox with leases on the database clock).
"""

import secrets
from dataclasses import dataclass, replace
from typing import Literal

from registry.domain.exchange.retry import Attempt, Next, after, when_not_ready
from registry.domain.model import AuditEntry, Caller, ConsentRow, OutboxItem, OutboxState, Transfer
from registry.errors import Gone, Misconfigured, NotAllowed, NotFound, NotReady, Refusal
from registry.ports import Services, Unit
from registry.ports.outside import Answer, Outgoing
from registry.usecases.care.record import care_state
from registry.usecases.exchange import close_transfer
from registry.usecases.exchange.sending import build, queue

LEASE_SECONDS = 90
PROFILES = {"summary": "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"}
GIVEN_UP: dict[str, close_transfer.GivenUp] = {
    "withdrawn": "cancelled",
    "superseded": "cancelled",
}


@dataclass(frozen=True)
class Ready:
    """An item with the packed bytes to send."""

    item: OutboxItem
    packed: bytes
    digest: str


class Changed(Exception):
    """The bytes were built under another consent than the one that holds now."""


def due(services: Services, limit: int) -> list[str]:
    """Return the ids of items that wait to be sent."""
    with services.unit() as unit:
        return unit.outbox.due(limit)


def deliver(services: Services, item_id: str, worker: str) -> OutboxState | None:
    """Send one item; return its new state, or None when somebody else has it or it needs nothing.

    `worker` names this one attempt: it is the lease, and every write that ends the attempt compares it.
    """
    if services.partners is None:
        raise Misconfigured("This process cannot send: start puente worker.")
    ready = _prepare(services, item_id, worker)
    if not isinstance(ready, Ready):
        return ready
    if (state := _stopped(services, ready.item)) is not None:
        return state
    try:
        answer = services.partners.send(ready.item.partner, ready.item.msg_id, ready.packed)
    except (Misconfigured, NotReady) as refusal:
        with services.unit() as unit:
            return _wait(services, unit, _worker(services, ready.item), ready.item, refusal)
    return _finish(services, ready, answer)


def _prepare(services: Services, item_id: str, worker: str) -> Ready | OutboxState | None:
    with services.unit() as unit:
        item = unit.outbox.claim(item_id, worker, LEASE_SECONDS)
        if item is None:
            return None
        caller = _worker(services, item)
        try:
            consent = build.consent_for(services, unit, item)
            plain = _bytes(services, unit, item, consent)
            ground = build.digest_of_ground(item, plain, consent)
            packed = services.crypto.pack(item.partner, _outgoing(item, plain, ground))
        except Changed:
            return _build_anew(services, unit, caller, item)
        except Refusal as refusal:
            return _unsent(services, unit, caller, item, refusal)
        unit.commit()
    return Ready(item, packed, build.sha256(plain))


def _unsent(
    services: Services, unit: Unit, caller: Caller, item: OutboxItem, refusal: Refusal
) -> OutboxState:
    """Name what becomes of a message that could not be built or packed."""
    match refusal:
        case Misconfigured():
            return _wait(services, unit, caller, item, refusal)
        case NotReady():
            raise refusal
        case NotAllowed():
            return _end(services, unit, caller, item, "withdrawn", "no-consent")
        case NotFound() | Gone():
            return _end(services, unit, caller, item, "superseded", "nothing-to-send")
        case _:
            return _end(services, unit, caller, item, "parked", refusal.code)


def _wait(services: Services, unit: Unit, caller: Caller, item: OutboxItem, refusal: Refusal) -> OutboxState:
    """Put a message back that this node could not try to send: that is not an attempt.

    A trust list that has run out is mended by somebody soon.
    """
    age = (unit.now() - item.created).total_seconds()
    return _follow(services, unit, caller, item, when_not_ready(age, refusal.code, _chance()), counted=False)


def _bytes(services: Services, unit: Unit, item: OutboxItem, consent: ConsentRow | None) -> bytes:
    """Return the exact Bundle: what was built before, so that a retry sends the same, or a fresh one."""
    if item.body:
        if consent is not None and not build.still_stands(services, unit, item, consent):
            raise Changed
        return services.vault.open(item.owner_id, _place(item), item.body)
    plain = build.build(services, unit, item, consent)
    sealed = services.vault.seal(item.owner_id, _place(item), plain)
    unit.outbox.keep_body(item.id, sealed, build.sha256(plain), consent.id if consent else "")
    return plain


def _build_anew(services: Services, unit: Unit, caller: Caller, item: OutboxItem) -> OutboxState:
    """Send a new message instead: the same id may never carry other bytes."""
    if item.kind == "summary":
        draft = queue.Draft(item.owner_id, item.partner, "summary", item.in_reply_to, alias=item.alias)
        queue.add(services, unit, caller, draft)
    return _end(services, unit, caller, item, "superseded", "consent-changed")


def _stopped(services: Services, item: OutboxItem) -> OutboxState | None:
    """Look a last time: a consent withdrawn since the item was prepared, or a lease that somebody else
    took.
    """
    with services.unit() as unit:
        stored = unit.outbox.get(item.id)
    if stored is None or (stored.state, stored.lease_owner) == ("leased", item.lease_owner):
        return None
    return stored.state


def _finish(services: Services, ready: Ready, answer: Answer) -> OutboxState | None:
    item = ready.item
    with services.unit() as unit:
        unit.lock([item.id.encode()])
        stored = unit.outbox.get(item.id)
        if stored is None:
            return None
        following = _following(services, unit, ready, answer)
        caller = _worker(services, item)
        ours = (stored.state, stored.lease_owner) == ("leased", item.lease_owner)
        # A signed note proves that it left, also when it was given back or withdrawn meanwhile.
        if following.state == "sent" and (ours or stored.state in ("pending", "parked", "withdrawn")):
            return _taken(services, unit, caller, item, item.lease_owner if ours else "")
        if not ours:
            return stored.state
        return _follow(services, unit, caller, item, following)


def _follow(
    services: Services, unit: Unit, caller: Caller, item: OutboxItem, following: Next, counted: bool = True
) -> OutboxState:
    """Let a message wait for its next attempt, or end it."""
    if following.state == "pending":
        unit.outbox.retry(item.id, following.wait, following.error, item.lease_owner, counted)
        unit.commit()
        return "pending"
    return _end(services, unit, caller, item, following.state, following.error)


def _chance() -> float:
    return secrets.randbelow(1000) / 1000


def _following(services: Services, unit: Unit, ready: Ready, answer: Answer) -> Next:
    item = ready.item
    noted = bool(answer.note) and services.crypto.check_note(
        item.partner, answer.note, item.msg_id, ready.digest
    )
    age = (unit.now() - item.created).total_seconds()
    attempt = Attempt(answer.status, noted, item.attempts, age, answer.retry_after, answer.error)
    return after(attempt, _chance())


def _taken(services: Services, unit: Unit, caller: Caller, item: OutboxItem, lease: str) -> OutboxState:
    """The partner has it: receipts are done now, everything else waits for its receipt."""
    state: OutboxState = "delivered" if item.kind == "receipt" else "sent"
    transfer = _transfer(unit, item)
    if transfer is not None and item.kind == "request" and transfer.state == "proposed":
        close_transfer.move(services, unit, caller, transfer, "sent")
        care_state.refresh(services, unit, item.owner_id)
    return _end(services, unit, caller, replace(item, lease_owner=lease), state, "")


def _end(
    services: Services, unit: Unit, caller: Caller, item: OutboxItem, state: OutboxState, error: str
) -> OutboxState:
    if not unit.outbox.finish(item.id, state, error, item.lease_owner):
        return _left(unit, item, state)
    if item.kind == "request" and state in GIVEN_UP:
        close_transfer.give_up(services, unit, caller, item, GIVEN_UP[state])
    details: tuple[tuple[str, str | int], ...] = (
        ("kind", item.kind),
        ("partner", item.partner),
        ("state", state),
        ("error", error),
        ("attempts", item.attempts),
    )
    outcome: Literal["ok", "refused"] = "ok" if state in ("sent", "delivered") else "refused"
    unit.audit.add(
        AuditEntry(caller, "send", outcome, item.owner_id, f"message/{item.msg_id}", details=details)
    )
    unit.commit()
    return state


def _left(unit: Unit, item: OutboxItem, state: OutboxState) -> OutboxState:
    """Return where a message is that somebody else moved; that it left is noted all the same."""
    stored = unit.outbox.get(item.id)
    unit.commit()
    return stored.state if stored else state


def _transfer(unit: Unit, item: OutboxItem) -> Transfer | None:
    return next((row for row in unit.transfers.of(item.owner_id) if row.request_msg_id == item.msg_id), None)


def _worker(services: Services, item: OutboxItem) -> Caller:
    return Caller("worker", "worker", services.node.code, acts_for=item.actor)


def _place(item: OutboxItem) -> tuple[str, str, str, int]:
    return ("outbox", item.id, "body", 1)


def _outgoing(item: OutboxItem, bundle: bytes, ground: str) -> Outgoing:
    return Outgoing(
        msg_id=item.msg_id,
        kind=item.kind,
        seq=item.seq,
        patient_ref=item.alias,
        bundle=bundle,
        in_reply_to=item.in_reply_to,
        consent_digest=ground,
        profile=PROFILES.get(item.kind, ""),
    )
