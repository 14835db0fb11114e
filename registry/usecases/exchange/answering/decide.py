"""A person decides a question that waits: whom the partner means, or that it is refused and why."""

from dataclasses import dataclass

from fhir import transfer as transfer_fhir
from fhir import wire
from fhir.treatment.model import FhirDate
from registry.domain.access import rules
from registry.domain.model import INBOX_OWNER, AuditEntry, Caller, InboxItem
from registry.errors import BadInput, Conflict, NotFound
from registry.ports import Services, Unit
from registry.usecases.care.people import person_view
from registry.usecases.exchange.answering import candidates, question, refuse
from registry.usecases.exchange.answering.answer_request import disclose
from registry.usecases.exchange.receiving import readable, receive


@dataclass(frozen=True)
class Open:
    """A question that waits for a person: whom it names, and who of ours may be meant.

    `why_not` is a sentence when the consent lets nothing out now, so that only a refusal is left.
    """

    name: str
    birth_date: FhirDate | None
    sex: str
    identifiers: tuple[tuple[str, str], ...]
    candidates: tuple[candidates.Candidate, ...]
    why_not: str = ""


def waiting(services: Services, caller: Caller, inbox_id: str, language: str = "es") -> Open | None:
    """Return what is to be decided, or None when this message is no question that waits."""
    _check(caller)
    with services.unit() as unit:
        item = unit.inbox.get(inbox_id)
        if item is None or (item.kind, item.state) != ("request", "review"):
            return None
        try:
            asked = question.read(_plain(services, item))
        except question.Unreadable:
            return Open("", None, "unknown", (), ())
        patient = readable.patient(asked.request.patient)
        found = candidates.find(services, unit, patient, language)
        for one in found:
            unit.audit.add(AuditEntry(caller, "search", "ok", one.person_id, f"Patient/{one.person_id}"))
        unit.audit.add(AuditEntry(caller, "read", object_ref=f"message/{item.msg_id}"))
        why_not = _why_not(services, unit, item, asked)
        unit.commit()
    return Open(
        name=person_view.full_name(patient),
        birth_date=person_view.partial_date(patient.get("birthDate")),
        sex=str(patient.get("gender", "unknown")),
        identifiers=person_view.identifiers(services, patient, language, masked=False),
        candidates=tuple(found),
        why_not=why_not,
    )


def answer(services: Services, caller: Caller, inbox_id: str, person_id: str) -> None:
    """Answer with the record of the person chosen; everything else is checked again as at the first try."""
    _check(caller)
    with services.unit() as unit:
        item = _open(unit, inbox_id)
        try:
            asked = question.read(_plain(services, item))
        except question.Unreadable:
            raise Conflict("The question cannot be read. Refuse it.") from None
        if why_not := _why_not(services, unit, item, asked):
            raise Conflict(why_not)
        listed = candidates.find(services, unit, readable.patient(asked.request.patient), "es")
        if person_id not in {one.person_id for one in listed}:
            raise BadInput("Choose one of the people listed.")
        if unit.aliases.owner(item.partner, item.alias) not in (None, person_id):
            raise Conflict("The partner means somebody else by this name already. Refuse the question.")
        if question.unfit(services, unit, person_id, asked.request):
            raise Conflict("The question breaks rules of the standard. Refuse it.")
        disclose(services, unit, caller, (item, person_id), asked)
        unit.inbox.finish(item.id, "processed", person_id)
        _note(unit, caller, item, person_id, "answered")
        unit.commit()


def refuse_it(services: Services, caller: Caller, inbox_id: str, reason: str) -> None:
    """Tell the partner that its question is not answered, with one of the known reasons."""
    _check(caller)
    if reason not in transfer_fhir.REASONS:
        raise BadInput("Choose a reason.")
    with services.unit() as unit:
        item = _open(unit, inbox_id)
        refuse.tell(services, unit, caller, item, _task(_plain(services, item)), reason)
        unit.inbox.finish(item.id, "rejected")
        _note(unit, caller, item, "", reason)
        unit.commit()


def _check(caller: Caller) -> None:
    """An answer discloses, so it takes both rights."""
    rules.check_can(caller, "review")
    rules.check_can(caller, "share")


def _open(unit: Unit, inbox_id: str) -> InboxItem:
    """Return the question, held for this unit; two people must not decide it twice."""
    item = unit.inbox.get(inbox_id)
    if item is None or item.kind != "request":
        raise NotFound("There is no such message.")
    unit.lock([item.id.encode(), f"{item.partner}|{item.alias}".encode()])
    item = unit.inbox.get(inbox_id)
    if item is None or item.state != "review":
        raise Conflict("This question does not wait for a decision any more.")
    return item


def _plain(services: Services, item: InboxItem) -> bytes:
    return services.vault.open(INBOX_OWNER, receive.body_place(item.id), item.body)


def _why_not(services: Services, unit: Unit, item: InboxItem, asked: question.Question) -> str:
    if question.is_withdrawn(unit, item):
        return "The person took the consent back. Refuse the question."
    if question.refused_terms(services, item, asked) is not None:
        return "The consent in the question does not allow an answer today. Refuse the question."
    return ""


def _task(plain: bytes) -> wire.JsonObject:
    """Return the Task to refuse, also of a question that cannot be answered; empty when there is none."""
    try:
        bundle = wire.parse(plain)
        found: list[wire.JsonObject] = [entry["resource"] for entry in bundle["entry"]]
        task = next(each for each in found if each.get("resourceType") == "Task")
        transfer_fhir.read_task(task)
    except (wire.BadJson, KeyError, TypeError, AttributeError, StopIteration, transfer_fhir.NotATransfer):
        return {}
    return task


def _note(unit: Unit, caller: Caller, item: InboxItem, owner_id: str, how: str) -> None:
    reference = f"message/{item.msg_id}"
    details = (("decided", how), ("partner", item.partner))
    unit.audit.add(AuditEntry(caller, "review", "ok", owner_id, reference, details=details))
