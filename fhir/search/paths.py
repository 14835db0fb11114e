"""Paths of the search table, compiled once to functions over plain JSON.

A path is dotted names: lists are passed through, `[x]` stands for every type of a choice that a date may
have, `telecom[email]` keeps one kind of contact, `subject:Patient` keeps references to one type, `.` is the
resource itself, and `@name` is something computed. Several paths are a union.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from fhir.wire import JsonObject

Getter = Callable[[JsonObject], list[Any]]

MAIDEN_NAME = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"
_CHOICES = ("DateTime", "Period", "Instant", "Date", "Timing", "String")
_TARGET = re.compile(r"(?:^|/)([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]+)?$")
_STEP = re.compile(r"(\w+)(\[x\])?(?:\[(\w+)\])?(?::(\w+))?")


@cache
def getter(text: str) -> Getter:
    """Return the function that gives every element at a path, in the order of the resource."""
    ways = [_way(path) for path in text.split()]
    if len(ways) == 1:
        return ways[0]
    return lambda resource: [found for way in ways for found in way(resource)]


def target_of(reference: str) -> tuple[str, str] | None:
    """Return (type, id) of a reference text, relative or absolute, or None for one of another form."""
    found = _TARGET.search(reference)
    return (found[1], found[2]) if found else None


def is_of(reference: object, resource_type: str) -> bool:
    """Tell whether a Reference points at a resource of this type, by its text alone."""
    if not isinstance(reference, dict):
        return False
    target = reference.get("reference")
    if isinstance(target, str) and (found := target_of(target)):
        return found[0] == resource_type
    return reference.get("type") == resource_type


def _way(path: str) -> Getter:
    if path == ".":
        return lambda resource: [resource]
    if path.startswith("@"):
        return _COMPUTED[path[1:]]
    steps = [_step(step) for step in path.split(".")]
    if len(steps) == 1:
        only = steps[0]
        return lambda resource: list(only(resource))

    def walk(resource: JsonObject) -> list[Any]:
        found: list[Any] = [resource]
        for step in steps:
            found = [inner for each in found if isinstance(each, dict) for inner in step(each)]
        return found

    return walk


def _step(text: str) -> Callable[[JsonObject], Iterator[Any]]:
    parts = _STEP.fullmatch(text)
    if parts is None:
        raise ValueError(f"not a path of the search table: {text}")
    name, choice, contact, target = parts.groups()
    names = tuple(f"{name}{kind}" for kind in _CHOICES) if choice else (name,)

    def step(resource: JsonObject) -> Iterator[Any]:
        for each in names:
            value = resource.get(each)
            if value is None:
                continue
            for found in value if isinstance(value, list) else (value,):
                if contact and not (isinstance(found, dict) and found.get("system") == contact):
                    continue
                if target and not is_of(found, target):
                    continue
                if found is not None:
                    yield found

    return step


def _deceased(patient: JsonObject) -> list[Any]:
    """Return whether a person has died: said so, or a date is known."""
    return [patient.get("deceasedBoolean") is True or "deceasedDateTime" in patient]


def _maiden_name(patient: JsonObject) -> list[Any]:
    found = patient.get("extension")
    extensions = found if isinstance(found, list) else []
    return [
        each["valueString"]
        for each in extensions
        if isinstance(each, dict)
        and each.get("url") == MAIDEN_NAME
        and isinstance(each.get("valueString"), str)
    ]


_COMPUTED: dict[str, Getter] = {"deceased": _deceased, "maiden": _maiden_name}
