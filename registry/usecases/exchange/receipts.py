"""Signed receipts: given for what we processed, kept for what partners processed, and compared."""

import json
from dataclasses import dataclass
from typing import Any

from registry.domain.model import (
    NODE_OWNER,
    AuditEntry,
    Caller,
    InboxItem,
    InboxState,
    OutboxItem,
    OutboxState,
    ReceiptRow,
    ReceiptStatus,
    TransferState,
)
from registry.errors import NotTaken
from registry.ports import Services, Unit
from registry.usecases.care.record import care_state
from registry.usecases.exchange import close_transfer
from registry.usecases.exchange.sending.build import sha256

STATUS: dict[InboxState, ReceiptStatus] = {
    "processed": "accepted",
    "review": "accepted",
    "rejected": "rejected",
    "duplicate": "duplicate",
    "superseded": "superseded",
}
NOBODY = "-"
OUTCOME: dict[str, OutboxState] = {
    "accepted": "delivered",
    "duplicate": "delivered",
    "rejected": "refused",
    "superseded": "superseded",
}


def give(
    services: Services, unit: Unit, caller: Caller, item: InboxItem, state: InboxState, owner: str
) -> None:
    """Sign and queue the receipt of a processed message (none for receipts and for plain FHIR documents)."""
    if item.kind not in ("receipt", "fhir"):
        about = About(item.partner, item.msg_id, item.digest, item.alias)
        _queue(services, unit, caller, about, STATUS[state])


def reject(services: Services, unit: Unit, caller: Caller, msg_id: str, digest: str) -> None:
    """Sign and queue a `rejected` receipt for a message that authenticated and was not taken in, once.

    None for an id that was taken in before: its sender has that receipt, and a replay must not undo it.
    """
    known = unit.inbox.by_message(caller.organization, msg_id)
    if known is None:
        _queue(services, unit, caller, About(caller.organization, msg_id, digest), "rejected")


@dataclass(frozen=True)
class About:
    """The message a receipt is for; NOBODY stands for a person that was never read."""

    partner: str
    msg_id: str
    digest: str
    alias: str = NOBODY


def _queue(services: Services, unit: Unit, caller: Caller, about: About, status: ReceiptStatus) -> None:
    jws = services.crypto.receipt(about.msg_id, status, about.digest)
    row = ReceiptRow("given", about.partner, about.msg_id, status, about.digest, unit.now(), jws.decode())
    if not unit.receipts.add(row):
        return
    answer = OutboxItem(
        id=services.ids.new(),
        partner=about.partner,
        owner_id=NODE_OWNER,
        alias=about.alias,
        seq=unit.aliases.next_seq(about.partner, about.alias),
        msg_id=services.ids.new(),
        kind="receipt",
        state="pending",
        created=unit.now(),
        in_reply_to=about.msg_id,
        actor=caller.id,
    )
    sealed = services.vault.seal(NODE_OWNER, ("outbox", answer.id, "body", 1), jws)
    unit.outbox.add(answer)
    unit.outbox.keep_body(answer.id, sealed, sha256(jws))


def take(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> InboxState:
    """Keep a partner's receipt and move the message it is about to its final state."""
    try:
        msg_id, status, digest, at = services.crypto.check_receipt(item.partner, plain)
    except NotTaken:
        return "rejected"
    sent = unit.outbox.by_message(item.partner, msg_id)
    if sent is None or sent.digest != digest:
        return "rejected"
    unit.lock([sent.id.encode()])
    row = ReceiptRow("got", item.partner, msg_id, status, digest, at, plain.decode())  # type: ignore[arg-type]
    if not unit.receipts.add(row):
        return "duplicate"
    good = status in ("accepted", "duplicate")
    if good or sent.state != "delivered":
        unit.outbox.finish(sent.id, OUTCOME[status], "" if good else f"receipt-{status}")
    for transfer in unit.transfers.of(sent.owner_id):
        if transfer.request_msg_id == msg_id and transfer.state in ("proposed", "sent"):
            state: TransferState = "received" if status in ("accepted", "duplicate") else "refused"
            close_transfer.move(services, unit, caller, transfer, state)
            care_state.refresh(services, unit, transfer.owner_id)
    details = (("status", status), ("kind", sent.kind))
    unit.audit.add(AuditEntry(caller, "receipt", "ok", sent.owner_id, f"message/{msg_id}", details=details))
    return "processed"


@dataclass(frozen=True)
class Disagreement:
    """A message on which two nodes' receipts differ."""

    msg_id: str
    ours: str
    theirs: str


def listing(services: Services) -> list[dict[str, Any]]:
    """Return every receipt of this node as plain rows, for comparing with a partner."""
    with services.unit() as unit:
        rows = unit.receipts.all()
    return [
        {
            "direction": row.direction,
            "partner": row.partner,
            "msg_id": row.msg_id,
            "status": row.status,
            "digest": row.digest,
        }
        for row in rows
    ]


def disagreements(
    ours: list[dict[str, Any]], theirs: list[dict[str, Any]], us: str, them: str
) -> list[Disagreement]:
    """Compare what we gave with what they got and the other way round; each must agree on status and
    digest.
    """
    found: list[Disagreement] = []
    for given, got in (
        (_about(ours, "given", them), _about(theirs, "got", us)),
        (_about(theirs, "given", us), _about(ours, "got", them)),
    ):
        found.extend(
            Disagreement(msg_id, json.dumps(given.get(msg_id)), json.dumps(got.get(msg_id)))
            for msg_id in sorted(given.keys() | got.keys())
            if given.get(msg_id) != got.get(msg_id)
        )
    return found


def _about(rows: list[dict[str, Any]], direction: str, partner: str) -> dict[str, tuple[str, str]]:
    return {
        row["msg_id"]: (row["status"], row["digest"])
        for row in rows
        if row["direction"] == direction and row["partner"] == partner
    }
