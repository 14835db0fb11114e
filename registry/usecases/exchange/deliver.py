"""Send one outbox item: lease, consent again, build once, send, and end in a named state.

Two transactions around the network call, so that a killed worker leaves a lease that runs out and nothing
else
(reference: transactional outbox with leases on the database clock).
"""

import secrets
from dataclasses import dataclass
from typing import Literal

from registry.domain.exchange.retry import Attempt, after
from registry.domain.model import AuditEntry, Caller, OutboxItem, OutboxState, Transfer
from registry.errors import Misconfigured, NotAllowed, NotFound, Refusal
from registry.ports import Services, Unit
from registry.ports.outside import Answer, Outgoing
from registry.usecases.exchange import build, close_transfer

LEASE_SECONDS = 90


@dataclass(frozen=True)
class Ready:
    """An item with the packed bytes to send."""

    item: OutboxItem
    packed: bytes
    digest: str


def due(services: Services, limit: int) -> list[str]:
    """Return the ids of items that wait to be sent."""
    with services.unit() as unit:
        return unit.outbox.due(limit)


def deliver(services: Services, item_id: str, worker: str) -> OutboxState | None:
    """Send one item; return its new state, or None when somebody else has it or it needs nothing."""
    ready = _prepare(services, item_id, worker)
    if not isinstance(ready, Ready):
        return ready
    if services.partners is None:
        raise Misconfigured("This process cannot send: start puente worker.")
    answer = services.partners.send(ready.item.partner, ready.item.msg_id, ready.packed)
    return _finish(services, ready, answer)


def _prepare(services: Services, item_id: str, worker: str) -> Ready | OutboxState | None:
    with services.unit() as unit:
        item = unit.outbox.claim(item_id, worker, LEASE_SECONDS)
        if item is None:
            return None
        caller = _worker(services, item)
        try:
            consent = build.consent_for(services, unit, item)
            digest, body = item.digest, item.body
            if body:
                plain = services.vault.open(item.owner_id, _place(item), body)
            else:
                built = build.build(services, unit, item, consent)
                plain, digest = built.body, build.sha256(built.body)
                unit.outbox.keep_body(
                    item.id, services.vault.seal(item.owner_id, _place(item), plain), digest
                )
            packed = services.crypto.pack(
                item.partner, _outgoing(item, plain, consent.digest if consent else "")
            )
        except NotAllowed:
            return _end(unit, caller, item, "withdrawn", "no-consent")
        except NotFound:
            return _end(unit, caller, item, "superseded", "nothing-to-send")
        except Refusal as refusal:
            return _end(unit, caller, item, "parked", refusal.code)
        unit.commit()
    return Ready(item, packed, digest)


def _finish(services: Services, ready: Ready, answer: Answer) -> OutboxState | None:
    item = ready.item
    with services.unit() as unit:
        unit.lock([item.id.encode()])
        stored = unit.outbox.get(item.id)
        if stored is None or stored.state != "leased":
            return stored.state if stored else None
        caller = _worker(services, item)
        noted = bool(answer.note) and services.crypto.check_note(
            item.partner, answer.note, item.msg_id, ready.digest
        )
        age = (unit.now() - item.created).total_seconds()
        attempt = Attempt(answer.status, noted, item.attempts, age, answer.retry_after, answer.error)
        following = after(attempt, secrets.randbelow(1000) / 1000)
        match following.state:
            case "sent":
                return _taken(services, unit, caller, item)
            case "pending":
                unit.outbox.retry(item.id, following.wait, following.error)
                unit.commit()
                return "pending"
            case ended:
                return _end(unit, caller, item, ended, following.error)


def _taken(services: Services, unit: Unit, caller: Caller, item: OutboxItem) -> OutboxState:
    """The partner has it: receipts are done now, everything else waits for its receipt."""
    state: OutboxState = "delivered" if item.kind == "receipt" else "sent"
    transfer = _transfer(unit, item)
    if transfer is not None and item.kind == "request" and transfer.state == "proposed":
        close_transfer.move(services, unit, caller, transfer, "sent")
    return _end(unit, caller, item, state, "")


def _end(unit: Unit, caller: Caller, item: OutboxItem, state: OutboxState, error: str) -> OutboxState:
    unit.outbox.finish(item.id, state, error)
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


def _transfer(unit: Unit, item: OutboxItem) -> Transfer | None:
    return next((row for row in unit.transfers.of(item.owner_id) if row.request_msg_id == item.msg_id), None)


def _worker(services: Services, item: OutboxItem) -> Caller:
    return Caller("worker", "worker", services.node.code, acts_for=item.actor)


def _place(item: OutboxItem) -> tuple[str, str, str, int]:
    return ("outbox", item.id, "body", 1)


def _outgoing(item: OutboxItem, bundle: bytes, consent_digest: str) -> Outgoing:
    return Outgoing(
        msg_id=item.msg_id,
        kind=item.kind,
        seq=item.seq,
        patient_ref=item.alias,
        bundle=bundle,
        in_reply_to=item.in_reply_to,
        consent_digest=consent_digest,
        profile="http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"
        if item.kind == "summary"
        else "",
    )
