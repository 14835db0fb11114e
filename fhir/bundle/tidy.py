"""A view of a malformed resource that is safe to read: what has the wrong JSON type is mended or left out.

The original is never changed. Mended are the slips senders make most: one value for a list, a list for one
value, "true" for true, "5.4" for 5.4, a plain text for a CodeableConcept, HumanName or Reference.
"""

import re
from typing import Any

from fhir import r4
from fhir.profiles.primitives import Primitive, has_type
from fhir.profiles.shape import ANY_RESOURCE, Element, Shape, shape_of
from fhir.wire import JsonObject, Number

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?")
_TRUTH = {"true": True, "false": False}
_TIMES = {"date", "dateTime", "instant", "time"}
# Where a plain text belongs when a sender wrote it in place of an object.
_TEXT_OF = {
    "Annotation": "text",
    "CodeableConcept": "text",
    "Dosage": "text",
    "HumanName": "text",
    "Address": "text",
    "Identifier": "value",
    "Reference": "reference",
}


def tidy(resource: JsonObject) -> JsonObject:
    """Return the readable part of a resource; an unknown resource type has none."""
    name = resource.get("resourceType")
    if not isinstance(name, str) or not r4.is_resource_type(name):
        return {}
    return {"resourceType": name, **_node(resource, shape_of(name))}


def _node(node: JsonObject, shape: Shape) -> JsonObject:
    kept = {}
    for key, value in node.items():
        element = shape.elements.get(key)
        tidied = None if element is None else _element(value, element)
        if tidied is not None:
            kept[key] = tidied
    return kept


def _element(value: Any, element: Element) -> Any:
    items = value if isinstance(value, list) else [value]
    kept = [item for item in (_value(item, element) for item in items) if item is not None]
    if element.many:
        return kept or None
    return kept[0] if kept else None


def _value(value: Any, element: Element) -> Any:
    if element.primitive is not None:
        return _primitive(value, element.primitive)
    if isinstance(value, str) and value and element.type in _TEXT_OF:
        return {_TEXT_OF[element.type]: value}
    if not isinstance(value, dict):
        return None
    if element.type == ANY_RESOURCE:
        return tidy(value) or None
    return _node(value, shape_of(element.type)) or None


def _primitive(value: Any, primitive: Primitive) -> Any:
    mended = value if has_type(value, primitive) else _mended(value, primitive)
    if mended is None or mended == "":
        return None
    keep = primitive.written == "string" and primitive.name not in _TIMES
    return mended if keep or primitive.holds(mended) else None


def _mended(value: Any, primitive: Primitive) -> Any:
    if isinstance(value, bool | list | dict) or value is None:
        return None
    written = str(value).strip()
    if primitive.name == "boolean":
        return _TRUTH.get(written.lower())
    if primitive.written == "string":
        return written
    if not _NUMBER.fullmatch(written):
        return None
    if primitive.name == "decimal":
        return Number(written)
    return int(written) if "." not in written else None
