"""Show parts of resources when the caller asks for them (https://hl7.org/fhir/R4/search.html#summary)."""

from flask import Request, request

from fhir import elements, r4, wire
from registry.api.frame.negotiation import FORM
from registry.errors import BadInput

_OF_MANY = frozenset({"searchset", "history"})


def asked(request: Request) -> elements.View:
    """Return the part asked for with `_summary` and `_elements`; raise BadInput for what is none."""
    given = request.args
    if request.method == "POST" and request.mimetype == FORM:
        given = request.values
    if "_summary" not in given and "_elements" not in given:
        return elements.View()
    found = elements.asked(given.get("_summary", ""), ",".join(given.getlist("_elements")))
    if not isinstance(found, elements.View):
        raise BadInput(found.text, (found,))
    return found


def shown(body: bytes) -> bytes:
    """Return the part asked for of a resource, or of each resource in a search or history."""
    view = asked(request)
    if view.is_whole:
        return body
    resource = wire.parse(body, limit=len(body))
    if resource.get("resourceType") == "Bundle" and resource.get("type") in _OF_MANY:
        made = {**resource, "entry": [_entry(each, view) for each in resource.get("entry", ())]}
        return wire.canonical(made if made["entry"] else resource)
    return wire.canonical(_part(resource, view))


def _entry(entry: wire.JsonObject, view: elements.View) -> wire.JsonObject:
    return {**entry, "resource": _part(entry["resource"], view)} if "resource" in entry else entry


def _part(resource: wire.JsonObject, view: elements.View) -> wire.JsonObject:
    return elements.shown(resource, view) if resource.get("resourceType") in r4.SUPPORTED else resource
