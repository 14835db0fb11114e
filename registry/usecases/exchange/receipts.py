"""Signed receipts: given for what we processed, kept for what partners processed, and compared."""

import json
from dataclasses import dataclass
from typing import Any

from registry.domain.model import (
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
from registry.errors import Refusal
from registry.ports import Services, Unit
from registry.usecases.care import care_state
from registry.usecases.exchange import close_transfer
from registry.usecases.exchange.build import sha256

STATUS: dict[InboxState, ReceiptStatus] = {
    "processed": "accepted",
    "review": "accepted",
    "rejected": "rejected",
    "duplicate": "duplicate",
    "superseded": "superseded",
}
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
    if item.kind in ("receipt", "fhir"):
        return
    status = STATUS[state]
    jws = services.crypto.receipt(item.msg_id, status, item.digest)
    unit.receipts.add(
        ReceiptRow("given", item.partner, item.msg_id, status, item.digest, unit.now(), jws.decode())
    )
    answer = OutboxItem(
        id=services.ids.new(),
        partner=item.partner,
        owner_id="node",
        alias=item.alias,
        seq=unit.aliases.next_seq(item.partner, item.alias),
        msg_id=services.ids.new(),
        kind="receipt",
        state="pending",
        created=unit.now(),
        in_reply_to=item.msg_id,
        actor=caller.id,
    )
    sealed = services.vault.seal("node", ("outbox", answer.id, "body", 1), jws)
    unit.outbox.add(answer)
    unit.outbox.keep_body(answer.id, sealed, sha256(jws))


def take(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> InboxState:
    """Keep a partner's receipt and move the message it is about to its final state."""
    try:
        msg_id, status, digest, at = services.crypto.check_receipt(item.partner, plain)
    except Refusal:
        return "rejected"
    sent = unit.outbox.by_message(item.partner, msg_id)
    if sent is None or sent.digest != digest:
        return "rejected"
    unit.lock([sent.id.encode()])
    row = ReceiptRow("got", item.partner, msg_id, status, digest, at, plain.decode())  # type: ignore[arg-type]
    if not unit.receipts.add(row):
        return "duplicate"
    unit.outbox.finish(
        sent.id, OUTCOME[status], "" if status in ("accepted", "duplicate") else f"receipt-{status}"
    )
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
