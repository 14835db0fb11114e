"""Short ways to write facts of care in tests."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from config import Thresholds
from fhir.treatment.model import (
    Coding,
    Concept,
    Dispense,
    FhirDate,
    Ingredients,
    LabResult,
    Medicine,
    RegimenPeriod,
    Source,
)

OWN = Source("own", "pe")
PARTNER = Source("partner", "co", datetime(2026, 3, 1, tzinfo=UTC))
T = Thresholds()
TLD = frozenset({"TDF", "3TC", "DTG"})
TLE = frozenset({"TDF", "3TC", "EFV"})


def day(text: str) -> date:
    return date.fromisoformat(text)


def fhir_date(text: str) -> FhirDate:
    parts = len(text.split("-"))
    full = text + "-01" * (3 - parts)
    return FhirDate(day(full), {3: "day", 2: "month", 1: "year"}[parts])  # type: ignore[arg-type]


def medicine(ingredients: Ingredients | None, text: str = "", *codings: Coding) -> Medicine:
    return Medicine(Concept(text or "/".join(sorted(ingredients or {"?"})), codings), ingredients)


def given(
    on: str | None, days: int | None = None, what: Ingredients | None = TLD, source: Source = OWN, **more: Any
) -> Dispense:
    """Write a dispense; numbers of tablets may be given as plain numbers."""
    numbers = {"quantity", "daily_dose", "pills_left"}
    values = {name: Decimal(str(value)) if name in numbers else value for name, value in more.items()}
    return Dispense(fhir_date(on) if on else None, medicine(what), source, days=days, **values)


def taking(
    what: Ingredients | None,
    start: str | None = None,
    end: str | None = None,
    status: str = "active",
    source: Source = OWN,
    **more: Any,
) -> RegimenPeriod:
    return RegimenPeriod(
        medicine(what),
        source,
        status,
        fhir_date(start) if start else None,
        fhir_date(end) if end else None,
        **more,
    )


def result(kind: str, on: str, **more: Any) -> LabResult:
    return LabResult(kind, Concept(kind), OWN, fhir_date(on), **more)
