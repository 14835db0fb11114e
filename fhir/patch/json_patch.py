"""JSON Patch: change a resource by a list of operations on its JSON.

Source: RFC 6902 and RFC 6901, https://hl7.org/fhir/R4/http.html#patch
"""

import copy
from typing import Any

import jsonpatch
import jsonpointer

from fhir import wire
from fhir.patch.refusal import MOST_OPERATIONS, checked, refuse, unfit
from fhir.wire import JsonObject

MOST_COPIED = 500_000
NEEDS = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("from", "path"),
    "copy": ("from", "path"),
    "test": ("path", "value"),
}
# What the library raises where an operation does not fit; beyond its own two kinds it lets Python's through.
_NOT_DONE = (
    jsonpatch.JsonPatchException,
    jsonpointer.JsonPointerException,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
)
_NO_FIT = "There is nothing at a path of this operation, or it cannot be changed like this."


def changed_by_operations(resource: JsonObject, operations: list[Any]) -> JsonObject:
    """Return a changed copy of a resource; raise BadPatch and change nothing when one operation fails."""
    if len(operations) > MOST_OPERATIONS:
        refuse(MOST_OPERATIONS, f"A patch has at most {MOST_OPERATIONS} operations.")
    for number, operation in enumerate(operations):
        _check_form(number, operation)
    made, copied = copy.deepcopy(resource), 0
    for number, operation in enumerate(operations):
        if operation["op"] == "copy":
            copied += _size(number, operation["from"], made)
        if copied > MOST_COPIED:
            unfit(number, f"The copies of one patch hold at most {MOST_COPIED} bytes.")
        made = _applied(number, operation, made)
    return checked(made, resource)


def _size(number: int, pointer: str, made: JsonObject) -> int:
    """Return how many bytes a copy adds: without a limit each one could double the resource."""
    try:
        return len(wire.canonical({"": jsonpointer.resolve_pointer(made, pointer)}))
    except _NOT_DONE:
        unfit(number, _NO_FIT)


def _check_form(number: int, operation: object) -> None:
    if not isinstance(operation, dict) or str(operation.get("op")) not in NEEDS:
        refuse(number, f"An operation is an object with op, one of: {', '.join(NEEDS)}.")
    for name in NEEDS[operation["op"]]:
        if name not in operation:
            refuse(number, f"The operation {operation['op']} needs {name}.")
    for name in ("path", "from"):
        pointer = operation.get(name, "")
        if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
            refuse(number, f"{name} must be a JSON pointer, as in /name/0/family.")
    if operation["path"] == "":
        refuse(number, "A patch cannot replace the whole resource: send an update.")


def _applied(number: int, operation: dict[str, Any], made: JsonObject) -> JsonObject:
    try:
        if operation["op"] == "test":
            found = jsonpointer.resolve_pointer(made, operation["path"])
            if not same(found, operation["value"]):
                unfit(number, "The tested element has another value.")
            return made
        done: JsonObject = jsonpatch.JsonPatch([operation]).apply(made, in_place=True)
    except _NOT_DONE:
        unfit(number, _NO_FIT)
    return done


def same(one: object, other: object) -> bool:
    """Tell whether two JSON values are equal: numbers by value, and true is not 1 (RFC 6902 section 4.6)."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other
