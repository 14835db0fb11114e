"""Resources with the facts read from them, ready to be placed in sections."""

from fhir.summary.model import Item
from fhir.treatment.fields import fhir_date, one
from fhir.treatment.model import (
    Dispense,
    FhirDate,
    LabResult,
    Problem,
    RegimenPeriod,
    Vaccine,
    ViralLoad,
)
from fhir.treatment.read import Fact, Reading
from fhir.wire import JsonObject


def of_reading(read: Reading) -> Item:
    """Return what was read of one resource as an item; its first dated fact tells the day."""
    dates = (_when(fact) for fact in read.facts)
    return Item(read.resource, read.facts, next((day for day in dates if day), _performed(read.resource)))


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
