"""The woman of the worked example, and ways to make a summary of her record."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from fhir import summary, wire
from fhir.summary import SummaryInput
from fhir.treatment import write
from fhir.treatment.model import (
    Allergy,
    Coding,
    Concept,
    Contact,
    Dispense,
    Episode,
    FhirDate,
    LabResult,
    RegimenPeriod,
    Source,
    Vaccine,
    ViralLoad,
)
from fhir.wire import JsonObject

OWN = Source("own", "Puente Colombia")
ABOUT = write.About("Patient/p1", "Organization/cucuta", "Hospital de Cúcuta", place="cucuta")
NOW = datetime(2026, 3, 22, 15, tzinfo=UTC)
TLD = write.medicine_of({"TDF", "3TC", "DTG"})


def on(text: str) -> FhirDate:
    """Return a date of day precision."""
    return FhirDate(date.fromisoformat(text))


PERSON = write.PersonDetails(
    identities=(write.Identity("urn:puente:id:ve:ci", "V12345678", "NI", "Cédula (Venezuela)", "VE"),),
    names=(write.PersonName(("Ana", "María"), "Pérez", "Gómez"),),
    birth=on("1990-04-02"),
    sex="female",
    phones=(write.Phone("+57 300 555 0000"),),
    country="CO",
    city="Barrio secreto",
    languages=("es",),
    origin_country="VE",
)


def viral_load(day: str, copies: int) -> JsonObject:
    """Return a viral load of a day; 0 is below 50."""
    if not copies:
        return write.viral_load(ViralLoad(on(day), OWN, "", None, "<", Decimal(50), True), ABOUT)
    return write.viral_load(ViralLoad(on(day), OWN, "", Decimal(copies), "", None, copies < 1000), ABOUT)


def cd4(day: str, count: int) -> JsonObject:
    """Return a CD4 count of a day."""
    code = Concept("CD4", (Coding("http://loinc.org", "24467-3"),))
    return write.lab_result(LabResult("cd4", code, OWN, on(day), Decimal(count), "", "{cells}/uL"), ABOUT)


def dispense(day: str, days: int = 30, number: str = "1") -> JsonObject:
    """Return a dispense of the usual tablets."""
    quantity = Decimal(days)
    return write.dispense(Dispense(on(day), TLD, OWN, f"urn:x|{number}", "completed", quantity, days), ABOUT)


def record() -> list[JsonObject]:
    """Return the resources of the worked example, each with an id."""
    made = [
        write.patient(PERSON),
        write.infection(ABOUT, on("2019-02-01")),
        write.regimen(RegimenPeriod(TLD, OWN, "active", on("2021-05-01"), dose="1 tableta al día"), ABOUT),
        dispense("2026-03-01"),
        viral_load("2026-01-10", 0),
        cd4("2025-01-10", 230),
        write.allergy(Allergy(Concept("Abacavir"), OWN, "active", "high", "Hipersensibilidad"), ABOUT),
        write.episode(Episode("active", OWN, on("2021-05-01")), ABOUT, on("2019-03-01"), "records"),
        write.visit(Contact("visit", on("2026-03-01"), "finished", OWN), ABOUT),
        write.appointment(Contact("appointment", on("2026-06-01"), "booked", OWN), ABOUT),
        write.vaccine(Vaccine(Concept("Hepatitis B"), OWN, on("2024-01-01")), ABOUT),
    ]
    return [{**resource, "id": "p1" if place == 0 else f"r{place}"} for place, resource in enumerate(made)]


def asked(resources: list[JsonObject], **more: Any) -> SummaryInput:
    """Return the input of a summary in Spanish with nine days of tablets left."""
    given = SummaryInput(
        resources=tuple((resource, OWN) for resource in resources),
        language="es",
        author="Puente Colombia",
        author_id="co",
        now=NOW,
        seed="alias-1",
        run_out=date(2026, 3, 31),
        days_on_hand=9,
    )
    return replace(given, **more)


def made(resources: list[JsonObject], **more: Any) -> JsonObject:
    """Return the summary after a trip through its bytes."""
    return wire.parse(summary.build(asked(resources, **more)))


def entries(document: JsonObject, kind: str) -> list[JsonObject]:
    """Return the resources of one type."""
    found = (entry["resource"] for entry in document["entry"])
    return [resource for resource in found if resource["resourceType"] == kind]


def section(document: JsonObject, code: str) -> JsonObject:
    """Return the section with this LOINC code."""
    listed = document["entry"][0]["resource"]["section"]
    return next(part for part in listed if part["code"]["coding"][0]["code"] == code)


def codes_of(document: JsonObject) -> list[str]:
    """Return the LOINC codes of the sections in order."""
    return [part["code"]["coding"][0]["code"] for part in document["entry"][0]["resource"]["section"]]


def text(document: JsonObject) -> str:
    """Return all narrative of the document."""
    return "\n".join(part["text"]["div"] for part in document["entry"][0]["resource"]["section"])
