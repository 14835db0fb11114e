"""The product a medication resource is about, with its active ingredients.

Sources: https://hl7.org/fhir/R4/medication.html, https://hl7.org/fhir/R4/references.html#contained
"""

from collections.abc import Mapping

from fhir import codes
from fhir.treatment.fields import coding_objects, concept, many, one, text
from fhir.treatment.model import Concept, Ingredients, Medicine
from fhir.wire import JsonObject

UNNAMED = Concept("?")


def medicine(resource: JsonObject, shelf: Mapping[str, JsonObject]) -> Medicine:
    """Return the product of a statement, request or dispense.

    `shelf` holds Medication resources by reference (`Medication/1`, `urn:uuid:...`); contained ones come
    first.
    A product nobody named reads as `?` without ingredients.
    """
    reference = one(resource, "medicationReference")
    product = _referenced(text(reference, "reference"), resource, shelf)
    named = (
        concept(one(resource, "medicationCodeableConcept"))
        or concept(one(product, "code"))
        or concept(text(reference, "display"))
    )
    found = _worded(named or UNNAMED, text(reference, "display"))
    return Medicine(found, _known(found) or _from_parts(product))


def _referenced(reference: str, resource: JsonObject, shelf: Mapping[str, JsonObject]) -> JsonObject:
    if reference.startswith("#"):
        return next(
            (held for held in many(resource, "contained") if text(held, "id") == reference[1:]),
            {},
        )
    if not reference and "medicationCodeableConcept" not in resource:
        return next(
            (held for held in many(resource, "contained") if held.get("resourceType") == "Medication"),
            {},
        )
    return shelf.get(reference.partition("/_history/")[0], {})


def _worded(named: Concept, display: str) -> Concept:
    """Return the concept with the words of the reference where it has only codes."""
    only_codes = named.text in {coding.code for coding in named.codings}
    return Concept(display, named.codings) if display and only_codes else named


def _known(named: Concept) -> Ingredients | None:
    return codes.ingredients_of(coding_objects(named), named.text)


def _from_parts(product: JsonObject) -> Ingredients | None:
    """Return the ingredients a Medication lists, only when every one of them is recognised."""
    parts = [concept(one(part, "itemCodeableConcept")) for part in many(product, "ingredient")]
    known = [_known(part) if part else None for part in parts]
    if not known or any(part is None for part in known):
        return None
    return frozenset().union(*(part for part in known if part))
