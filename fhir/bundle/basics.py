"""What makes a resource worth showing, and what a patient summary expects of it.

Source: HL7 International Patient Summary 2.0.1; the first table is ours.
"""

from collections.abc import Iterator

from fhir import r4
from fhir.outcome import Issue
from fhir.profiles.rule import child, has, has_choice, objects, text
from fhir.wire import JsonObject

# One of these must be there, else there is nothing to show.
_BASICS: dict[str, tuple[str, ...]] = {
    "AllergyIntolerance": ("code", "reaction"),
    "Condition": ("code",),
    "DiagnosticReport": ("code",),
    "Immunization": ("vaccineCode",),
    "MedicationAdministration": ("medicationCodeableConcept",),
    "MedicationDispense": ("medicationCodeableConcept",),
    "MedicationRequest": ("medicationCodeableConcept",),
    "MedicationStatement": ("medicationCodeableConcept",),
    "Observation": ("code",),
    "Patient": ("name", "identifier", "birthDate"),
    "Procedure": ("code",),
}
# Elements that IPS asks for beyond the base standard; a name in brackets is a choice.
_EXPECTED: dict[str, tuple[str, ...]] = {
    "AllergyIntolerance": ("code",),
    "Condition": ("code", "clinicalStatus"),
    "MedicationStatement": ("[effective]",),
    "Observation": ("[effective]",),
    "Patient": ("name", "birthDate"),
    "Procedure": ("[performed]",),
}


_RETIRED = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
_MAIN_CODES = ("code", "medicationCodeableConcept", "vaccineCode")


def is_readable(resource: JsonObject, view: JsonObject) -> bool:
    """Tell whether a resource has a known type and something to show in its safe view."""
    if not r4.is_resource_type(resource.get("resourceType")):
        return False
    basics = _BASICS.get(view["resourceType"])
    return basics is None or any(key in view for key in basics)


def expected_issues(resource: JsonObject) -> Iterator[Issue]:
    """Yield what a patient summary asks for beyond the base standard, with paths from the resource."""
    name = str(resource.get("resourceType"))
    for key in _MAIN_CODES:
        if any(text(coding, "system") == _RETIRED for coding in objects(child(resource, key), "coding")):
            words = "This code system was retired in IPS 2.0: use the SNOMED CT code or an emptyReason."
            yield Issue("information", "informational", f"{name}.{key}", "retired-code", words)
    for element in _EXPECTED.get(name, ()):
        plain = element.strip("[]")
        there = has_choice(resource, plain) if plain != element else has(resource, plain)
        if not there:
            path = f"{name}.{plain}[x]" if plain != element else f"{name}.{plain}"
            words = "A patient summary asks for this element; give a data-absent-reason when it is not known."
            yield Issue("warning", "required", path, "summary-element", words)
