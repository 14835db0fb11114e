"""Validation of one resource: base standard, required code lists and invariants, all issues at once.

Source: https://hl7.org/fhir/R4/validation.html
"""

from fhir import r4
from fhir.outcome import Issue, Severity
from fhir.profiles.library import library_issues
from fhir.profiles.walk import Walk
from fhir.wire import JsonObject

__all__ = ["issues"]


def issues(resource: JsonObject, *, reject_unknown: bool = True, nested: bool = True) -> list[Issue]:
    """Return everything that is wrong with a resource, each with its path; an empty list means valid.

    Unknown elements are errors with `reject_unknown` (our own writes) and warnings without it (documents of
    others). `nested=False` leaves the resources inside a Bundle to their own call.
    """
    unknown: Severity = "error" if reject_unknown else "warning"
    name = resource.get("resourceType")
    walk = Walk(unknown=unknown, nested=nested)
    walk.resource(
        resource, (None, name if r4.is_resource_type(name) and isinstance(name, str) else "Resource")
    )
    if isinstance(name, str) and r4.is_resource_type(name):
        found = library_issues(_alone(resource, nested), r4.model_for(name), unknown)
        walk.issues += [issue for issue in found if not _known(issue.path, walk.issues)]
    return walk.issues


def _alone(resource: JsonObject, nested: bool) -> JsonObject:
    entries = resource.get("entry")
    if nested or not isinstance(entries, list):
        return resource
    lighter = [_without_resource(entry) if isinstance(entry, dict) else entry for entry in entries]
    return {**resource, "entry": lighter}


def _without_resource(entry: JsonObject) -> JsonObject:
    return {key: value for key, value in entry.items() if key != "resource"}


def _known(path: str, found: list[Issue]) -> bool:
    """Tell whether a fault at this path, above or below it was found already by our own pass."""
    return any(_within(issue.path, path) or _within(path, issue.path) for issue in found)


def _within(inner: str, outer: str) -> bool:
    return inner == outer or (inner.startswith(outer) and inner[len(outer)] in ".[")
