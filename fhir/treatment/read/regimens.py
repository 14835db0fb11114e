"""MedicationStatement and MedicationRequest to intervals of taking a medicine.

Sources: https://hl7.org/fhir/R4/medicationstatement.html, https://hl7.org/fhir/R4/medicationrequest.html,
LOINC answer list LL354-2 (reasons for a change of treatment).
"""

from collections.abc import Iterable
from dataclasses import replace

from fhir import codes
from fhir.treatment.fields import concept, fhir_date, many, one, quantity, text
from fhir.treatment.model import Concept, FhirDate, RegimenPeriod
from fhir.treatment.read.context import Context
from fhir.treatment.read.medicines import medicine
from fhir.wire import JsonObject

_REASONS_FOR_CHANGE = frozenset(
    ("LA6529-7", "LA6530-5", "LA6531-3", "LA6532-1", "LA6533-9", "LA6534-7", "LA6535-4")
)


def statement(resource: JsonObject, context: Context) -> tuple[RegimenPeriod, ...]:
    """Return the interval of a MedicationStatement."""
    period = one(resource, "effectivePeriod")
    start = fhir_date(period.get("start")) or fhir_date(resource.get("effectiveDateTime"))
    return _interval(resource, context, start, fhir_date(period.get("end")))


def request(resource: JsonObject, context: Context) -> tuple[RegimenPeriod, ...]:
    """Return the interval a MedicationRequest asks for; it starts when written unless its timing says
    otherwise.
    """
    dosages = many(resource, "dosageInstruction")
    bounds = one(one(one(dosages[0] if dosages else {}, "timing"), "repeat"), "boundsPeriod")
    start = fhir_date(bounds.get("start")) or fhir_date(resource.get("authoredOn"))
    asked = _interval(resource, context, start, fhir_date(bounds.get("end")))
    return tuple(replace(period, requested=True) for period in asked)


def without_repeats(periods: Iterable[RegimenPeriod]) -> tuple[RegimenPeriod, ...]:
    """Drop an antiretroviral request whose regimen a statement of the same source already tells."""
    listed = tuple(periods)
    told = [period for period in listed if not period.requested]
    return tuple(
        period
        for period in listed
        if not (period.requested and period.is_antiretroviral and any(_same(period, other) for other in told))
    )


def _same(asked: RegimenPeriod, told: RegimenPeriod) -> bool:
    ours, theirs = asked.medicine.ingredients, told.medicine.ingredients
    if not ours or not theirs or asked.source.name != told.source.name:
        return False
    return codes.same_regimen(ours, theirs)


def _interval(
    resource: JsonObject, context: Context, start: FhirDate | None, end: FhirDate | None
) -> tuple[RegimenPeriod, ...]:
    status = text(resource, "status") or "unknown"
    if status == "entered-in-error":
        return ()
    product = medicine(resource, context.shelf)
    return (
        RegimenPeriod(
            medicine=product,
            source=context.source,
            status=status,
            start=start,
            end=end,
            dose=_dose(many(resource, "dosage") or many(resource, "dosageInstruction")),
            reason=_reason(resource),
            is_antiretroviral=bool(codes.antiretrovirals(product.ingredients or ())),
        ),
    )


def _dose(dosages: list[JsonObject]) -> str:
    return "; ".join(line for line in map(_line, dosages) if line)


def _line(dosage: JsonObject) -> str:
    written = text(dosage, "text") or text(dosage, "patientInstruction")
    if written:
        return written
    rates = many(dosage, "doseAndRate")
    each = quantity(one(rates[0] if rates else dosage, "doseQuantity"))
    timing = concept(one(one(dosage, "timing"), "code"))
    parts = (f"{each.value} {each.label}".strip() if each else "", timing.text if timing else "")
    return " ".join(part for part in parts if part)


def _reason(resource: JsonObject) -> Concept | None:
    """Return why treatment changed; a reason for taking it at all (`reasonCode`) counts only with a code of
    change.
    """
    given = many(resource, "statusReason")
    if given:
        return concept(given[0])
    found = (concept(entry) for entry in many(resource, "reasonCode"))
    return next(
        (
            reason
            for reason in found
            if reason and any(coding.code in _REASONS_FOR_CHANGE for coding in reason.codings)
        ),
        None,
    )
