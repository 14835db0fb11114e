"""Groups that people and figures fall into: age, sex, origin, days uncovered.

Source of the age groups: PEPFAR MER 2.6.1; of the bands of days: own proposal.
"""

from datetime import date

from fhir.treatment.model import FhirDate
from registry.domain.care.ages import years

ALL = "all"
UNKNOWN = "unknown"
_YOUNG = ((1, "<1"), (5, "1-4"))
AGES = ("<1", "1-4", *(f"{low}-{low + 4}" for low in range(5, 65, 5)), "65+", UNKNOWN)
SEXES = ("female", "male", "other", UNKNOWN)
ORIGINS = ("VE", "CO", "EC", "PE", "CL", "BR", "other", UNKNOWN)
UNCOVERED = ("0", "1-28", "29-90", "91+", UNKNOWN, "open")


def age_group(born: FhirDate | None, on: date) -> str:
    """Return the five-year age group on a local day; an unknown day of birth counts as the earliest."""
    if born is None or born.earliest > on:
        return UNKNOWN
    age = years(born.earliest, on)
    for limit, name in _YOUNG:
        if age < limit:
            return name
    return "65+" if age >= 65 else f"{age - age % 5}-{age - age % 5 + 4}"


def sex_group(sex: str) -> str:
    """Return the sex as published."""
    return sex if sex in SEXES else UNKNOWN


def origin_group(country: str) -> str:
    """Return the country of origin as published: those of the corridor by name, others together."""
    if not country:
        return UNKNOWN
    return country if country in ORIGINS else "other"


def uncovered_band(days: int | None, *, is_open: bool) -> str:
    """Return the band of days without tablets; a crossing still going on has a band of its own."""
    if is_open:
        return "open"
    if days is None:
        return UNKNOWN
    return "0" if days == 0 else "1-28" if days <= 28 else "29-90" if days <= 90 else "91+"
