"""Clinical facts that others recorded and this node may pass on: valid ones, about this person, with their
source.

A summary without them would be unsafe: somebody treated abroad for years would look like a new patient.
"""

from fhir import profiles, wire
from fhir.bundle import ReadResource
from fhir.outcome import has_errors
from fhir.treatment.model import Source
from registry.usecases.care.gather import Gathered, OpenedDocument
from registry.usecases.care.sealing import PATIENT_ELEMENTS

PASSED_ON = frozenset(
    {
        "AllergyIntolerance",
        "Condition",
        "Immunization",
        "MedicationDispense",
        "MedicationRequest",
        "MedicationStatement",
        "Observation",
    }
)

Fact = tuple[wire.JsonObject, Source]


def facts(gathered: Gathered, besides: str = "") -> list[Fact]:
    """Return facts of the newest document of each source, except those that `besides` itself sent.

    Documents that came through the plain door are passed on only after a person has looked at them.
    """
    newest: dict[str, OpenedDocument] = {}
    for document in gathered.documents:
        newest.setdefault(document.row.partner, document)
    found: list[Fact] = []
    for document in newest.values():
        trusted = document.source.kind == "partner" or document.row.reviewed is not None
        if document.row.partner != besides and trusted:
            found += _of(document, str(gathered.patient["id"]))
    return found


def _of(document: OpenedDocument, person_id: str) -> list[Fact]:
    made = (
        (_ours(item, person_id, f"{document.row.id[:8]}-{number}"), document.source)
        for number, item in enumerate(document.received.resources)
        if item.readable and item.type in PASSED_ON
    )
    return [(resource, source) for resource, source in made if not has_errors(profiles.issues(resource))]


def _ours(item: ReadResource, person_id: str, new_id: str) -> wire.JsonObject:
    """Return the safe view under an id of ours, about our Patient; whom else it names stays in the
    original.
    """
    kept = {key: value for key, value in item.resolved.items() if key not in ("text", "contained", "meta")}
    named = next((key for key in PATIENT_ELEMENTS if key in kept), "subject")
    security = item.resolved.get("meta", {}).get("security")
    labels = {"meta": {"security": security}} if security else {}
    return {**kept, **labels, "id": new_id, named: {"reference": f"Patient/{person_id}"}}
