"""The dates of care in a resource, and whether they touch a range."""

import pytest

from fhir.care_dates import care_dates, is_within

JUNE = ("2026-06-01", "2026-06-30")


@pytest.mark.parametrize(
    ("resource", "span"),
    [
        ({}, None),
        ({"status": "final", "issued": 3}, None),
        ({"effectiveDateTime": "2026-06-01T10:00:00-05:00"}, ("2026-06-01", "2026-06-01")),
        ({"effectiveDateTime": "2026-06", "issued": "2026-07-01T00:00:00Z"}, ("2026-06", "2026-06")),
        ({"period": {"start": "2026-06-01", "end": "2026-06-30"}}, JUNE),
        ({"period": {"start": "2026-06-01"}}, ("2026-06-01", "9999")),
        ({"period": {}, "date": "2026-06-02"}, ("2026-06-02", "2026-06-02")),
        ({"context": {"period": {"end": "2026-06-30"}}}, ("", "2026-06-30")),
        ({"performedPeriod": "2026"}, None),
    ],
)
def test_clinical_dates_go_before_those_of_writing(resource: object, span: object) -> None:
    assert care_dates(resource) == span  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("span", "start", "end", "within"),
    [
        (None, "2026-01-01", "2026-01-02", True),
        (JUNE, "", "", True),
        (JUNE, "2026-06-30", "", True),
        (JUNE, "2026-07-01", "", False),
        (JUNE, "", "2026-06-01", True),
        (JUNE, "", "2026-05-31", False),
        (JUNE, "2026", "2026", True),
        (("2026", "2026"), "2026-07", "2026-07-15", True),
        (("2025", "2025"), "2026-01-01", "", False),
    ],
)
def test_dates_are_compared_as_far_as_both_say_them(
    span: tuple[str, str] | None, start: str, end: str, within: bool
) -> None:
    assert is_within(span, start, end) is within
