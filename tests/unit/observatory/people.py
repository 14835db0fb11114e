"""People of the worked quarter, written as FHIR resources by the builders and read back by the reader."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from fhir import transfer
from fhir.treatment import read
from fhir.treatment.model import (
    Contact,
    Dispense,
    Episode,
    FhirDate,
    RegimenPeriod,
    Source,
    TreatmentRecord,
)
from fhir.treatment.write import (
    About,
    PersonDetails,
    appointment,
    dispense,
    episode,
    medicine_of,
    patient,
    regimen,
    treatment_entry,
)
from fhir.wire import JsonObject, canonical, parse

ABOUT = About("Patient/1")
TLD = medicine_of(["TDF", "3TC", "DTG"])
LONG_AGO = "2024-05-02"
REPORTED = datetime(2026, 4, 10, 12, tzinfo=UTC)


def full(text: str) -> FhirDate:
    parts = text.count("-")
    whole = date.fromisoformat(text + "-01" * (2 - parts))
    return FhirDate(whole, ("year", "month", "day")[parts])


def given(on: str, days: int, number: int = 1) -> JsonObject:
    """Write the dispense of one visit; its version time is the evening of that day."""
    made = dispense(
        Dispense(full(on), TLD, OWN, identifier=f"urn:x|{on}-{number}", quantity=None, days=days), ABOUT
    )
    return {**made, "meta": {**made["meta"], "lastUpdated": f"{on}T22:00:00Z"}}


def person(start: str | None = LONG_AGO, **more: object) -> list[JsonObject]:
    """Write the Patient and, when it is known, the original start of treatment."""
    facts = PersonDetails(birth=full("1991-06-15"), sex="female", origin_country="VE", **more)  # type: ignore[arg-type]
    return [patient(facts), *([treatment_entry(full(start), ABOUT)] if start else [])]


def transferred(letter: str, confirmed: str = "") -> list[JsonObject]:
    """Write the Task of a transfer to a partner, closed there by its first dispense when confirmed."""
    asked = datetime.fromisoformat(f"{letter}T15:00:00+00:00")
    new = transfer.NewTransfer("Patient/1", "pe", "co", asked, "T-1")
    _, task = transfer.transfer_request(new)
    task = transfer.task_with_state(task, "sent", asked)
    if confirmed:
        task = transfer.task_with_state(task, "closed", datetime.fromisoformat(f"{confirmed}T15:00:00+00:00"))
    return [task]


def missed(on: str) -> JsonObject:
    return appointment(Contact("appointment", full(on), "noshow", OWN), ABOUT)


def treated_abroad(start: str, end: str) -> list[JsonObject]:
    """Write somebody who came without records: earlier treatment is only told."""
    told = RegimenPeriod(TLD, OWN, "completed", full(start), full(end))
    enrolled = Episode("active", OWN, full("2026-02-02"))
    return [regimen(told, ABOUT), episode(enrolled, ABOUT, treated_before="no-records")]


def record(resources: Sequence[JsonObject], source: Source | None = None) -> TreatmentRecord:
    """Read resources back after a journey through bytes."""
    return read([(parse(canonical(one)), source or OWN) for one in resources], node="pe")


OWN = Source("own", "pe")

QUARTER: dict[int, list[JsonObject]] = {
    1: [*person(), given("2025-12-20", 90)],
    2: [*person(), given("2025-11-20", 90)],
    3: [*person("2026-01-10"), given("2026-01-10", 30)],
    4: [*person(), given("2025-05-03", 90), given("2026-02-15", 90)],
    5: [*person(), given("2025-10-12", 90), given("2026-03-01", 90)],
    6: [*person(), given("2025-11-12", 90), *transferred("2026-02-01", "2026-03-05")],
    7: [*person(), given("2025-11-12", 90), *transferred("2026-02-01")],
    8: [
        *person(died=full("2026-02-20"), death_known_on=datetime(2026, 2, 21, 9, tzinfo=UTC)),
        given("2025-12-10", 90),
    ],
    9: [
        *person(died=full("2026-02-20"), death_known_on=datetime(2026, 4, 15, 9, tzinfo=UTC)),
        given("2025-10-17", 90),
    ],
    10: [*person("2026-03-15"), given("2026-03-15", 30)],
    11: [*person(None), *treated_abroad("2022", "2023-11"), given("2026-02-02", 90)],
    12: [*person(), given("2025-12-15", 90), given("2026-01-05", 90, 2), missed("2026-03-01")],
}
"""The twelve people of the worked quarter 2026-01-01 to 2026-03-31, as FHIR resources."""
