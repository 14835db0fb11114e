"""Values and strategies the treatment tests share."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from fhir.treatment import write
from fhir.treatment.model import FhirDate, Source
from fhir.treatment.systems import LOINC, SNOMED

OWN = Source("own", "pe")
PARTNER = Source("partner", "co", datetime(2026, 4, 1, 12, tzinfo=UTC))
ABOUT = write.About("Patient/1", "Organization/lima-norte", "Centro Lima Norte", place="lima-norte")
TLD = write.medicine_of({"TDF", "3TC", "DTG"})
DTG = write.medicine_of({"DTG"})


def on(text: str) -> FhirDate:
    """Return a date of the precision the text has."""
    precision = {4: "year", 7: "month", 10: "day"}[len(text)]
    return FhirDate(date.fromisoformat(text + "-01-01"[: 10 - len(text)]), precision)  # type: ignore[arg-type]


def reading(
    value: str | int | Decimal, unit: str = "", code: str = "20447-9", **more: object
) -> dict[str, object]:
    """Return a viral load Observation with a quantity, or with a text when the value is one."""
    held: dict[str, object] = (
        {"valueString": value}
        if isinstance(value, str)
        else {"valueQuantity": {"value": value, "unit": unit, **more}}
    )
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": SNOMED if code == "315124004" else LOINC, "code": code}]},
        "effectiveDateTime": "2026-01-10",
        **held,
    }


words = (
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)


@st.composite
def days(draw: st.DrawFn) -> FhirDate:
    """Return a FHIR date of any precision."""
    found = draw(st.dates(date(1950, 1, 1), date(2030, 12, 31)))
    precision = draw(st.sampled_from(["day", "month", "year"]))
    month = found.month if precision != "year" else 1
    return FhirDate(date(found.year, month, found.day if precision == "day" else 1), precision)  # type: ignore[arg-type]


amounts = st.decimals(0, 5000, places=2, allow_nan=False, allow_infinity=False)
