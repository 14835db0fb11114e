"""Observation to a ViralLoad: copies, comparators, logarithms, and words for "not detected".

Codes and units: reference of viral load results; 1000 copies/mL exactly is not suppressed (WHO indicators,
PEPFAR MER 2.6.1).
Sources: https://hl7.org/fhir/R4/observation.html, https://ucum.org/ucum
"""

from collections.abc import Iterator
from decimal import Decimal

from fhir import codes
from fhir.treatment.fields import (
    Quantity,
    concept,
    extension,
    fhir_date,
    first_code,
    many,
    one,
    quantity,
    text,
)
from fhir.treatment.model import FhirDate, ViralLoad
from fhir.treatment.read.context import Context
from fhir.treatment.read.measured import Measured, from_quantity, from_text
from fhir.treatment.systems import ASSAY_LIMIT
from fhir.wire import JsonObject

SUPPRESSED_BELOW = Decimal(1000)
_WITHDRAWN = ("entered-in-error", "cancelled")
_NOT_DETECTED = ("ND", "NEG")


def is_viral_load(resource: JsonObject) -> bool:
    """Tell whether an Observation, or one of its components, is a viral load."""
    return any(_property(holder) for holder in _holders(resource))


def viral_load(resource: JsonObject, context: Context) -> tuple[ViralLoad, ...]:
    """Return the viral load of an Observation; the first holder with a usable value wins, copies before
    logarithms.
    """
    if text(resource, "status") in _WITHDRAWN:
        return ()
    readings = [_measure(holder, _property(holder)) for holder in _holders(resource) if _property(holder)]
    readings.sort(key=lambda measured: (not measured.usable, measured.logarithm))
    return tuple(_result(measured, resource, context) for measured in readings[:1])


def suppressed(copies: Decimal | None, comparator: str, limit: Decimal | None) -> bool | None:
    """Answer whether a result is below 1000 copies/mL; None when it cannot be known.

    `limit` is the number beside a `<` or `<=`; without one, `<` means not detected.
    """
    if comparator in ("<", "<="):
        if limit is None:
            return True
        below = limit <= SUPPRESSED_BELOW if comparator == "<" else limit < SUPPRESSED_BELOW
        return True if below else None
    if copies is None:
        return None
    if comparator in (">", ">="):
        return False if copies >= SUPPRESSED_BELOW else None
    return copies < SUPPRESSED_BELOW


def sampled(resource: JsonObject) -> FhirDate | None:
    """Return when the sample was taken: `effective[x]`, never `issued`, which is the day of the result."""
    period = one(resource, "effectivePeriod")
    return (
        fhir_date(resource.get("effectiveDateTime"))
        or fhir_date(resource.get("effectiveInstant"))
        or fhir_date(period.get("start"))
        or fhir_date(period.get("end"))
    )


def _holders(resource: JsonObject) -> Iterator[JsonObject]:
    yield resource
    yield from many(resource, "component")


def _property(holder: JsonObject) -> str:
    return codes.viral_load_kind(many(one(holder, "code"), "coding")) or ""


def _measure(holder: JsonObject, kind: str) -> Measured:
    amount = quantity(one(holder, "valueQuantity"))
    if amount is not None:
        return from_quantity(amount, kind)
    whole = holder.get("valueInteger")
    if isinstance(whole, int) and not isinstance(whole, bool):
        return from_quantity(Quantity(Decimal(whole)), kind)
    named = concept(one(holder, "valueCodeableConcept"))
    written = text(holder, "valueString") or (named.text if named else "")
    if written:
        return from_text(written, kind)
    marks = (first_code(entry) for entry in many(holder, "interpretation"))
    if any(mark in _NOT_DETECTED for mark in marks):
        return Measured("not detected", comparator="<")
    return Measured("", convertible=False)


def _result(measured: Measured, resource: JsonObject, context: Context) -> ViralLoad:
    stated = quantity(one(extension(resource, ASSAY_LIMIT), "valueQuantity"))
    limit = measured.limit if measured.limit is not None else stated.value if stated else None
    return ViralLoad(
        sampled=sampled(resource),
        source=context.source,
        original=measured.original,
        copies=measured.copies,
        comparator=measured.comparator,
        limit=limit,
        suppressed=suppressed(measured.copies, measured.comparator, measured.limit)
        if measured.convertible
        else None,
        convertible=measured.convertible,
    )
