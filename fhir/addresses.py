"""Put new addresses where a resource points at others: references, address elements, links in its text.

Only there: an identifier or a note that happens to be equal to an address says something else.
Source: https://hl7.org/fhir/R4/http.html#trules
"""

import re
from collections.abc import Mapping
from typing import Any

from fhir import r4
from fhir.profiles.shape import ANY_RESOURCE, shape_of
from fhir.wire import JsonObject

POINTING = frozenset({"uri", "url", "oid", "uuid", "canonical"})
_LINK = re.compile(r"""(\b(?:href|src)\s*=\s*)(["'])(.*?)\2""", re.DOTALL)


def readdressed(resource: JsonObject, addresses: Mapping[str, str]) -> JsonObject:
    """Return a copy in which every pointer to one of the addresses points to its new one."""
    changed: JsonObject = _within(resource, str(resource.get("resourceType")), addresses)
    return changed


def _within(value: Any, kind: str, addresses: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_within(part, kind, addresses) for part in value]
    if isinstance(value, str):
        return _text(value, kind, addresses)
    if not isinstance(value, dict):
        return value
    if kind == ANY_RESOURCE:
        kind = str(value.get("resourceType"))
    try:
        elements = shape_of(kind).elements
    except r4.UnknownType:
        return value
    return {
        name: _within(part, _kind_of(kind, name, elements[name].type), addresses)
        if name in elements
        else part
        for name, part in value.items()
    }


def _kind_of(holder: str, name: str, declared: str) -> str:
    """A literal reference is declared as a text, and points all the same."""
    return "uri" if (holder, name) == ("Reference", "reference") else declared


def _text(value: str, kind: str, addresses: Mapping[str, str]) -> str:
    if kind in POINTING:
        return addresses.get(value, value)
    if kind == "xhtml":
        return _LINK.sub(lambda link: f"{link[1]}{link[2]}{addresses.get(link[3], link[3])}{link[2]}", value)
    return value
