"""One resource of every type with every element it may have, made from the shapes; for tests."""

from typing import Any

from fhir.profiles.shape import ANY_RESOURCE, Element, shape_of
from fhir.wire import JsonObject, Number

DEPTH = 4
# A value of each primitive that keeps its form.
GOOD: dict[str, Any] = {
    "base64Binary": "aGVsbG8=",
    "boolean": True,
    "canonical": "http://example.org/profile|1",
    "code": "x-1",
    "date": "2020-02-29",
    "dateTime": "2020-02-29T10:00:00-05:00",
    "decimal": Number("1.50"),
    "id": "a.1-B",
    "instant": "2020-02-29T10:00:00.123Z",
    "integer": -3,
    "markdown": "*a*",
    "oid": "urn:oid:1.2.3",
    "positiveInt": 1,
    "string": "a b",
    "time": "10:00:00",
    "unsignedInt": 0,
    "uri": "urn:x",
    "url": "http://example.org",
    "uuid": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0",
    "xhtml": '<div xmlns="http://www.w3.org/1999/xhtml">a</div>',
}


def whole(name: str) -> JsonObject:
    """Return a resource of one type with all its elements, one form of each choice, four levels deep."""
    return {"resourceType": name, **_node(name, DEPTH)}


def _node(name: str, depth: int) -> JsonObject:
    shape = shape_of(name)
    forms = [(key, one.choice) for key, one in shape.elements.items() if one.choice and key[0] != "_"]
    grouped = [[key for key, choice in forms if choice == prefix] for prefix, _ in shape.choices]
    chosen = {keys[len(name) % len(keys)] for keys in grouped}
    others = {key for key, _ in forms} - chosen
    made = {}
    for key, element in shape.elements.items():
        wanted = depth > 0 or element.required or key in chosen
        if key.startswith("_") or key in others or not wanted:
            continue
        if key in ("extension", "modifierExtension", "contained") and depth < DEPTH:
            continue
        value = _value(element, depth - 1)
        if value == {} and element.required:
            value = {"id": "a"}
        if value != {}:
            made[key] = [value] if element.many else value
    return made


def _value(element: Element, depth: int) -> Any:
    if element.binding is not None and element.primitive is not None:
        return (
            "text/plain"
            if element.binding.open == "mimetypes"
            else min(element.binding.codes, default="Patient")
        )
    if element.primitive is not None:
        return GOOD[element.type]
    if element.type == ANY_RESOURCE:
        return {"resourceType": "Basic", "id": "b", "code": {"text": "x"}}
    if element.type == "Extension":
        return {"url": "http://example.org/x", "valueString": "y"}
    return _node(element.type, depth)
