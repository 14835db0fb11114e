"""Resources with the facts read from them, ready to be placed in sections."""

from collections.abc import Iterable
from dataclasses import replace

from fhir.summary.model import Item
from fhir.treatment.fields import fhir_date, one
from fhir.treatment.model import (
    Dispense,
    FhirDate,
    LabResult,
    Problem,
    RegimenPeriod,
    Source,
    Vaccine,
    ViralLoad,
)
from fhir.treatment.read import Context, Fact, facts_of
from fhir.wire import JsonObject


def items(resources: Iterable[tuple[JsonObject, Source]]) -> list[Item]:
    """Return one item per resource, in the order given."""
    pairs = list(resources)
    shelf = {
        f"Medication/{resource.get('id')}": resource
        for resource, _ in pairs
        if resource.get("resourceType") == "Medication"
    }
    return [_item(resource, Context(source, shelf)) for resource, source in pairs]


def _item(resource: JsonObject, context: Context) -> Item:
    found = Item(resource, facts_of(resource, context))
    dates = (_when(fact) for fact in found.facts)
    return replace(found, when=next((day for day in dates if day), _performed(resource)))


def _when(fact: Fact) -> FhirDate | None:
    match fact:
        case Dispense():
            return fact.handed_over
        case RegimenPeriod():
            return fact.start
        case ViralLoad() | LabResult():
            return fact.sampled
        case Problem():
            return fact.onset or fact.recorded
        case Vaccine():
            return fact.given
        case _:
            return None


def _performed(resource: JsonObject) -> FhirDate | None:
    return fhir_date(resource.get("performedDateTime")) or fhir_date(
        one(resource, "performedPeriod").get("start")
    )
