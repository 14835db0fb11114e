"""ServiceRequest and Task of one transfer of care: make them, move the Task on, read it.

Task.requester is the origin and Task.owner the destination, whichever of them asked first.
Sources: https://hl7.org/fhir/R4/task.html, https://hl7.org/fhir/R4/servicerequest.html
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from fhir import references
from fhir.transfer.refusals import NotATransfer
from fhir.transfer.states import TransferState, coded, state_of
from fhir.treatment.fields import codings, concept, fhir_date, instant, known_on, many, one, text
from fhir.treatment.model import FhirDate, Source, TransferFact
from fhir.treatment.systems import NODE, SNOMED, TASK_KIND, TRANSFER, TRANSFER_STATE
from fhir.treatment.write.labels import labelled
from fhir.wire import JsonObject

_KIND = {"system": TASK_KIND, "code": "transfer"}
_REFERRAL = {"system": SNOMED, "code": "3457005", "display": "Patient referral"}
_CODES = {"3457005", "107724000", "19712007", "transfer"}


@dataclass(frozen=True)
class NewTransfer:
    """A transfer to propose: origin and destination are node ids, `asked` has a time zone.

    `covered_until` is the first day without tablets, `expected` the day the person is expected; both
    optional.
    """

    patient_ref: str
    origin: str
    destination: str
    asked: datetime
    identifier: str = ""
    origin_name: str = ""
    destination_name: str = ""
    covered_until: date | None = None
    expected: date | None = None
    request_ref: str = ""


@dataclass(frozen=True)
class TaskNews:
    """What a Task says of a transfer now; `task_id` is the Task's id, the same on both sides."""

    task_id: str
    identifier: str
    state: TransferState
    at: datetime | None
    origin: str
    destination: str
    reason: str = ""
    output_ref: str = ""


def transfer_request(new: NewTransfer) -> tuple[JsonObject, JsonObject]:
    """Return ServiceRequest and Task (state proposed); without `request_ref` the Task has no focus yet."""
    identifier = [{"system": TRANSFER, "value": new.identifier}] if new.identifier else []
    asked = new.asked.isoformat(timespec="seconds")
    subject = {"reference": new.patient_ref}
    origin, destination = _party(new.origin, new.origin_name), _party(new.destination, new.destination_name)
    order: JsonObject = {
        "resourceType": "ServiceRequest",
        "identifier": identifier,
        "status": "active",
        "intent": "order",
        "code": {"coding": [_REFERRAL]},
        "subject": subject,
        "requester": origin,
        "performer": [destination],
        "authoredOn": asked,
        "occurrencePeriod": {"start": new.expected.isoformat()} if new.expected else {},
    }
    target = {"reference": new.request_ref} if new.request_ref else {}
    deadline = {"period": {"end": new.covered_until.isoformat()}} if new.covered_until else {}
    task: JsonObject = {
        "resourceType": "Task",
        "identifier": identifier,
        "intent": "order",
        "code": {"coding": [_KIND]},
        "basedOn": [target] if target else [],
        "focus": target,
        "for": subject,
        "authoredOn": asked,
        "requester": origin,
        "owner": destination,
        "restriction": deadline,
    }
    return labelled(order), task_with_state(labelled(task), "proposed", new.asked)


def task_with_state(
    task: JsonObject, state: TransferState, at: datetime, reason: str = "", output_ref: str = ""
) -> JsonObject:
    """Return the Task moved to a state; `output_ref` is the evidence of the first dispense, `reason` why it
    was refused.
    """
    status, business = coded(state)
    moved = {
        **task,
        "status": status,
        "businessStatus": {"coding": [{"system": TRANSFER_STATE, "code": business}]},
        "lastModified": at.isoformat(timespec="seconds"),
    }
    if reason:
        moved["statusReason"] = {"text": reason}
    if state == "closed":
        moved["executionPeriod"] = {**one(task, "executionPeriod"), "end": at.isoformat(timespec="seconds")}
    if output_ref:
        kind = {"coding": [{"system": TRANSFER_STATE, "code": "first-dispense"}]}
        moved["output"] = [{"type": kind, "valueReference": {"reference": output_ref}}]
    return moved


def read_task(resource: JsonObject) -> TaskNews:
    """Return what a Task says of a transfer; raise NotATransfer when it is no such Task."""
    state = state_of(text(resource, "status"), _business(resource))
    if resource.get("resourceType") != "Task" or state is None or not _is_transfer(resource):
        raise NotATransfer
    outputs = (text(one(entry, "valueReference"), "reference") for entry in many(resource, "output"))
    reason = concept(one(resource, "statusReason"))
    return TaskNews(
        task_id=text(resource, "id"),
        identifier=_identifier(resource),
        state=state,
        at=instant(resource.get("lastModified")),
        origin=_node(one(resource, "requester")),
        destination=_node(one(resource, "owner")),
        reason=reason.text if reason else "",
        output_ref=next((output for output in outputs if output), ""),
    )


def transfer_fact(resource: JsonObject, source: Source, node: str = "") -> TransferFact | None:
    """Return the transfer as a treatment fact, or None for a Task about something else.

    `node` is this node's id; without it a transfer reads as one going out, unless an own source is named by
    the id of the destination. Only a first dispense confirms a transfer.
    """
    try:
        news = read_task(resource)
    except NotATransfer:
        return None
    direction = _direction(news, node or (source.name if source.kind == "own" else ""))
    closed = _day(one(resource, "executionPeriod").get("end")) or _day(resource.get("lastModified"))
    return TransferFact(
        identifier=news.identifier or news.task_id,
        direction=direction,
        status=text(resource, "status"),
        business_status=_business(resource),
        source=source,
        sent=_day(resource.get("authoredOn")),
        confirmed=closed if news.state == "closed" else None,
        partner=news.origin if direction == "in" else news.destination,
        known_on=known_on(resource, source),
        state=news.state,
    )


def task_bundle(task: JsonObject) -> JsonObject:
    """Return the collection Bundle that tells the other side how a transfer stands."""
    return references.collection([(references.own_address(task, _identifier(task), "Task"), task)])


def _direction(news: TaskNews, node: str) -> Literal["in", "out"]:
    return "in" if node and node == news.destination else "out"


def _is_transfer(resource: JsonObject) -> bool:
    return any(coding.code in _CODES for coding in codings(one(resource, "code"))) or bool(
        _business_ours(resource)
    )


def _business_ours(resource: JsonObject) -> str:
    found = codings(one(resource, "businessStatus"))
    return next((coding.code for coding in found if coding.system == TRANSFER_STATE), "")


def _business(resource: JsonObject) -> str:
    said = concept(one(resource, "businessStatus"))
    return _business_ours(resource) or (said.text if said else "")


def _identifier(resource: JsonObject) -> str:
    listed = many(resource, "identifier")
    ours = [entry for entry in listed if text(entry, "system") == TRANSFER]
    return next((text(entry, "value") for entry in (*ours, *listed) if text(entry, "value")), "")


def _day(value: object) -> date | None:
    found: FhirDate | None = fhir_date(value)
    return found.earliest if found else None


def _node(reference: JsonObject) -> str:
    found = one(reference, "identifier")
    return text(found, "value") or text(reference, "display")


def _party(node: str, name: str) -> JsonObject:
    return {"identifier": {"system": NODE, "value": node}, **({"display": name} if name else {})}
