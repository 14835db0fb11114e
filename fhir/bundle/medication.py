"""Medicines given by reference, brought into the resource that names them."""

from typing import Any

from fhir.bundle.received import ReadResource
from fhir.bundle.references import References, contained
from fhir.bundle.tidy import tidy
from fhir.wire import JsonObject

WITH_MEDICINE = frozenset(
    {"MedicationStatement", "MedicationRequest", "MedicationDispense", "MedicationAdministration"}
)


def with_medicine(view: JsonObject, references: References) -> JsonObject:
    """Return the view with medicationCodeableConcept taken from the referenced Medication, if any."""
    reference = view.get("medicationReference")
    if "medicationCodeableConcept" in view or not isinstance(reference, dict):
        return view
    concept = _concept(_medication(view, reference, references))
    display = reference.get("display")
    if concept is None and isinstance(display, str):
        concept = {"text": display}
    return view if concept is None else {**view, "medicationCodeableConcept": concept}


def _medication(view: JsonObject, reference: JsonObject, references: References) -> JsonObject | None:
    target = reference.get("reference")
    inside = contained(view, target)
    if inside is not None:
        return tidy(inside)
    found: ReadResource | None = references.find(target)
    return None if found is None or found.type != "Medication" else found.resolved


def _concept(medication: JsonObject | None) -> JsonObject | None:
    if medication is None:
        return None
    code = medication.get("code")
    if isinstance(code, dict):
        return code
    names = [name for name in map(_ingredient_name, medication.get("ingredient", ())) if name]
    return {"text": " + ".join(names)} if names else None


def _ingredient_name(ingredient: Any) -> str:
    concept = ingredient.get("itemCodeableConcept", {})
    texts = [concept.get("text"), *(coding.get("display") for coding in concept.get("coding", ()))]
    return next((text for text in texts if isinstance(text, str)), "")
