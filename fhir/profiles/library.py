"""A second opinion by the fhir.resources model classes, their errors turned into issues without any value.

It finds nothing that our own pass does not find (tests hold that), and costs three times as much: `$validate`
asks it, writing does not.
"""

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
