"""ViralLoad and LabResult to Observations.

Source: https://hl7.org/fhir/R4/observation.html; units are UCUM codes where there is one.
"""

from decimal import Decimal

from fhir import codes
from fhir.treatment.model import LabResult, ViralLoad
from fhir.treatment.systems import ASSAY_LIMIT, DATA_ABSENT, LOINC, OBSERVATION_CATEGORY
from fhir.treatment.write.labels import About, amount, code, coded, labelled, listed
from fhir.wire import JsonObject

COPIES = "{copies}/mL"
_NOT_DETECTED = "not detected"
# Units whose UCUM code equals what people write; others go out as text only.
_UCUM = frozenset(
    ("%", "mg/dL", "g/dL", "g/L", "umol/L", "mmol/L", "U/L", "mL/min", "{cells}/uL", "/uL", COPIES)
)


def viral_load(result: ViralLoad, about: About) -> JsonObject:
    """Return the Observation of a viral load in copies/mL (LOINC 20447-9); below the limit the comparator is
    kept.

    A result that cannot be told in copies goes out as the text it came with.
    """
    coding = codes.coding_of("viral-load") or {"system": LOINC, "code": "20447-9"}
    limit = result.limit
    stated = limit is not None and result.comparator not in ("<", "<=")
    extra = {"url": ASSAY_LIMIT, "valueQuantity": amount(limit, COPIES, COPIES)} if stated and limit else {}
    return _observation({"coding": [coding]}, result.sampled, about) | labelled(
        {"extension": listed(extra), **_viral_value(result)}
    )


def lab_result(result: LabResult, about: About) -> JsonObject:
    """Return the Observation of any other result; number with unit, else words, else the reason there is
    none.
    """
    observation = _observation(coded(result.concept), result.sampled, about)
    observation["status"] = result.status
    if result.value is not None:
        observation["valueQuantity"] = _quantity(result.value, result.unit, result.comparator)
    elif result.text:
        observation["valueString"] = result.text
    else:
        observation["dataAbsentReason"] = code(DATA_ABSENT_CODES, "unknown")
    return observation


DATA_ABSENT_CODES = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def _observation(named: JsonObject, sampled: object, about: About) -> JsonObject:
    performer = about.performer
    when = (
        {"effectiveDateTime": str(sampled)}
        if sampled
        else {"_effectiveDateTime": {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}}
    )
    return labelled(
        {
            "resourceType": "Observation",
            "status": "final",
            "category": [code(OBSERVATION_CATEGORY, "laboratory")],
            "code": named,
            "subject": about.subject,
            **when,
            "performer": [performer] if performer else [],
        }
    )


def _viral_value(result: ViralLoad) -> JsonObject:
    if result.convertible and result.copies is not None:
        return {"valueQuantity": amount(result.copies, "copies/mL", COPIES, result.comparator)}
    if result.convertible and result.comparator in ("<", "<=") and result.limit is not None:
        return {"valueQuantity": amount(result.limit, "copies/mL", COPIES, result.comparator)}
    if result.convertible and result.comparator == "<":
        return {"valueString": result.original or _NOT_DETECTED}
    return (
        {"valueString": result.original}
        if result.original
        else {"dataAbsentReason": code(DATA_ABSENT_CODES, "unknown")}
    )


def _quantity(value: Decimal, unit: str, comparator: str) -> JsonObject:
    return amount(value, unit, unit if unit in _UCUM else "", comparator)
