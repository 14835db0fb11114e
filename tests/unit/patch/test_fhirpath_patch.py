"""FHIRPath Patch: the operations of the standard, paths that are read safely, values by their type."""

import copy
from typing import Any

import pytest

from fhir import wire
from fhir.patch import BadPatch, changed_by_parameters
from fhir.patch.path import BadPath, read

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "active": True,
    "birthDate": "1990-05-17",
    "_birthDate": {"extension": [{"url": "urn:x", "valueString": "noche"}]},
    "identifier": [{"system": "a", "value": "1"}, {"system": "b", "value": "2"}],
    "name": [{"use": "official", "family": "Quispe", "given": ["Rosa", "Luz"]}],
    "contact": [{"gender": "male"}],
    "maritalStatus": {"text": "soltera"},
}


def operation(kind: str, path: str, *values: dict[str, Any], **more: Any) -> dict[str, Any]:
    parts = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    for key, value in more.items():
        parts.append({"name": key, "valueString" if isinstance(value, str) else "valueInteger": value})
    return {"name": "operation", "part": [*parts, *({"name": "value", **value} for value in values)]}


def patched(*operations: dict[str, Any]) -> dict[str, Any]:
    return changed_by_parameters(PATIENT, {"resourceType": "Parameters", "parameter": list(operations)})


def text(value: str) -> dict[str, Any]:
    return {"valueString": value}


CONTACT = {
    "part": [{"name": "name", "valueHumanName": {"text": "Ana"}}, {"name": "gender", "valueCode": "other"}]
}
DONE = [
    (operation("add", "Patient", {"valueCode": "female"}, name="gender"), "gender", "female"),
    (operation("add", "Patient.name[0]", text("Sol"), name="given"), "name",
     [{"use": "official", "family": "Quispe", "given": ["Rosa", "Luz", "Sol"]}]),
    (operation("add", "Patient", CONTACT, name="contact"), "contact",
     [{"gender": "male"}, {"name": {"text": "Ana"}, "gender": "other"}]),
    (operation("add", "Patient", {"valueBoolean": False}, name="deceased"), "deceasedBoolean", False),
    (operation("insert", "Patient.identifier", {"valueIdentifier": {"value": "3"}}, index=1), "identifier",
     [PATIENT["identifier"][0], {"value": "3"}, PATIENT["identifier"][1]]),
    (operation("insert", "Patient.communication", {"part": []}, index=0), "communication", [{}]),
    (operation("delete", "Patient.maritalStatus"), "maritalStatus", None),
    (operation("delete", "Patient.birthDate"), "_birthDate", None),
    (operation("delete", "Patient.gender"), "gender", None),
    (operation("delete", "Patient.identifier.where(system = 'a' and value = '1')"), "identifier",
     [PATIENT["identifier"][1]]),
    (operation("delete", "Patient.contact[0]"), "contact", None),
    (operation("replace", "Patient.birthDate", {"valueDate": "1991-01-01"}), "birthDate", "1991-01-01"),
    (operation("replace", "name.where(use='official').given.last()", text("Sol")), "name",
     [{"use": "official", "family": "Quispe", "given": ["Rosa", "Sol"]}]),
    (operation("replace", "Patient.birthDate.extension('urn:x').value", text("alba")), "_birthDate",
     {"extension": [{"url": "urn:x", "valueString": "alba"}]}),
    (operation("move", "Patient.identifier", source=1, destination=0), "identifier",
     PATIENT["identifier"][::-1]),
]  # fmt: skip


@pytest.mark.parametrize(("given", "element", "value"), DONE)
def test_each_operation_does_what_the_standard_says(
    given: dict[str, Any], element: str, value: object
) -> None:
    before = copy.deepcopy(PATIENT)
    assert patched(given).get(element) == value
    assert before == PATIENT


REFUSED = [
    operation("add", "Patient", {"valueDate": "1990"}, name="birthDate"),
    operation("add", "Patient", {"valueDate": "1990"}, name="nothing"),
    operation("add", "Patient", text("x"), name="_birthDate"),
    operation("add", "Patient.identifier", text("x"), name="value"),
    operation("add", "Patient.birthDate", text("x"), name="value"),
    operation("add", "Patient"),
    operation("add", "Patient", CONTACT | {"part": [*CONTACT["part"], CONTACT["part"][0]]}, name="contact"),
    operation("insert", "Patient.identifier", text("x"), index=3),
    operation("insert", "Patient.birthDate", text("x"), index=0),
    operation("insert", "Patient.identifier[0]", text("x"), index=0),
    operation("insert", "Patient.identifier", text("x"), index="0"),
    operation("delete", "Patient.identifier"),
    operation("delete", "Patient.identifier.single()"),
    operation("delete", "Patient.id"),
    operation("replace", "Patient.gender", text("x")),
    operation("replace", "Patient.identifier", text("x")),
    operation("replace", "Patient.resourceType", text("x")),
    operation("move", "Patient.identifier", source=0, destination=2),
    operation("move", "Patient.identifier", source=-1, destination=0),
    operation("replace", "Patient.where(", text("x")),
    operation("replace", "Patient.name.where(family.matches('(a+)+$')).family", text("x")),
    operation("replace", "Patient.descendants()", text("x")),
    operation("replace", "x" * 1001, text("x")),
    operation("replace", "", text("x")),
    operation("add", "Patient", {}, name="gender"),
    operation("replace", "name.given.ofType(code)", text("x")),
    operation("replace", "Patient.active.extension('urn:x').value", text("x")),
    operation("replace", "Patient.contact.where(relationship.text = 'x').gender", text("x")),
    operation("replace", "Patient.birthDate.extension('urn:x').value.extension('urn:y').url", text("x")),
    operation("replace", "Patient.name.given[1].extension('urn:none').value", text("x")),
]


