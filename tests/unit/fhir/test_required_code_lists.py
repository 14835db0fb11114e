"""Every required code list of terminology/required.json is enforced where it stands."""

from typing import Any

import pytest

from fhir import profiles
from fhir.codes.systems import table
from fhir.profiles.bindings import bindings_of
from fhir.profiles.shape import shape_of

ELEMENTS: dict[str, dict[str, Any]] = table("required")["elements"]
# A resource element that holds each data type of the table.
HOLDERS = {
    "Identifier": "Patient.identifier",
    "HumanName": "Patient.name",
    "Address": "Patient.address",
    "ContactPoint": "Patient.telecom",
    "Attachment": "Patient.photo",
    "Quantity": "Observation.valueQuantity",
    "Money": "Coverage.costToBeneficiary.valueMoney",
    "Timing": "MedicationRequest.dosageInstruction.timing",
    "Signature": "Provenance.signature",
    "Narrative": "Patient.text",
}


def whole(path: str) -> str:
    first, _, rest = path.partition(".")
    return f"{HOLDERS[first]}.{rest}" if first in HOLDERS else path


def holding(path: str, value: object) -> tuple[dict[str, Any], str]:
    """Return a resource with the value at a path, and the path with list places."""
    name, *steps = whole(path).split(".")
    made: dict[str, Any] = {"resourceType": name}
    node, shape, written = made, shape_of(name), name
    for place, step in enumerate(steps):
        element = shape.elements[step]
        inner: Any = value if place == len(steps) - 1 else {}
        node[step] = [inner] if element.many else inner
        written += f".{step}[0]" if element.many else f".{step}"
        if place < len(steps) - 1:
            node, shape = inner, shape_of(element.type)
    return made, written


def as_element(row: dict[str, Any], code: str) -> object:
    return {"coding": [{"system": row["system"], "code": code}]} if "system" in row else code


def refused(path: str, value: object) -> bool:
    resource, written = holding(path, value)
    return ("required-binding", written) in [(i.rule, i.path) for i in profiles.issues(resource)]


@pytest.mark.parametrize("path", ELEMENTS)
def test_a_code_outside_the_list_is_refused_and_every_code_inside_is_taken(path: str) -> None:
    row = ELEMENTS[path]
    assert refused(path, as_element(row, "no-such-code!"))
    for code in row.get("codes", ()):
        assert not refused(path, as_element(row, code))


@pytest.mark.parametrize("path", [path for path, row in ELEMENTS.items() if "system" in row])
def test_a_right_code_of_a_wrong_system_is_refused(path: str) -> None:
    row = ELEMENTS[path]
    assert refused(path, {"coding": [{"system": "http://example.org", "code": row["codes"][0]}]})
    assert refused(path, {"coding": ["x"]})
    assert refused(path, {"coding": "x"})


@pytest.mark.parametrize(
    ("path", "good"),
    [
        ("Attachment.contentType", "application/fhir+json; charset=utf-8"),
        ("Money.currency", "PEN"),
        ("CapabilityStatement.rest.resource.type", "Patient"),
    ],
)
def test_open_lists_are_checked_by_their_form(path: str, good: str) -> None:
    assert not refused(path, good)
    assert refused(path, "1")


def test_quantities_with_a_narrower_meaning_keep_the_list_of_quantity() -> None:
    for name in ("Age", "Duration", "Count", "Distance"):
        assert bindings_of(name)["comparator"] == bindings_of("Quantity")["comparator"]


def test_the_sentence_says_what_may_be_written_when_the_list_is_short() -> None:
    assert "female, male, other, unknown" in bindings_of("Patient")["gender"].sentence()
    assert ":" not in bindings_of("OperationOutcomeIssue")["code"].sentence()
