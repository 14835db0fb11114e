"""Understand one message of another node: what it asks, tells or brings."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from fhir import corridor as corridor_fhir
from fhir import transfer as transfer_fhir
from fhir import wire
from fhir.outcome import Issue
from registry.domain.model import Alias, Caller, ConsentRow, InboxItem, InboxState, Transfer, TransferState
from registry.ports import Services, Unit
from registry.usecases.care import care_state, write
from registry.usecases.exchange import close_transfer, door, queue, receipts
from registry.usecases.exchange.build import finding
from registry.usecases.exchange.match import match

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


def _receipt(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    return receipts.take(services, unit, caller, item, plain), "", ()


def _request(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    """Match, keep the signed consent as the legal ground, and answer with summary and accepted transfer."""
    try:
        request = transfer_fhir.read_request(wire.parse(plain))
        terms = corridor_fhir.read_corridor_consent(request.consent)
    except wire.BadJson as error:
        return "rejected", "", (error.issue,)
    except (transfer_fhir.NotARequest, corridor_fhir.NotACorridorConsent) as error:
        return "rejected", "", error.issues
    if refusal := _refused_terms(services, item, terms):
        return "rejected", "", (refusal,)
    found = match(services, unit, request.patient)
    if found.kind != "one":
        text = "No single person here carries these identifiers. Nothing has been told to the partner."
        return (
            "review",
            "",
            (Issue("information", "not-found", "Patient.identifier", "no-single-match", text),),
        )
    owner = found.owner_id
    if unit.aliases.of(item.partner, owner) is None:
        unit.aliases.add(Alias(item.partner, owner, item.alias, "them"))
    _keep_consent(services, unit, caller, (item.partner, owner), (request.consent, terms))
    if request.task is not None and request.service_request is not None:
        care = (request.service_request, request.task)
        _take_over(services, unit, caller, (item, owner), care)
    queue.add(services, unit, caller, queue.Draft(owner, item.partner, "summary", item.msg_id))
    if request.task is not None:
        queue.add(services, unit, caller, queue.Draft(owner, item.partner, "task-status", item.msg_id))
    return "processed", owner, ()


def _refused_terms(services: Services, item: InboxItem, terms: corridor_fhir.ConsentTerms) -> Issue | None:
    policy = services.node.partner(item.partner)
    today = services.today()
    if policy is None or policy.kind != "puente":
        return finding("no-agreement", "This node has no agreement with the partner that asks.", "Consent")
    if terms.from_id != item.partner or terms.partner_id != services.node.code:
        return finding(
            "consent-other-corridor", "The consent is for another corridor.", "Consent.provision.actor"
        )
    if not terms.start <= today <= terms.end:
        return finding(
            "consent-not-in-force", "The consent is not in force today.", "Consent.provision.period"
        )
    if terms.purpose not in policy.purposes:
        return finding(
            "purpose-not-agreed", "The agreement does not cover this purpose.", "Consent.provision.purpose"
        )
    return None


def _keep_consent(
    services: Services,
    unit: Unit,
    caller: Caller,
    about: tuple[str, str],
    agreed: tuple[wire.JsonObject, corridor_fhir.ConsentTerms],
) -> None:
    """Store the asking node's signed consent as the ground of our disclosure, never wider than the
    agreement.
    """
    partner, owner = about
    consent, terms = agreed
    policy = services.node.partner(partner)
    allowed = policy.data_classes if policy else ()
    local = {**consent, "patient": {"reference": f"Patient/{owner}"}}
    stored = write.create(services, unit, caller, local)
    unit.consents.put(
        ConsentRow(
            id=stored.id,
            owner_id=owner,
            partner=partner,
            data_classes=tuple(name for name in terms.data_classes if name in allowed),
            purpose=terms.purpose,
            start=terms.start,
            end=terms.end,
            discoverable=terms.discoverable,
            state="active",
            given_to="partner",
            resource_id=stored.id,
            version=stored.version,
            digest=hashlib.sha256(wire.canonical(consent)).hexdigest(),
        )
    )


def _take_over(
    services: Services,
    unit: Unit,
    caller: Caller,
    about: tuple[InboxItem, str],
    care: tuple[wire.JsonObject, wire.JsonObject],
) -> None:
    """Store order and Task under the same ids as at the destination and accept the transfer."""
    item, owner = about
    order_sent, task_sent = care
    subject = {"reference": f"Patient/{owner}"}
    order = write.create(services, unit, caller, {**order_sent, "subject": subject})
    reference = {"reference": f"ServiceRequest/{order.id}"}
    task_id = str(task_sent.get("id") or services.ids.new())
    task = {**task_sent, "for": subject, "focus": reference, "basedOn": [reference]}
    accepted = transfer_fhir.task_with_state(task, "accepted", unit.now())
    stored = write.create(services, unit, caller, accepted, task_id)
    now = unit.now()
    row = unit.care.get(owner)
    unit.transfers.add(
        Transfer(
            id=services.ids.new(),
            owner_id=owner,
            partner=item.partner,
            direction="out",
            state="accepted",
            alias=item.alias,
            task_id=stored.id,
            request_msg_id=item.msg_id,
            created=now,
            updated=now,
            covered_until=row.run_out if row else None,
        )
    )
    care_state.refresh(services, unit, owner)


ORDER: tuple[TransferState, ...] = (
    "proposed",
    "sent",
    "received",
    "accepted",
    "overdue",
    "closed",
    "refused",
    "cancelled",
)


def _task(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    """Move our side of a transfer to what the partner's Task says; a step back is superseded."""
    try:
        bundle = wire.parse(plain)
        news = transfer_fhir.read_task(bundle["entry"][0]["resource"])
    except (wire.BadJson, KeyError, IndexError, TypeError, transfer_fhir.NotARequest):
        return "rejected", "", (finding("no-task", "The message carries no readable Task."),)
    transfer = unit.transfers.by_task(item.partner, news.task_id)
    if transfer is None:
        return (
            "review",
            "",
            (finding("unknown-transfer", "This transfer is not known here.", "Task.identifier"),),
        )
    if ORDER.index(news.state) <= ORDER.index(transfer.state):
        return "superseded", transfer.owner_id, ()
    close_transfer.move(services, unit, caller, transfer, news.state)
    care_state.refresh(services, unit, transfer.owner_id)
    return "processed", transfer.owner_id, ()


def _withdrawn(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    """The person took the consent back on the other side: nothing more leaves here for that partner."""
    owner = unit.aliases.owner(item.partner, item.alias)
    if owner is None:
        return "review", "", (finding("unknown-person", "The alias of this message is not known here."),)
    for row in unit.consents.of(owner, item.partner):
        if row.given_to == "partner" and row.state == "active":
            unit.consents.put(replace(row, state="withdrawn"))
    unit.outbox.stop(owner, item.partner)
    return "processed", owner, ()


_HANDLERS: dict[str, Callable[[Services, Unit, Caller, InboxItem, bytes], Result]] = {
    "receipt": _receipt,
    "request": _request,
    "summary": door.keep,
    "task-status": _task,
    "transfer": _task,
    "consent-withdrawn": _withdrawn,
}