@pytest.mark.parametrize("given", REFUSED, ids=str)
def test_what_does_not_fit_fails(given: dict[str, Any]) -> None:
    with pytest.raises(BadPatch) as refused:
        patched(given)
    assert refused.value.failed


def test_an_operation_without_a_path_is_refused() -> None:
    given = {"name": "operation", "part": [{"name": "type", "valueCode": "delete"}]}
    with pytest.raises(BadPatch):
        patched(given)


def test_parts_of_a_value_repeat_where_the_element_does() -> None:
    telecom = {"name": "telecom", "valueContactPoint": {"value": "1"}}
    found = patched(operation("add", "Patient", {"part": [telecom, telecom]}, name="contact"))
    assert found["contact"][1] == {"telecom": [{"value": "1"}, {"value": "1"}]}
    name = operation("replace", "Patient.name.single().family", text("Mamani"))
    assert patched(name)["name"][0]["family"] == "Mamani"


def test_extensions_of_values_in_a_list_are_reached() -> None:
    given = copy.deepcopy(PATIENT)
    given["name"][0]["_given"] = [None, {"extension": [{"url": "urn:x", "valueString": "noche"}]}]
    change = operation("replace", "Patient.name.given[1].extension('urn:x').value", text("alba"))
    found = changed_by_parameters(given, {"parameter": [change]})
    assert found["name"][0]["_given"][1]["extension"][0]["valueString"] == "alba"


MALFORMED: list[Any] = [
    7, {}, {"name": "operation"}, {"name": "operation", "part": [7, 7]}, {"name": "other", "part": []},
    operation("grow", "Patient"), {"name": "operation", "part": []},
]  # fmt: skip


@pytest.mark.parametrize("given", MALFORMED, ids=str)
def test_what_is_no_operation_is_refused(given: Any) -> None:
    with pytest.raises(BadPatch) as refused:
        patched(given)
    assert not refused.value.failed


@pytest.mark.parametrize("parameters", [{}, {"parameter": []}, {"parameter": 7}])
def test_a_patch_without_operations_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(BadPatch):
        changed_by_parameters(PATIENT, parameters)


def test_a_choice_may_change_its_type_and_numbers_keep_their_tokens() -> None:
    body = b'{"resourceType":"Observation","valueQuantity":{"value":70.50},"component":[{"valueInteger":3}]}'
    given = wire.parse(body)
    replace = operation("replace", "Observation.value", {"valueCodeableConcept": {"text": "alto"}})
    kept = operation("replace", "Observation.component.where(value = 3).value", text("tres"))
    found = changed_by_parameters(given, {"parameter": [replace, kept]})
    assert "valueQuantity" not in found
    assert found["valueCodeableConcept"] == {"text": "alto"}
    assert found["component"] == [{"valueString": "tres"}]
    other = operation("replace", "Observation.value.unit", text("kg"))
    add = operation("add", "Observation.value", text("kg"), name="unit")
    with pytest.raises(BadPatch):
        changed_by_parameters(given, {"parameter": [other]})
    assert b"70.50" in wire.canonical(changed_by_parameters(given, {"parameter": [add]}))
    with pytest.raises(BadPatch):
        changed_by_parameters(
            given, {"parameter": [operation("add", "Observation", text("x"), name="value")]}
        )


def test_what_stands_beside_primitives_moves_with_them() -> None:
    given = copy.deepcopy(PATIENT)
    given["name"][0]["_given"] = [None, {"id": "luz"}]

    def changed(one: dict[str, Any]) -> Any:
        return changed_by_parameters(given, {"parameter": [one]})["name"][0]["_given"]

    assert changed(operation("move", "Patient.name.given", source=1, destination=0)) == [{"id": "luz"}, None]
    assert changed(operation("insert", "Patient.name.given", text("Sol"), index=0)) == [
        None,
        None,
        {"id": "luz"},
    ]
    assert changed(operation("delete", "Patient.name.given[0]")) == [{"id": "luz"}]


def test_contained_resources_and_types_are_walked() -> None:
    given = {
        "resourceType": "Observation",
        "contained": [{"resourceType": "Device", "id": "d", "lotNumber": "7"}],
        "component": [{"valueBoolean": True}],
    }
    lot = operation("replace", "Observation.contained[0].lotNumber", text("8"))
    flag = operation(
        "replace", "component.where(value = true).value.ofType(boolean)", {"valueBoolean": False}
    )
    found = changed_by_parameters(given, {"parameter": [lot, flag]})
    assert found["contained"][0]["lotNumber"] == "8"
    assert found["component"] == [{"valueBoolean": False}]


@pytest.mark.parametrize(
    "path",
    [
        "a b",
        "a.",
        ".a",
        "a[",
        "a[x]",
        "a[1",
        "a.where(b)",
        "a.first(",
        "a'b'",
        "a ? b",
        "a.x()",
        "a.ofType('b')",
        "a.where(b = c)",
    ],
)
def test_a_path_that_is_not_understood_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        read(path)
