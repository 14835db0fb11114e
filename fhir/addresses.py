"""Put new addresses where a resource points at others: references, address elements, links in its text.

Only there: an identifier or a note that happens to be equal to an address says something else.
Source: https://hl7.org/fhir/R4/http.html#trules
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from fhir import r4
from fhir.profiles.shape import ANY_RESOURCE, shape_of
from fhir.wire import JsonObject

Addresses = Mapping[str, str]
POINTING = frozenset({"uri", "url", "oid", "uuid", "canonical"})
XHTML = "xhtml"
_LINK = re.compile(r"""(\b(?:href|src)\s*=\s*)(["'])(.*?)\2""", re.DOTALL)


def readdressed(resource: JsonObject, addresses: Addresses) -> JsonObject:
    """Return the resource with every pointer to one of the addresses changed; what stays is shared."""
    return _object(resource, str(resource.get("resourceType")), addresses)


@cache
def _leading(kind: str) -> dict[str, str]:
    """Return the elements of a type that point or have elements of their own, with what they are."""
    try:
        elements = shape_of(kind).elements
    except r4.UnknownType:
        return {}
    # A literal reference is declared as a text, and points all the same.
    found = {"reference": "uri"} if kind == "Reference" else {}
    for name, each in elements.items():
        if each.primitive is None or each.type in POINTING or each.type == XHTML:
            found[name] = each.type
    return found


def _object(value: JsonObject, kind: str, addresses: Addresses) -> JsonObject:
    if kind == ANY_RESOURCE:
        kind = str(value.get("resourceType"))
    leading, made = _leading(kind), value
    for name, part in value.items():
        inner = leading.get(name)
        if inner is None:
            continue
        new = _part(part, inner, addresses)
        if new is not part:
            made = dict(value) if made is value else made
            made[name] = new
    return made


def _part(value: Any, kind: str, addresses: Addresses) -> Any:
    if isinstance(value, dict):
        return _object(value, kind, addresses)
    if isinstance(value, list):
        made = [_part(part, kind, addresses) for part in value]
        return made if any(new is not old for new, old in zip(made, value, strict=True)) else value
    if not isinstance(value, str):
        return value
    if kind in POINTING:
        return addresses.get(value, value)
    if kind == XHTML:
        return _LINK.sub(lambda link: f"{link[1]}{link[2]}{addresses.get(link[3], link[3])}{link[2]}", value)
    return value
