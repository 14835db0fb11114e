"""A second opinion by the fhir.resources model classes, their errors turned into issues without any value.

It finds nothing that our own pass does not find (tests hold that), and costs three times as much: `$validate`
asks it, writing does not.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from fhir import r4
from fhir.outcome import Issue, Severity
from fhir.wire import JsonObject, safe_name

# Hand-written validators of the library fail in these ways on values of a kind they did not expect.
_STUMBLES = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
_TEXTS = {
    "unknown-element": "FHIR R4 has no element of this name here.",
    "cardinality": "A required element is missing.",
    "format": "The value does not follow the rules of its FHIR R4 type.",
}


def library_issues(resource: JsonObject, unknown: Severity = "error") -> list[Issue]:
    """Return what the model class of a resource finds wrong, one issue per error; no known type: none."""
    root = resource.get("resourceType")
    if not isinstance(root, str) or not r4.is_resource_type(root):
        return []
    try:
        r4.class_for(root).model_validate(resource)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return [_issue(root, item, unknown) for item in found]
    except _STUMBLES:
        return [Issue("error", "structure", root, "structure", "The resource cannot be read as FHIR R4.")]
    return []


def unseen(ours: Iterable[Issue], theirs: Iterable[Issue]) -> Iterator[Issue]:
    """Yield the issues of theirs at whose place, above or below, ours has none."""
    at = {issue.path for issue in ours}
    above = {upper for path in at for upper in _uppers(path)}
    for issue in theirs:
        if issue.path not in above and at.isdisjoint((issue.path, *_uppers(issue.path))):
            yield issue


def _uppers(path: str) -> Iterator[str]:
    """Yield the paths above a path: `A.b[0].c` has `A.b[0]`, `A.b`, `A`."""
    for place in range(len(path) - 1, 0, -1):
        if path[place] in ".[":
            yield path[:place]


def _issue(root: str, error: Any, unknown: Severity) -> Issue:
    path = root + "".join(_step(step) for step in error["loc"])
    kind = error["type"]
    if kind == "extra_forbidden":
        return Issue(unknown, "structure", path, "unknown-element", _TEXTS["unknown-element"])
    if kind.endswith("missing"):
        return Issue("error", "required", path, "cardinality", _TEXTS["cardinality"])
    return Issue("error", "value", path, "format", _TEXTS["format"])


def _step(step: str | int) -> str:
    return f"[{step}]" if isinstance(step, int) else f".{safe_name(step)}"
