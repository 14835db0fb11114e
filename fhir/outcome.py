"""Issues found in a resource, and the OperationOutcome that carries them.

Source: https://hl7.org/fhir/R4/operationoutcome.html
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

Severity = Literal["fatal", "error", "warning", "information"]

RULES = "urn:puente:rule"
_ALL_WELL = "No issue was found."


@dataclass(frozen=True, slots=True)
class Issue:
    """Name one thing that is wrong: where, against which rule, in words without patient data.

    severity and code are from the required FHIR lists; path is FHIRPath-like
    (`Bundle.entry[3].resource.gender`); rule is a stable identifier for machines
    (`required-binding`); text is one English sentence.
    """

    severity: Severity
    code: str
    path: str
    rule: str
    text: str

    def at(self, path: str) -> "Issue":
        """Return the same issue seen from another path."""
        return replace(self, path=path)


def has_errors(issues: Iterable[Issue]) -> bool:
    """Tell whether one of the issues stops a write."""
    return any(issue.severity in ("fatal", "error") for issue in issues)


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """Return an OperationOutcome resource with one entry per issue; no issue gives one that says so."""
    entries = [_entry(issue) for issue in issues]
    if not entries:
        entries = [{"severity": "information", "code": "informational", "diagnostics": _ALL_WELL}]
    return {"resourceType": "OperationOutcome", "issue": entries}


def _entry(issue: Issue) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "severity": issue.severity,
        "code": issue.code,
        "details": {"coding": [{"system": RULES, "code": issue.rule}]},
        "diagnostics": issue.text,
    }
    if issue.path:
        entry["expression"] = [issue.path]
    return entry
