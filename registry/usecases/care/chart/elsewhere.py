"""Clinical facts that others recorded and this node may pass on: valid ones, about this person, with their
source.

A summary without them would be unsafe: somebody treated abroad for years would look like a new patient.
"""

from collections.abc import Iterable
from dataclasses import replace

from fhir import profiles, wire
from fhir.bundle import ReadResource
from fhir.outcome import has_errors
from fhir.treatment.model import Source, TreatmentRecord
from registry.ports import Services
from registry.usecases.care.chart.gather import Gathered, OpenedDocument, still_said
from registry.usecases.care.record.sealing import PATIENT_ELEMENTS

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


def facts(services: Services, gathered: Gathered, besides: str = "") -> list[Fact]:
    """Return what the trusted documents of each source still say, except those that `besides` itself sent."""
    told = [document for document in gathered.documents if document.row.partner != besides]
    person_id = str(gathered.patient["id"])
    return [
        fact for document, items in still_said(_trusted(told)) for fact in _of(document, items, person_id)
    ]


def record(services: Services, gathered: Gathered) -> TreatmentRecord:
    """Read our own facts and the trusted documents into the record that a summary's numbers come from."""
    return replace(gathered, documents=_trusted(gathered.documents)).record()


def _trusted(documents: Iterable[OpenedDocument]) -> tuple[OpenedDocument, ...]:
    """Return what may be passed on before a person has looked: only what a partner node sent."""
    return tuple(
        document
        for document in documents
        if document.row.reviewed is not None or document.source.kind == "partner"
    )


def _of(document: OpenedDocument, items: list[ReadResource], person_id: str) -> list[Fact]:
    made = (
        (_ours(item, person_id, f"{document.row.id[:8]}-{number}"), document.source)
        for number, item in enumerate(items)
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
