"""One line for any resource of a received document, whatever is missing in it."""

from typing import Any

import pytest

from registry.usecases.exchange.receiving import describe


def row(kind: str, **content: Any) -> describe.Row:
    return describe.row({"resourceType": kind, "id": "1", **content}, "Bundle.entry[0].resource")


CONCEPT = {"coding": [{"code": "1"}, {"display": "Shown"}]}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"code": {"text": " Fever "}}, "Fever"),
        ({"code": CONCEPT}, "Shown"),
        ({"code": {"coding": [{"code": "1"}]}}, "1"),
        ({"code": {"coding": [7, {}]}}, "Condition"),
        ({"code": {"coding": {}}}, "Condition"),
        ({"code": "no concept"}, "Condition"),
        ({"category": [{}, {"text": "Second"}]}, "Second"),
        ({"medicationReference": {"display": "Tablets"}}, "Tablets"),
        ({"medicationReference": {"reference": "x"}}, "Condition"),
        ({"description": "A plan"}, "A plan"),
        ({}, "Condition"),
    ],
)
def test_what_a_resource_is_about(content: dict[str, Any], text: str) -> None:
    assert row("Condition", **content).text == text


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        ({"valueQuantity": {"value": 40, "comparator": "<", "unit": "copies/mL"}}, "<40 copies/mL"),
        ({"valueQuantity": {"value": 1, "code": "g"}}, "1 g"),
        ({"valueQuantity": {"unit": "g"}}, "? g"),
        ({"valueString": "positive"}, "positive"),
        ({"valueBoolean": False}, "False"),
        ({"valueInteger": 3}, "3"),
        ({"valueDateTime": "2026"}, "2026"),
        ({"valueCodeableConcept": CONCEPT}, "Shown"),
        ({"dataAbsentReason": {"text": "unknown"}}, "unknown"),
        ({"component": [{"code": {"text": "a"}, "valueInteger": 1}, {"code": {"text": "b"}}, 7]}, "a: 1"),
        ({"component": "x"}, ""),
        ({"dosage": [{}, {"text": "1 a day"}]}, "1 a day"),
        ({"dosageInstruction": [{"text": "2 a day"}]}, "2 a day"),
        ({"clinicalStatus": {"text": "active"}}, "active"),
        ({"conclusion": "well", "criticality": "high"}, "well · high"),
        ({"conclusionCode": [{"text": "x"}]}, "x"),
        ({"reaction": [{"manifestation": [{"text": "rash"}]}]}, "rash"),
        ({"status": "final"}, ""),
        ({"status": "entered-in-error"}, "entered-in-error"),
        ({"valueString": "x", "conclusion": "x"}, "x"),
    ],
)
def test_what_a_resource_says(content: dict[str, Any], detail: str) -> None:
    assert row("Observation", **content).detail == detail


@pytest.mark.parametrize(
    ("content", "day"),
    [
        ({"effectiveDateTime": "2026-10-01T10:00:00Z"}, "2026-10-01"),
        ({"recordedDate": "2026"}, "2026"),
        ({"effectivePeriod": {"start": "2026-10-01"}}, "2026-10-01"),
        ({"period": {"end": "2026-10"}}, "2026-10"),
        ({"period": {}}, ""),
        ({"effectiveDateTime": 7}, ""),
        ({}, ""),
    ],
)
def test_when_it_was(content: dict[str, Any], day: str) -> None:
    assert row("Observation", **content).date == day


def test_every_resource_has_its_place_and_group() -> None:
    assert describe.row({"resourceType": "Flag"}, "Bundle.entry[3].resource").reference == (
        "Flag/Bundle.entry[3].resource"
    )
    assert describe.group_of({"resourceType": "Flag"}) == "others"
    assert describe.group_of({"resourceType": "Patient"}) == ""
    assert set(describe.GROUPS.values()) | {"others"} == set(describe.SHOWN)
