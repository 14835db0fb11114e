"""When treatment first began, and whether the person had been treated before enrolment.

LOINC 45235-9 (date of the original start), 45231-8 (treated before enrolment), answers LA6517-2 (came with
records) and LA6519-8 (treated before, no records).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fhir import codes
from fhir.treatment.fields import codings, extension, fhir_date, many, one, text
from fhir.treatment.model import Dispense, Episode, FhirDate, RegimenPeriod
from fhir.treatment.systems import (
    ENTERED_WITH_RECORDS,
    ENTERED_WITHOUT_RECORDS,
    LOINC,
    ORIGINAL_START,
    TREATED_BEFORE_ENROLMENT,
    TREATMENT_START,
)
from fhir.wire import JsonObject


@dataclass(frozen=True)
class Entry:
    """What one resource says of the start: the day, and how the person entered."""

    start: FhirDate | None = None
    treated_before: bool | None = None
    without_records: bool = False

    @property
    def says_something(self) -> bool:
        """Tell whether the resource spoke of the start at all."""
        return self.start is not None or self.treated_before is not None


def entry(resource: JsonObject) -> Entry:
    """Return what a resource says of the start; one entered in error says nothing."""
    if text(resource, "status") == "entered-in-error":
        return Entry()
    start = fhir_date(extension(resource, TREATMENT_START).get("valueDateTime"))
    if resource.get("resourceType") == "Observation":
        start = start or _observed_start(resource)
    found = set(_entry_codes(resource))
    without = ENTERED_WITHOUT_RECORDS in found
    experienced = without or ENTERED_WITH_RECORDS in found
    return Entry(start, True if experienced else _denied(resource), without)


def original_start(
    entries: Iterable[Entry],
    episodes: Iterable[Episode],
    regimens: Iterable[RegimenPeriod],
    dispenses: Iterable[Dispense],
) -> FhirDate | None:
    """Return the earliest stated start, else the earliest enrolment or regimen, else the first dispense.

    For somebody treated before without records nothing later is taken for the start: it stays unknown.
    """
    listed = list(entries)
    stated = [found.start for found in listed if found.start]
    if stated:
        return min(stated, key=_order)
    if any(found.without_records for found in listed):
        return None
    known = [period.start for period in regimens if period.start and period.is_antiretroviral]
    known += [episode.start for episode in episodes if episode.start]
    given = [
        dispense.handed_over
        for dispense in dispenses
        if dispense.handed_over and codes.antiretrovirals(dispense.medicine.ingredients or ())
    ]
    return min(known or given, key=_order, default=None)


def treated_before(entries: Iterable[Entry]) -> bool | None:
    """Return whether the person had been treated before; a yes wins over a no."""
    said = {found.treated_before for found in entries} - {None}
    return True in said if said else None


def _order(found: FhirDate) -> tuple[str, int]:
    """Order by first possible day; of two equal ones the more precise wins."""
    return found.earliest.isoformat(), ("day", "month", "year").index(found.precision)


def _observed_start(resource: JsonObject) -> FhirDate | None:
    if _coded(resource, ORIGINAL_START):
        period = one(resource, "valuePeriod")
        return fhir_date(resource.get("valueDateTime")) or fhir_date(period.get("start"))
    return None


def _denied(resource: JsonObject) -> bool | None:
    said = resource.get("valueBoolean")
    if isinstance(said, bool) and _coded(resource, TREATED_BEFORE_ENROLMENT):
        return said
    return None


def _coded(resource: JsonObject, code: str) -> bool:
    return any((found.system, found.code) == (LOINC, code) for found in codings(one(resource, "code")))


def _entry_codes(resource: JsonObject) -> Iterator[str]:
    holders = [one(resource, "valueCodeableConcept"), *many(resource, "type"), *many(resource, "reasonCode")]
    return (coding.code for holder in holders for coding in codings(holder))
