"""Tolerant access to elements of a FHIR resource: a wrong shape reads as absent, never as an exception.

Sources: https://hl7.org/fhir/R4/datatypes.html (partial dates, Quantity, CodeableConcept), https://hl7.org/fhir/R4/extensibility.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from fhir.treatment.model import Coding, Concept, FhirDate, Source
from fhir.wire import JsonObject

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.*)?)?)?", re.DOTALL)


@dataclass(frozen=True)
class Quantity:
    """A FHIR Quantity: number, comparator, and the unit as code (with its system) and as text."""

    value: Decimal
    comparator: str = ""
    unit: str = ""
    code: str = ""
    system: str = ""

    @property
    def label(self) -> str:
        """Return the unit a person reads, else the code."""
        return self.unit or self.code


def one(holder: object, name: str) -> JsonObject:
    """Return an element that is an object, or an empty one."""
    found = holder.get(name) if isinstance(holder, dict) else None
    return found if isinstance(found, dict) else {}


def many(holder: object, name: str) -> list[JsonObject]:
    """Return the objects of a repeating element; a single object counts as a list of one."""
    found = holder.get(name) if isinstance(holder, dict) else None
    if isinstance(found, dict):
        return [found]
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def text(holder: object, name: str) -> str:
    """Return an element that is a text, stripped, or an empty text."""
    found = holder.get(name) if isinstance(holder, dict) else None
    return found.strip() if isinstance(found, str) else ""


def number(value: object) -> Decimal | None:
    """Return a finite JSON number (also one written as text) as Decimal; booleans are not numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        return None
    try:
        found = Decimal(str(value).strip())
    except ArithmeticError:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < 19 else None


def quantity(found: object) -> Quantity | None:
    """Return a Quantity with a number, or None."""
    value = number(found.get("value")) if isinstance(found, dict) else None
    if value is None:
        return None
    comparator = text(found, "comparator")
    return Quantity(
        value,
        comparator if comparator in ("<", "<=", ">", ">=") else "",
        text(found, "unit"),
        text(found, "code"),
        text(found, "system"),
    )


def codings(concept: object) -> tuple[Coding, ...]:
    """Return the codings of a CodeableConcept that carry a code or a display."""
    found = (
        Coding(text(entry, "system"), text(entry, "code"), text(entry, "display"))
        for entry in many(concept, "coding")
    )
    return tuple(coding for coding in found if coding.code or coding.display)


def coding_objects(said: Concept) -> list[JsonObject]:
    """Return the codings of a concept as FHIR JSON, without empty elements."""
    named = (
        {"system": coding.system, "code": coding.code, "display": coding.display} for coding in said.codings
    )
    return [{key: value for key, value in entry.items() if value} for entry in named]


def concept(found: object) -> Concept | None:
    """Return a CodeableConcept; its text falls back to a display, then to a code. None if empty."""
    if isinstance(found, str) and found.strip():
        return Concept(found.strip())
    coded = codings(found)
    words = text(found, "text") or next((coding.display for coding in coded if coding.display), "")
    words = words or next((coding.code for coding in coded), "")
    return Concept(words, coded) if words else None


def has_code(found: object, code: str, system: str = "") -> bool:
    """Tell whether a CodeableConcept carries a code (of a system, when one is named)."""
    return any(coding.code == code and system in ("", coding.system) for coding in codings(found))


def first_code(found: object) -> str:
    """Return the first code of a CodeableConcept, or an empty text."""
    return next((coding.code for coding in codings(found) if coding.code), "")


def fhir_date(value: object) -> FhirDate | None:
    """Return a date of day, month or year precision; the local day of a timestamp is the day as written."""
    if not isinstance(value, str):
        return None
    match = _DATE.fullmatch(value.strip())
    if match is None:
        return None
    year, month, day = match.groups()
    try:
        earliest = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return FhirDate(earliest, "day" if day else "month" if month else "year")


def day(value: object) -> date | None:
    """Return a date only when the day is known."""
    found = fhir_date(value)
    return found.earliest if found is not None and found.precision == "day" else None


def instant(value: object) -> datetime | None:
    """Return a timestamp that has a time zone, or None."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def known_on(resource: JsonObject, source: Source) -> datetime | None:
    """Return when this node came to know a fact: an own resource's version time, else when received."""
    version = instant(one(resource, "meta").get("lastUpdated")) if source.kind == "own" else None
    return version or source.received


def extensions(holder: object, url: str) -> Iterator[JsonObject]:
    """Yield the extensions of an element with this address."""
    return (entry for entry in many(holder, "extension") if entry.get("url") == url)


def extension(holder: object, url: str) -> JsonObject:
    """Return the first extension of an element with this address, or an empty object."""
    return next(extensions(holder, url), {})
