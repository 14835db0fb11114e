"""The shape of each FHIR type: its elements, their types and cardinalities, read from the model classes once.

Knowing the shape lets us find every fault in one pass with its path; the model classes alone read "true" as
true and text as an object, and stop at the first fault of some kinds.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin

from fhir import r4
from fhir.profiles.bindings import Binding, bindings_of
from fhir.profiles.primitives import PRIMITIVES, Primitive

ANY_RESOURCE = "Resource"
_NAMES = {name.lower(): name for name in PRIMITIVES}


@dataclass(frozen=True, slots=True)
class Element:
    """One element: a primitive, or the type of an object; `choice` is the name of a choice (`value`)."""

    name: str
    primitive: Primitive | None
    type: str
    many: bool
    required: bool
    choice: str | None
    binding: Binding | None


@dataclass(frozen=True, slots=True)
class Shape:
    """All elements of one type by their JSON name, and what must be there."""

    type: str
    is_resource: bool
    elements: dict[str, Element]
    required: tuple[str, ...]
    choices: tuple[tuple[str, bool, tuple[str, ...]], ...]


@cache
def shape_of(name: str) -> Shape:
    """Return the shape of a resource, data type or part (`PatientContact`), or raise UnknownType."""
    model = r4.class_for(name)
    bound = bindings_of(name)
    elements = {}
    for field_name, field in model.model_fields.items():
        key = field.alias or field_name
        if key not in ("fhir_comments", "resource_type", "resourceType"):
            elements[key] = _element(key, field, bound.get(key))
    required = tuple(key for key, element in elements.items() if element.required)
    return Shape(name, bool(model.has_resource_base()), elements, required, _choices(model))


def _element(key: str, field: Any, binding: Binding | None) -> Element:
    extra = field.json_schema_extra or {}
    primitive, declared, many = _declared(field)
    return Element(
        name=key,
        primitive=PRIMITIVES[primitive] if primitive else None,
        type=declared,
        many=many,
        required=field.is_required() or bool(extra.get("element_required")),
        choice=extra.get("one_of_many"),
        binding=binding,
    )


def _declared(field: Any) -> tuple[str, str, bool]:
    """Return (primitive name, object type, is a list) of a declared field; one of the first two is empty."""
    marks = [type(mark).__name__ for mark in field.metadata]
    many = False
    kinds = [field.annotation]
    while kinds:
        kind = kinds.pop()
        if get_origin(kind) is list:
            many = True
        args = get_args(kind)
        if args:
            marks += [type(arg).__name__ for arg in args if not isinstance(arg, type)]
            kinds += [arg for arg in args if isinstance(arg, type) or get_args(arg)]
        elif hasattr(kind, "get_model_klass"):
            return "", _fhir_name(kind), many
        elif kind is bool:
            return "boolean", "", many
    return _primitive(marks), "", many


def _fhir_name(kind: type) -> str:
    return kind.__name__.removesuffix("Type")


def _primitive(marks: list[str]) -> str:
    for mark in marks:
        found = {"UuidVersion": "uuid"}.get(mark) or _NAMES.get(mark.lower())
        if found:
            return found
    raise TypeError(f"no FHIR primitive among {marks}")


def _choices(model: Any) -> tuple[tuple[str, bool, tuple[str, ...]], ...]:
    found = []
    for prefix, keys in model.get_one_of_many_fields(model).items():
        extra = model.model_fields[keys[0]].json_schema_extra
        found.append((prefix, bool(extra["one_of_many_required"]), tuple(keys)))
    return tuple(found)
