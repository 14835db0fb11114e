"""Understand one message of another node: what it asks, tells or brings."""

from collections.abc import Callable
from dataclasses import replace

from fhir import transfer as transfer_fhir
from fhir import wire
from fhir.outcome import Issue
from registry.domain.model import Caller, InboxItem, InboxState, Transfer, TransferState
from registry.ports import Services, Unit
from registry.usecases.care.record import care_state
from registry.usecases.exchange import close_transfer, corridor, receipts
from registry.usecases.exchange.answering import answer_request
from registry.usecases.exchange.receiving import door
from registry.usecases.exchange.sending import queue
from registry.usecases.exchange.sending.build import finding

Result = tuple[InboxState, str, tuple[Issue, ...]]

# A newer message of these kinds replaces an older one about the same person; the others all count.
REPLACING = frozenset({"summary"})


def process(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    """Return the state the message ends in, the person it is about (or nothing) and the findings."""
    if item.expires is not None and unit.now() > item.expires:
        return "rejected", "", (finding("expired", "The message was processed after its end of life."),)
    if item.kind in REPLACING and item.seq <= unit.inbox.newest_applied(item.partner, item.alias, item.kind):
        return "superseded", "", ()
    handle = _HANDLERS.get(item.kind)
    if handle is None:
        return "rejected", "", (finding("unknown-kind", "This kind of message is not known here."),)
    return handle(services, unit, caller, item, plain)


def _summary(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    """Keep a summary; one that rests on another consent than the one we asked with is for a person to see."""
    state, owner, findings = door.keep(services, unit, caller, item, plain)
    if state == "rejected" or _rests_on_ours(services, unit, item):
        return state, owner, findings
    text = "This summary does not rest on the consent that was sent with the question."
    return "review", owner, (*findings, Issue("warning", "business-rule", "Bundle", "other-consent", text))


def _rests_on_ours(services: Services, unit: Unit, item: InboxItem) -> bool:
    """Compare the consents where both are named: ours in the request that the summary answers."""
    asked = unit.outbox.by_message(item.partner, item.in_reply_to) if item.in_reply_to else None
    if asked is None or asked.kind != "request" or not asked.body or not item.consent_digest:
        return True
    sent = services.vault.open(asked.owner_id, ("outbox", asked.id, "body", 1), asked.body)
    ours = transfer_fhir.consent_digest(transfer_fhir.read_request(wire.parse(sent)).consent)
    return item.consent_digest == ours


def _receipt(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    return receipts.take(services, unit, caller, item, plain), "", ()


ORDER: tuple[TransferState, ...] = ("proposed", "sent", "received", "accepted", "overdue")
FINAL: frozenset[TransferState] = frozenset({"closed", "refused", "cancelled"})
# What a partner may tell us: the origin accepts or refuses, only the destination hands over the first
# tablets.
SAYS: dict[str, frozenset[TransferState]] = {
    "in": frozenset({"received", "accepted", "refused", "cancelled"}),
    "out": frozenset({"received", "closed", "refused", "cancelled"}),
}


def _task(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    """Move our side of a transfer to what the partner's Task says; a step back is superseded."""
    try:
        bundle = wire.parse(plain)
        resource = bundle["entry"][0]["resource"]
        news = transfer_fhir.read_task(resource)
    except (wire.BadJson, KeyError, IndexError, TypeError, AttributeError, transfer_fhir.NotATransfer):
        return "rejected", "", (finding("no-task", "The message carries no readable Task."),)
    transfer = unit.transfers.by_task(item.partner, news.task_id)
    if transfer is None:
        text = "This transfer is not known here."
        return "review", "", (finding("unknown-transfer", text, "Task.identifier"),)
    # A dispense that is being recorded now and this news must see each other.
    unit.lock([transfer.owner_id.encode()])
    transfer = unit.transfers.get(transfer.id) or transfer
    told = _told(transfer, news.state)
    if not _is_later(transfer.state, told):
        return "superseded", transfer.owner_id, ()
    if told not in SAYS[transfer.direction]:
        text = "This side of a transfer cannot set this state."
        return "rejected", transfer.owner_id, (finding("not-its-to-say", text, "Task.businessStatus"),)
    why = transfer_fhir.reason_of(resource) if told == "refused" else ""
    close_transfer.move(services, unit, caller, transfer, told, why)
    if told == "accepted":
        accepted = replace(transfer, state="accepted")
        close_transfer.by_earlier_dispense(services, unit, caller, accepted)
    care_state.refresh(services, unit, transfer.owner_id)
    return "processed", transfer.owner_id, ()


def _told(transfer: Transfer, state: TransferState) -> TransferState:
    """An origin whose clock ran out before its answer left has accepted all the same."""
    return "accepted" if state == "overdue" and transfer.direction == "in" else state


def _is_later(now: TransferState, told: TransferState) -> bool:
    """A transfer only moves on, and what is over stays as it ended."""
    if now in FINAL:
        return False
    return told in FINAL or ORDER.index(told) > ORDER.index(now)


def _withdrawn(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    """The person took the consent back on the other side: nothing more leaves here on its ground."""
    owner = unit.aliases.owner(item.partner, item.alias)
    if owner is None:
        # Kept as applied: a request of this person that comes later is older than the withdrawal.
        return "processed", "", (finding("unknown-person", "Nobody is known by this name here yet."),)
    ended = [
        corridor.end(services, unit, caller, row)
        for row in corridor.withdrawn_by(services, unit, owner, item.partner, plain)
    ]
    if queue.valid_consent(services, unit, owner, item.partner) is None:
        unit.outbox.stop(owner, item.partner)
        for row in ended:
            corridor.stop(services, unit, caller, row)
    return "processed", owner, ()


_HANDLERS: dict[str, Callable[[Services, Unit, Caller, InboxItem, bytes], Result]] = {
    "receipt": _receipt,
    "request": answer_request.answer,
    "summary": _summary,
    "task-status": _task,
    "transfer": _task,
    "consent-withdrawn": _withdrawn,
}
