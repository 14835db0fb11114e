"""JSON Patch on resources: RFC 6902, numbers as written, nothing done when one operation fails."""

import copy
import json
from typing import Any

import pytest

from fhir import wire
from fhir.patch import BadPatch, changed_by_operations

PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "active": True,
    "gender": "female",
    "multipleBirthInteger": 1,
    "name": [{"family": "Quispe", "given": ["Rosa", "Luz"]}],
}


def patched(*operations: dict[str, Any]) -> dict[str, Any]:
    return changed_by_operations(PATIENT, list(operations))


def op(name: str, path: str, **more: Any) -> dict[str, Any]:
    return {"op": name, "path": path, **more}


DONE = [
    (op("add", "/birthDate", value="1990-05-17"), "birthDate", "1990-05-17"),
    (op("replace", "/gender", value="other"), "gender", "other"),
    (op("remove", "/gender"), "gender", None),
    (op("add", "/name/0/given/-", value="Sol"), "name",
     [{"family": "Quispe", "given": ["Rosa", "Luz", "Sol"]}]),
    (op("add", "/name/0/given/1", value="Sol"), "name",
     [{"family": "Quispe", "given": ["Rosa", "Sol", "Luz"]}]),
    (op("move", "/name/0/given/0", **{"from": "/name/0/given/1"}), "name",
     [{"family": "Quispe", "given": ["Luz", "Rosa"]}]),
    (op("copy", "/name/-", **{"from": "/name/0"}), "name", [PATIENT["name"][0]] * 2),  # type: ignore[index]
    (op("test", "/active", value=True), "active", True),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "element", "value"), DONE)
def test_each_operation_does_what_the_standard_says(
    operation: dict[str, Any], element: str, value: object
) -> None:
    before = copy.deepcopy(PATIENT)
    assert patched(operation).get(element) == value
    assert before == PATIENT


REFUSED = [
    op("remove", "/birthDate"),
    op("replace", "/birthDate", value="1990"),
    op("add", "/name/7/family", value="x"),
    op("add", "/name/0/given/01", value="x"),
    op("add", "/gender/x", value="x"),
    op("test", "/gender", value="male"),
    op("test", "/active", value=1),
    op("test", "/multipleBirthInteger", value=True),
    op("test", "/name/0", value={"family": "Quispe"}),
    op("replace", "/id", value="other"),
    op("replace", "/resourceType", value="Person"),
    op("move", "/name/0/x", **{"from": "/name"}),
    op("remove", "/name/-"),
    op("copy", "/name/-", **{"from": "/nothing"}),
]


@pytest.mark.parametrize("operation", REFUSED, ids=str)
def test_what_does_not_fit_fails_and_changes_nothing(operation: dict[str, Any]) -> None:
    before = copy.deepcopy(PATIENT)
    with pytest.raises(BadPatch) as refused:
        patched(op("replace", "/gender", value="other"), operation)
    assert refused.value.failed
    assert before == PATIENT


MALFORMED = [
    {}, 7, None, {"op": "add"}, {"op": "add", "path": "/x"}, {"op": "grow", "path": "/x"}, op("move", "/x"),
    op("remove", "x"), op("remove", 7), op("add", "", value={}), {"op": ["add"], "path": "/x"},
]  # fmt: skip


@pytest.mark.parametrize("operation", MALFORMED, ids=str)
def test_what_is_no_operation_is_refused(operation: Any) -> None:
    with pytest.raises(BadPatch) as refused:
        patched(operation)
    assert not refused.value.failed


def test_numbers_keep_their_tokens() -> None:
    body = b'{"resourceType":"Observation","valueQuantity":{"value":70.50}}'
    operations = wire.parse(b'{"all":[{"op":"add","path":"/component","value":[{"x":1.10}]},'
                            b'{"op":"test","path":"/valueQuantity/value","value":70.5}]}')["all"]  # fmt: skip
    text = wire.canonical(changed_by_operations(wire.parse(body), operations)).decode()
    assert "70.50" in text
    assert "1.10" in text


def test_copies_cannot_grow_without_end() -> None:
    growing = [op("copy", "/name/-", **{"from": "/name"})] * 60
    with pytest.raises(BadPatch):
        changed_by_operations(PATIENT, growing)


def test_a_patch_cannot_nest_deeper_than_a_body_may() -> None:
    deep = json.loads("[" * 60 + "]" * 60)
    path = "/extension" + "/0" * 59
    with pytest.raises(BadPatch):
        patched(op("add", "/extension", value=deep), op("add", f"{path}/-", value=deep))
    steps = [op("add", "/extension", value=deep)]
    steps += [op("add", "/extension" + "/0" * (59 + 60 * n) + "/-", value=deep) for n in range(6)]
    with pytest.raises(BadPatch) as refused:
        patched(*steps)
    assert refused.value.issue.rule == "depth-limit"


def test_a_patch_cannot_make_more_than_a_body_may_hold() -> None:
    with pytest.raises(BadPatch) as refused:
        patched(op("add", "/language", value="x" * 5_000_001))
    assert refused.value.issue.code == "too-long"


def test_lists_are_compared_in_order() -> None:
    patched(op("test", "/name/0/given", value=["Rosa", "Luz"]))
    for other in (["Luz", "Rosa"], ["Rosa"], ["Rosa", 1], {}):
        with pytest.raises(BadPatch):
            patched(op("test", "/name/0/given", value=other))


def test_a_patch_has_a_limit() -> None:
    with pytest.raises(BadPatch):
        patched(*[op("test", "/active", value=True)] * 101)
