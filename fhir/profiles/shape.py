"""The shape of each FHIR type: its elements, their types and cardinalities, read from a table type by type.

`terminology/shapes.json` is made from the library's model classes by `models.py`, where its notation is told.
Knowing the shape lets us find every fault in one pass with its path; the model classes alone read "true" as
true and text as an object, and stop at the first fault of some kinds.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from fhir import r4
from fhir.codes.systems import table
from fhir.profiles.bindings import Binding, bindings_of
from fhir.profiles.invariants import invariants_of
from fhir.profiles.primitives import PRIMITIVES, Primitive
from fhir.profiles.rule import Rule

ANY_RESOURCE = "Resource"
# What stands beside a primitive: an id and extensions of its own.
BESIDE = "FHIRPrimitiveExtension"
_ROW = re.compile(r"(\w+)(\[x\])?(\*)?(!)?:(\S+)")
# Primitives that are attributes in XML have nothing beside them.
_ALONE = {"Extension": ("id", "url")}


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type; `primitive` is None when its value is an object.

    `choice` is the name of the choice it is a form of (`value`); `is_fine` tells at once that a value has no
    fault (nearly all have none), where that can be told without looking around.
    """

    name: str
    primitive: Primitive | None
    type: str
    many: bool
    required: bool
    binding: Binding | None
    choice: str = ""
    is_fine: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """All elements of one type by their JSON name, what must be there, and the invariants of the type."""

    type: str
    is_resource: bool
    elements: dict[str, Element]
    required: tuple[str, ...]
    choices: tuple[tuple[str, bool], ...]
    rules: tuple[Rule, ...]


@cache
def shape_of(name: str) -> Shape:
    """Return the shape of a resource, data type or part (`PatientContact`), or raise UnknownType."""
    bound = bindings_of(name)
    elements: dict[str, Element] = {}
    choices = []
    for key, choice, many, must, kinds in _rows(name):
        forms = {key: kinds}
        if choice:
            forms = {f"{key}{kind[0].upper()}{kind[1:]}": kind for kind in kinds.split("|")}
            choices.append((key, bool(must)))
        for form, kind in forms.items():
            primitive = PRIMITIVES.get(kind)
            required = bool(must) and not choice
            fine = _fine(primitive, bound.get(form)) if primitive and not many else None
            elements[form] = Element(
                form, primitive, kind, bool(many), required, bound.get(form), choice and key, fine
            )
            if primitive is not None and key not in _ALONE.get(name, ("id",)):
                elements["_" + form] = Element(
                    "_" + form, None, BESIDE, bool(many), False, None, choice and key
                )
    needed = tuple(key for key, element in elements.items() if element.required)
    is_resource = r4.is_resource_type(name)
    return Shape(name, is_resource, elements, needed, tuple(choices), invariants_of(name))


def _rows(name: str) -> list[tuple[str, str, str, str, str]]:
    """Return (name, `[x]`, `*`, `!`, types) of the elements a type has and those of what it builds on."""
    row = table("shapes")["types"].get(name)
    if row is None:
        raise r4.UnknownType(name)
    above, _, own = row.partition(" ")
    found: list[tuple[str, str, str, str, str]] = _ROW.findall(own)
    return found if above == "-" else [*_rows(above), *found]


def _fine(primitive: Primitive, binding: Binding | None) -> Callable[[Any], bool]:
    types, holds = primitive.types, primitive.holds
    if binding is not None:
        allows = binding.allows
        return lambda value: type(value) is str and holds(value) and allows(value)
    if bool in types or len(types) > 1:
        return lambda value: type(value) in types and holds(value)
    kind = types[0]
    return lambda value: type(value) is kind and holds(value)
