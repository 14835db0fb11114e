"""Validation of one resource: base standard, required code lists and invariants, all issues at once.

Source: https://hl7.org/fhir/R4/validation.html
"""

from collections.abc import Iterator

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
    if isinstance(name, str) and r4.is_resource_type(name) and len(walk.issues) < walk.most:
        seen = _Seen(walk.issues)
        found = library_issues(_alone(resource, nested), r4.model_for(name), unknown)
        walk.issues += [issue for issue in found if issue.path not in seen]
    return walk.issues


def _alone(resource: JsonObject, nested: bool) -> JsonObject:
    entries = resource.get("entry")
    if nested or not isinstance(entries, list):
        return resource
    lighter = [_without_resource(entry) if isinstance(entry, dict) else entry for entry in entries]
    return {**resource, "entry": lighter}


def _without_resource(entry: JsonObject) -> JsonObject:
    return {key: value for key, value in entry.items() if key != "resource"}


class _Seen:
    """Places where our own pass found a fault: at them, above or below, the library adds nothing."""

    def __init__(self, issues: list[Issue]) -> None:
        self._at = {issue.path for issue in issues}
        self._above = {upper for path in self._at for upper in _uppers(path)}

    def __contains__(self, path: str) -> bool:
        return path in self._at or path in self._above or any(upper in self._at for upper in _uppers(path))


def _uppers(path: str) -> Iterator[str]:
    """Yield the paths above a path: `A.b[0].c` has `A.b[0]`, `A.b`, `A`."""
    for place in range(len(path) - 1, 0, -1):
        if path[place] in ".[":
            yield path[:place]
