"""Answer a partner that asks about a person: match, keep its signed consent as the ground, disclose."""

from fhir import corridor as corridor_fhir
from fhir import transfer as transfer_fhir
from fhir import wire
from fhir.outcome import Issue
from registry.domain.model import Alias, Caller, ConsentRow, InboxItem, InboxState, Transfer
from registry.ports import Services, Unit
from registry.usecases.care.people import person_view
from registry.usecases.care.record import care_state, write
from registry.usecases.exchange.answering import question
from registry.usecases.exchange.receiving import likeness
from registry.usecases.exchange.receiving.match import match
from registry.usecases.exchange.sending import queue
from registry.usecases.subscriptions import events

Result = tuple[InboxState, str, tuple[Issue, ...]]


def answer(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    """Queue summary and accepted transfer for a person we know, under a consent that holds; else tell
    nothing.
    """
    try:
        asked = question.read(plain)
    except question.Unreadable as error:
        return "rejected", "", error.issues
    owner = _known(services, unit, asked.request.patient)
    stop = _stop(services, unit, item, asked, owner)
    if stop is not None:
        return stop
    disclose(services, unit, caller, (item, owner), asked)
    return "processed", owner, ()


def disclose(
    services: Services, unit: Unit, caller: Caller, about: tuple[InboxItem, str], asked: question.Question
) -> None:
    """Keep the consent, take over the transfer, and queue the answers; whoever calls has checked the
    question.
    """
    item, owner = about
    request = asked.request
    unit.lock([owner.encode()])
    unit.aliases.add(Alias(item.partner, owner, item.alias, "them"))
    _keep_consent(services, unit, caller, (item.partner, owner), (request.consent, asked.terms))
    if request.task is not None and request.service_request is not None:
        _take_over(services, unit, caller, about, (request.service_request, request.task))
    _reply(services, unit, caller, about, request)


def _stop(
    services: Services, unit: Unit, item: InboxItem, asked: question.Question, owner: str
) -> Result | None:
    """Return why nothing is told to the partner, or None when it may be answered."""
    if question.is_withdrawn(unit, item):
        text = "The consent was withdrawn meanwhile."
        return "superseded", "", (_note("Consent", "withdrawn-since", text),)
    if refusal := question.refused_terms(services, item, asked):
        return "rejected", "", (refusal,)
    if not owner:
        text = "No single person here carries these identifiers. Nothing has been told to the partner."
        return "review", "", (_note("Patient.identifier", "no-single-match", text),)
    if unit.aliases.owner(item.partner, item.alias) not in (None, owner):
        text = "The partner uses this name for somebody else already. Nothing has been told to the partner."
        return "review", "", (_note("Bundle", "alias-of-another", text),)
    issues = question.unfit(services, unit, owner, asked.request)
    return ("rejected", "", issues) if issues else None


def _known(services: Services, unit: Unit, patient: wire.JsonObject) -> str:
    """Return the one confirmed person: a provisional one is nobody we could speak for.

    A number alone may be mistyped or borrowed: name or full birth date must agree as well.
    """
    found = match(services, unit, patient)
    person = unit.people.get(found.owner_id) if found.kind == "one" else None
    if person is None or person.provisional:
        return ""
    ours = person_view.patient_of(services, unit, person.id)
    agree = (likeness.of_birth(ours, patient), likeness.of_name(services, ours, patient))
    return person.id if "same" in agree else ""


def _note(path: str, rule: str, text: str) -> Issue:
    return Issue("information", "not-found", path, rule, text)


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
            digest=transfer_fhir.consent_digest(consent),
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
    events.transfer_moved(services, unit, owner, stored.id, "accepted")
    care_state.refresh(services, unit, owner)


def _reply(
    services: Services,
    unit: Unit,
    caller: Caller,
    about: tuple[InboxItem, str],
    request: transfer_fhir.Request,
) -> None:
    """Queue the answers under the requester's own name for the person."""
    item, owner = about
    summary = queue.Draft(owner, item.partner, "summary", item.msg_id, alias=item.alias)
    queue.add(services, unit, caller, summary)
    if request.task is not None:
        status = queue.Draft(owner, item.partner, "task-status", item.msg_id, alias=item.alias)
        queue.add(services, unit, caller, status)
