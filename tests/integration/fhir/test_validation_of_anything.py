"""Validation holds whatever is in a resource: no exception, and no value repeated in an issue."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings

from fhir import profiles
from fhir.outcome import Issue
from fhir.wire import JsonObject
from tests.conftest import scale
from tests.unit.fhir.mutants import mutants, places
from tests.unit.fhir.seeds import SUMMARY, VALID

MARK = "ZQMARKQZ"


def marked(resource: JsonObject) -> JsonObject:
    made = copy.deepcopy(resource)
    for path in list(places(made)):
        *above, last = path
        holder: Any = made
        for key in above:
            holder = holder[key]
        if isinstance(holder[last], str) and last != "resourceType":
            holder[last] = MARK
    return made


@pytest.mark.parametrize("resource", [*VALID, SUMMARY], ids=lambda item: item["resourceType"])
def test_no_issue_repeats_a_value(resource: JsonObject) -> None:
    issues = profiles.issues(marked(resource))
    assert issues
    assert MARK not in repr(issues)


@settings(max_examples=max(120, int(20000 * scale())), deadline=None)
@given(mutants(*VALID, SUMMARY))
def test_any_spoiled_resource_gives_issues_and_no_exception(resource: JsonObject) -> None:
    for issue in profiles.issues(resource):
        assert isinstance(issue, Issue)
        assert issue.path
        assert issue.text.endswith(".")
