"""The shapes of all FHIR types as the library's model classes know them, in the notation of `shapes.json`.

`python -m fhir.profiles.models` prints the table of `terminology/shapes.json`. A row is the type it builds on
and its own elements: `name:Type`, with `*` for a list and `!` for what must be there; a choice lists its
types: `value[x]!:Quantity|string`. Sources: https://hl7.org/fhir/R4/json.html, the pages of each type.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from fhir import r4
from fhir.profiles.primitives import PRIMITIVES

_NAMES = {name.lower(): name for name in PRIMITIVES} | {"uuidversion": "uuid"}
_NO_BASE = ("FHIRResourceModel", "FHIRAbstractModel")
# Keys that the library adds to a type, and the name of the type itself.
_ADDED = ("fhir_comments", "resource_type")


def rows() -> Iterator[tuple[str, str]]:
    """Yield every type of R4 with its row, in the order of names."""
    for name in sorted(r4.class_names()):
        yield name, row(name)


def row(name: str) -> str:
    """Return the row of one type: what it builds on, then its own elements."""
    model = r4.class_for(name)
    parent = model.__mro__[1]
    inherited = {} if parent.__name__ in _NO_BASE else parent.model_fields
    left_out = (*inherited, *_ADDED)
    fields = {field.alias or own: field for own, field in model.model_fields.items() if own not in left_out}
    plain = [(key, field) for key, field in fields.items() if key[1:] not in fields or key[0] != "_"]
    written = dict.fromkeys(_written(key, field, fields) for key, field in plain)
    return " ".join([parent.__name__ if inherited else "-", *written])


def _written(key: str, field: Any, fields: dict[str, Any]) -> str:
    extra = field.json_schema_extra or {}
    choice = extra.get("one_of_many")
    if choice:
        same = [one for one in fields.values() if (one.json_schema_extra or {}).get("one_of_many") == choice]
        must = "!" if extra["one_of_many_required"] else ""
        kinds = [kind for kind, _ in map(_declared, same) if not r4.is_later(kind)]
        return f"{choice}[x]{must}:{'|'.join(kinds)}"
    declared, many = _declared(field)
    must = "!" if field.is_required() or extra.get("element_required") else ""
    return f"{key}{'*' if many else ''}{must}:{declared}"


def _declared(field: Any) -> tuple[str, bool]:
    """Return (name of the type, is a list) of a declared field."""
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
            return kind.__name__.removesuffix("Type"), many
        elif kind is bool:
            return "boolean", many
    return _primitive(marks), many


def _primitive(marks: list[str]) -> str:
    for mark in marks:
        if found := _NAMES.get(mark.lower()):
            return found
    raise TypeError(f"no FHIR primitive among {marks}")


def table() -> str:
    """Return the text of `terminology/shapes.json`."""
    types = dict(rows())
    resources = [name for name in types if r4.is_model_of_resource(name)]
    return json.dumps({"resources": " ".join(resources), "types": types}, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
