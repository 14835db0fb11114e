"""One line of plain text for any resource of a received document, tolerant of whatever is missing."""

from dataclasses import dataclass
from typing import Any

from fhir import wire

GROUPS: dict[str, str] = {
    "MedicationStatement": "medications",
    "MedicationRequest": "medications",
    "MedicationDispense": "medications",
    "MedicationAdministration": "medications",
    "Condition": "problems",
    "AllergyIntolerance": "allergies",
    "Observation": "results",
    "DiagnosticReport": "results",
    "Immunization": "immunizations",
}
SHOWN = ("medications", "allergies", "problems", "results", "immunizations", "others")
SILENT = frozenset(
    {"Patient", "Composition", "Organization", "Practitioner", "PractitionerRole", "Device", "Medication"}
)


@dataclass(frozen=True)
class Row:
    """One resource on the page: what it says, details, its date, and which resource of the document it is."""

    reference: str
    text: str
    detail: str
    date: str
    path: str


def group_of(resource: wire.JsonObject) -> str:
    """Return the group a resource is shown in, or an empty string for what only supports others."""
    resource_type = str(resource.get("resourceType"))
    if resource_type in SILENT:
        return ""
    return GROUPS.get(resource_type, "others")


def row(resource: wire.JsonObject, path: str) -> Row:
    """Describe a resource in one line."""
    resource_type = str(resource.get("resourceType"))
    reference = f"{resource_type}/{resource.get('id') or path}"
    return Row(reference, _subject(resource) or resource_type, _detail(resource), _date(resource), path)


def _subject(resource: wire.JsonObject) -> str:
    for element in ("medicationCodeableConcept", "code", "vaccineCode", "type", "category", "scope"):
        if text := concept(resource.get(element)):
            return text
    reference = resource.get("medicationReference")
    return _string(reference, "display") if isinstance(reference, dict) else _string(resource, "description")


def concept(value: Any) -> str:
    """Return the text, display or code of a CodeableConcept (or of the first of a list)."""
    if isinstance(value, list):
        return next((text for item in value if (text := concept(item))), "")
    if not isinstance(value, dict):
        return ""
    if text := _string(value, "text"):
        return text
    codings = value.get("coding")
    for key in ("display", "code"):
        for coding in codings if isinstance(codings, list) else ():
            if isinstance(coding, dict) and (text := _string(coding, key)):
                return text
    return ""


def _detail(resource: wire.JsonObject) -> str:
    parts = [
        _value(resource),
        *_components(resource),
        _dosage(resource),
        concept(resource.get("clinicalStatus")),
    ]
    parts += [
        concept(resource.get("conclusionCode")),
        _string(resource, "conclusion"),
        _string(resource, "criticality"),
    ]
    for reaction in _list(resource.get("reaction")):
        parts.append(concept(reaction.get("manifestation")))
    status = _string(resource, "status")
    if status and status not in ("final", "completed", "active"):
        parts.append(status)
    return " · ".join(dict.fromkeys(part for part in parts if part))


def _value(holder: dict[str, Any]) -> str:
    quantity = holder.get("valueQuantity")
    if isinstance(quantity, dict):
        unit = _string(quantity, "unit") or _string(quantity, "code")
        number = quantity.get("value")
        return f"{_string(quantity, 'comparator')}{number if number is not None else '?'} {unit}".strip()
    for key in ("valueString", "valueDateTime", "valueInteger", "valueBoolean"):
        if key in holder:
            return str(holder[key])
    return concept(holder.get("valueCodeableConcept")) or concept(holder.get("dataAbsentReason"))


def _components(resource: wire.JsonObject) -> list[str]:
    return [
        f"{concept(component.get('code'))}: {_value(component)}"
        for component in _list(resource.get("component"))
        if _value(component)
    ]


def _dosage(resource: wire.JsonObject) -> str:
    for key in ("dosage", "dosageInstruction"):
        for dosage in _list(resource.get(key)):
            if text := _string(dosage, "text"):
                return text
    return ""


def _date(resource: wire.JsonObject) -> str:
    for key in (
        "effectiveDateTime", "whenHandedOver", "occurrenceDateTime", "onsetDateTime", "authoredOn",
        "performedDateTime", "recordedDate", "issued", "dateAsserted", "date",
    ):  # fmt: skip
        if text := _string(resource, key):
            return text[:10]
    for key in ("effectivePeriod", "performedPeriod", "period", "onsetPeriod"):
        period = resource.get(key)
        if isinstance(period, dict) and (text := _string(period, "start") or _string(period, "end")):
            return text[:10]
    return ""


def _string(holder: dict[str, Any], key: str) -> str:
    value = holder.get(key)
    return value.strip() if isinstance(value, str) else ""


def _list(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
