"""Observation and DiagnosticReport to a LabResult: number with unit and comparator, or words.

Sources: https://hl7.org/fhir/R4/observation.html, https://hl7.org/fhir/R4/diagnosticreport.html
"""

from decimal import Decimal

from fhir import codes
from fhir.treatment.fields import (
    Quantity,
    coding_objects,
    concept,
    fhir_date,
    instant,
    many,
    number,
    one,
    quantity,
    text,
)
from fhir.treatment.model import Concept, FhirDate, LabResult, ViralLoad
from fhir.treatment.read.context import Context
from fhir.treatment.read.viral_load import is_viral_load, sampled, viral_load
from fhir.wire import JsonObject

_UNNAMED = Concept("?")


def observation(resource: JsonObject, context: Context) -> tuple[LabResult | ViralLoad, ...]:
    """Return the viral load an Observation holds, else its result."""
    if is_viral_load(resource):
        return viral_load(resource, context)
    if text(resource, "status") == "entered-in-error":
        return ()
    code = concept(one(resource, "code")) or _UNNAMED
    amount = quantity(one(resource, "valueQuantity")) or _whole(resource)
    return (
        LabResult(
            kind=_kind(codes.result_kind(coding_objects(code)), amount),
            concept=code,
            source=context.source,
            sampled=sampled(resource),
            value=amount.value if amount else None,
            comparator=amount.comparator if amount else "",
            unit=amount.label if amount else "",
            text="" if amount else _words(resource),
            status=text(resource, "status") or "unknown",
        ),
    )


def report(resource: JsonObject, context: Context) -> tuple[LabResult, ...]:
    """Return a report with its conclusion; the single results stand in their own Observations."""
    if text(resource, "status") == "entered-in-error":
        return ()
    coded = (concept(entry) for entry in many(resource, "conclusionCode"))
    conclusion = text(resource, "conclusion") or "; ".join(found.text for found in coded if found)
    return (
        LabResult(
            kind="report",
            concept=concept(one(resource, "code")) or _UNNAMED,
            source=context.source,
            sampled=sampled(resource) or _issued(resource),
            text=conclusion,
            status=text(resource, "status") or "unknown",
        ),
    )


def _issued(resource: JsonObject) -> FhirDate | None:
    return fhir_date(resource.get("issued")) if instant(resource.get("issued")) else None


def _kind(named: str | None, amount: Quantity | None) -> str:
    """Return the kind; for CD4 the unit decides between count and percent: partners mix the codes."""
    if named in ("cd4", "cd4-percent") and amount is not None and amount.label:
        return "cd4-percent" if "%" in (amount.code, amount.unit) else "cd4"
    return named or "other"


def _whole(resource: JsonObject) -> Quantity | None:
    value = number(resource.get("valueInteger"))
    return Quantity(value) if value is not None else None


def _words(resource: JsonObject) -> str:
    own = _value_words(resource)
    if own:
        return own
    parts = (_part(part) for part in many(resource, "component"))
    absent = concept(one(resource, "dataAbsentReason"))
    return "; ".join(part for part in parts if part) or (absent.text if absent else "")


def _part(component: JsonObject) -> str:
    named = concept(one(component, "code"))
    amount = quantity(one(component, "valueQuantity"))
    words = _amount(amount) if amount else _value_words(component)
    return f"{named.text}: {words}" if named and words else words


def _amount(amount: Quantity) -> str:
    value: Decimal = amount.value
    return f"{amount.comparator}{value:f} {amount.label}".strip()


def _value_words(holder: JsonObject) -> str:
    coded = concept(one(holder, "valueCodeableConcept"))
    if coded:
        return coded.text
    if isinstance(holder.get("valueBoolean"), bool):
        return "true" if holder["valueBoolean"] else "false"
    period = one(holder, "valuePeriod")
    ratio = tuple(quantity(one(one(holder, "valueRatio"), side)) for side in ("numerator", "denominator"))
    span = tuple(quantity(one(one(holder, "valueRange"), side)) for side in ("low", "high"))
    if any(span):
        return " - ".join(_amount(end) for end in span if end)
    if all(ratio):
        return "/".join(_amount(side) for side in ratio if side)
    dates = "/".join(text(period, side) for side in ("start", "end") if text(period, side))
    return text(holder, "valueString") or text(holder, "valueDateTime") or text(holder, "valueTime") or dates
