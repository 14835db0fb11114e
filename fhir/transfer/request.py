"""The Bundle with which a node asks a partner for a person's summary, and for a transfer of care.

Contents: Patient with what the consent covers, the Consent, and for a transfer ServiceRequest and Task.
Source: https://hl7.org/fhir/R4/bundle.html#collection
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from fhir import references
from fhir.outcome import Issue
from fhir.transfer.refusals import NotARequest, NotATransfer
from fhir.transfer.tasks import read_task
from fhir.treatment.fields import many, one, text
from fhir.wire import JsonObject, canonical

_ORDER = ("Patient", "Consent", "ServiceRequest", "Task")


@dataclass(frozen=True)
class Request:
    """What a partner asks with: the order and the Task are there only when care is to be transferred.

    `language` is the one it would like the answer in, empty when it does not say.
    """

    patient: JsonObject
    consent: JsonObject
    service_request: JsonObject | None = None
    task: JsonObject | None = None
    language: str = ""


def request_bundle(
    patient: JsonObject,
    consent: JsonObject,
    service_request: JsonObject | None = None,
    task: JsonObject | None = None,
) -> JsonObject:
    """Return the request as a collection Bundle; the same resources always give the same addresses.

    The Task keeps its id (both sides know the transfer by it); the Patient's id stays at home.
    """
    given = [resource for resource in (patient, consent, service_request, task) if resource]
    seed = "|".join(references.local(resource) for resource in given)
    placed = [(references.own_address(each, seed, str(each.get("resourceType"))), each) for each in given]
    placed[0] = (references.address(seed, "Patient"), patient)
    bundle = references.collection(placed)
    bundle["entry"][0]["resource"].pop("id", None)
    return bundle


def read_request(bundle: JsonObject) -> Request:
    """Return the parts of a request; raise NotARequest with every issue. References stay as they came."""
    resources = [one(entry, "resource") for entry in many(bundle, "entry")]
    found = {name: [each for each in resources if each.get("resourceType") == name] for name in _ORDER}
    issues = tuple(_issues(bundle, found))
    if issues:
        raise NotARequest(issues)
    order, task = found["ServiceRequest"], found["Task"]
    return Request(
        patient=found["Patient"][0],
        consent=found["Consent"][0],
        service_request=order[0] if order else None,
        task=task[0] if task else None,
        language=text(bundle, "language"),
    )


def consent_digest(consent: JsonObject) -> str:
    """Return the SHA-256 by which both nodes name a consent: its canonical bytes as a request carries it."""
    return hashlib.sha256(canonical(consent)).hexdigest()


def _issues(bundle: JsonObject, found: dict[str, list[JsonObject]]) -> Iterator[Issue]:
    if bundle.get("resourceType") != "Bundle" or text(bundle, "type") != "collection":
        yield _issue("Bundle.type", "A request is a Bundle of type collection.")
    for name, least in zip(_ORDER, (1, 1, 0, 0), strict=True):
        if not least <= len(found[name]) <= 1:
            wanted = "exactly one" if least else "at most one"
            yield _issue("Bundle.entry", f"A request has {wanted} {name}.")
    if bool(found["ServiceRequest"]) != bool(found["Task"]):
        yield _issue("Bundle.entry", "A transfer has both a ServiceRequest and a Task.")
    for patient in found["Patient"][:1]:
        if not any(text(entry, "value") for entry in many(patient, "identifier")):
            yield _issue("Patient.identifier", "A request names the person by at least one identifier.")
    for task in found["Task"][:1]:
        try:
            read_task(task)
        except NotATransfer:
            yield _issue("Task.code", "The Task is not one of a transfer of care.")


def _issue(path: str, words: str) -> Issue:
    return Issue("error", "required", path, "transfer-request", words)
