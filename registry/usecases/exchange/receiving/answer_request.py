"""Answer a partner that asks about a person: match, keep its signed consent as the ground, disclose."""

import hashlib

from fhir import corridor as corridor_fhir
from fhir import transfer as transfer_fhir
from fhir import wire
from fhir.outcome import Issue
from registry.domain.model import Alias, Caller, ConsentRow, InboxItem, InboxState, Transfer
from registry.errors import BadInput, Unprocessable
from registry.ports import Services, Unit
from registry.usecases.care.record import care_state, write
from registry.usecases.exchange.receiving.match import match
from registry.usecases.exchange.sending import queue
from registry.usecases.exchange.sending.build import finding

Result = tuple[InboxState, str, tuple[Issue, ...]]


def answer(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    """Queue summary and accepted transfer for a person we know, under a consent that holds; else tell
    nothing.
    """
    try:
        request = transfer_fhir.read_request(wire.parse(plain))
        terms = corridor_fhir.read_corridor_consent(request.consent)
    except wire.BadJson as error:
        return "rejected", "", (error.issue,)
    except (transfer_fhir.NotARequest, corridor_fhir.NotACorridorConsent) as error:
        return "rejected", "", error.issues
    owner = _known(services, unit, request.patient)
    stop = _stop(services, unit, item, (request, terms, owner))
    if stop is not None:
        return stop
    unit.aliases.add(Alias(item.partner, owner, item.alias, "them"))
    _keep_consent(services, unit, caller, (item.partner, owner), (request.consent, terms))
    if request.task is not None and request.service_request is not None:
        _take_over(services, unit, caller, (item, owner), (request.service_request, request.task))
    _reply(services, unit, caller, (item, owner), request)
    return "processed", owner, ()


def _stop(
    services: Services,
    unit: Unit,
    item: InboxItem,
    asked: tuple[transfer_fhir.Request, corridor_fhir.ConsentTerms, str],
) -> Result | None:
    """Return why nothing is told to the partner, or None when it may be answered."""
    request, terms, owner = asked
    if item.seq < unit.inbox.newest_applied(item.partner, item.alias, "consent-withdrawn"):
        return (
            "superseded",
            "",
            (_withdrawn_since(),),
        )
    if refusal := _refused_terms(services, item, terms):
        return "rejected", "", (refusal,)
    if not owner:
        text = "No single person here carries these identifiers. Nothing has been told to the partner."
        return "review", "", (_note("Patient.identifier", "no-single-match", text),)
    if unit.aliases.owner(item.partner, item.alias) not in (None, owner):
        text = "The partner uses this name for somebody else already. Nothing has been told to the partner."
        return "review", "", (_note("Bundle", "alias-of-another", text),)
    issues = _unfit(services, unit, owner, request)
    return ("rejected", "", issues) if issues else None


def _known(services: Services, unit: Unit, patient: wire.JsonObject) -> str:
    """Return the one confirmed person: a provisional one is nobody we could speak for."""
    found = match(services, unit, patient)
    person = unit.people.get(found.owner_id) if found.kind == "one" else None
    return person.id if person is not None and not person.provisional else ""


def _withdrawn_since() -> Issue:
    return _note("Consent", "withdrawn-since", "The consent was withdrawn meanwhile.")


def _note(path: str, rule: str, text: str) -> Issue:
    return Issue("information", "not-found", path, rule, text)


def _refused_terms(services: Services, item: InboxItem, terms: corridor_fhir.ConsentTerms) -> Issue | None:
    """Return the first thing in the consent that this corridor, today or the agreement does not allow."""
    policy = services.node.partner(item.partner)
    agreed = policy if policy is not None and policy.kind == "puente" else None
    corridor = (terms.from_id, terms.partner_id) == (item.partner, services.node.code)
    checks = (
        (agreed is not None, "no-agreement", "", "This node has no agreement with the partner that asks."),
        (corridor, "consent-other-corridor", ".provision.actor", "The consent is for another corridor."),
        (terms.status == "active", "consent-not-active", ".status", "The consent is not active."),
        (
            terms.start <= services.today() <= terms.end,
            "consent-not-in-force",
            ".provision.period",
            "The consent is not in force today.",
        ),
        (
            agreed is not None and terms.purpose in agreed.purposes,
            "purpose-not-agreed",
            ".provision.purpose",
            "The agreement does not cover this purpose.",
        ),
        (
            agreed is not None and bool(set(terms.data_classes) & set(agreed.data_classes)),
            "data-not-agreed",
            ".provision.extension",
            "The agreement covers none of these classes of data.",
        ),
    )
    wrong = (finding(rule, text, f"Consent{path}") for well, rule, path, text in checks if not well)
    return next(wrong, None)


def _unfit(services: Services, unit: Unit, owner: str, request: transfer_fhir.Request) -> tuple[Issue, ...]:
    """Return what keeps the partner's resources from being stored as they are."""
    found: list[Issue] = []
    for resource in _localised(owner, request):
        try:
            write.check(services, resource)
        except (BadInput, Unprocessable) as refusal:
            found += refusal.issues
    task_id = str(request.task.get("id", "")) if request.task else ""
    if task_id and unit.records.current("Task", task_id) is not None:
        found.append(finding("task-known", "A Task with this id is known here already.", "Task.id"))
    return tuple(found)


def _localised(owner: str, request: transfer_fhir.Request) -> list[wire.JsonObject]:
    person = {"reference": f"Patient/{owner}"}
    given = ((request.consent, "patient"), (request.service_request, "subject"), (request.task, "for"))
    return [{**resource, element: person} for resource, element in given if resource is not None]


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
