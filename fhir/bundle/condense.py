"""Findings a partner can act on: the same fault in many places once with a count, the most severe first."""

import re
from collections.abc import Iterable
from dataclasses import replace

from fhir.outcome import Issue

MOST = 100
_ORDER = {"fatal": 0, "error": 1, "warning": 2, "information": 3}
_PLACE = re.compile(r"\[[0-9]+\]")


def condense(issues: Iterable[tuple[str, Issue]], most: int = MOST) -> tuple[Issue, ...]:
    """Return one finding per (resource type, element, rule), at its first path, and at most `most` of them.

    Each issue comes with the path seen from its own resource (`Condition.code`), which is what groups it.
    """
    first: dict[tuple[str, str, str, str], Issue] = {}
    counts: dict[tuple[str, str, str, str], int] = {}
    for local, issue in issues:
        key = (_PLACE.sub("", local), issue.rule, issue.severity, issue.text)
        first.setdefault(key, issue)
        counts[key] = counts.get(key, 0) + 1
    found = sorted((_counted(issue, counts[key]) for key, issue in first.items()), key=_severity)
    if len(found) <= most:
        return tuple(found)
    text = f"{len(found) - most} more kinds of findings are not listed."
    return (*found[:most], Issue("information", "informational", "", "findings-capped", text))


def _counted(issue: Issue, count: int) -> Issue:
    return issue if count == 1 else replace(issue, text=f"{issue.text} Found in {count} places.")


def _severity(issue: Issue) -> int:
    return _ORDER[issue.severity]
