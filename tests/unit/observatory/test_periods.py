"""Periods, months between days, and the groups figures fall into."""

from datetime import date

import pytest

from registry.domain.observatory.groups import (
    AGES,
    UNCOVERED,
    age_group,
    origin_group,
    sex_group,
    uncovered_band,
)
from registry.domain.observatory.periods import BadPeriod, Period, months_band, months_between, parse
from tests.unit.observatory.people import full


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026Q1", "2026-01-01", "2026-03-31"),
        ("2026Q4", "2026-10-01", "2026-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-12", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_period_is_read_and_written_back(text: str, start: str, end: str) -> None:
    found = parse(text)
    assert (found.start.isoformat(), found.end.isoformat(), found.label) == (start, end, text)


@pytest.mark.parametrize("text", ["2026", "2026Q5", "2026-13", "2026-00", "Q1", "2026q1 "])
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadPeriod, match="Write a quarter"):
        parse(text)


def test_a_free_period_is_named_by_its_days() -> None:
    period = Period(date(2026, 1, 5), date(2026, 2, 3))
    assert period.label == "2026-01-05/2026-02-03"
    assert Period(date(2026, 1, 1), date(2026, 2, 28)).label == "2026-01-01/2026-02-28"
    assert period.eve == date(2026, 1, 4)
    assert date(2026, 2, 3) in period
    assert date(2026, 2, 4) not in period
    assert "2026-01-06" not in period


def test_a_running_period_is_counted_until_today() -> None:
    period = parse("2026Q4")
    assert period.so_far(date(2026, 11, 22)) == Period(date(2026, 10, 1), date(2026, 11, 22))
    assert period.so_far(date(2027, 1, 5)) == period
    assert period.so_far(date(2026, 9, 1)) == Period(date(2026, 10, 1), date(2026, 10, 1))


def test_a_period_never_ends_before_it_starts() -> None:
    with pytest.raises(BadPeriod):
        Period(date(2026, 1, 2), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [("2025-08-01", "2026-02-15", 6), ("2026-03-01", "2026-04-01", 1), ("2026-01-31", "2026-02-28", 0)],
)
def test_months_are_calendar_months(start: str, end: str, months: int) -> None:
    assert months_between(date.fromisoformat(start), date.fromisoformat(end)) == months


def test_bands_of_months() -> None:
    day = date(2026, 7, 1)
    assert months_band(date(2026, 4, 2), day) == "<3"
    assert months_band(date(2026, 4, 1), day) == "3-5"
    assert months_band(date(2026, 1, 1), day) == "6+"
    assert months_band(None, day) == months_band(day, None) == "unknown"


@pytest.mark.parametrize(
    ("born", "group"),
    [
        ("2026-01-01", "<1"),
        ("2025-03-31", "1-4"),
        ("2021-04-01", "1-4"),
        ("2021-03-31", "5-9"),
        ("1991-06-15", "30-34"),
        ("1961-04-01", "60-64"),
        ("1961-03-31", "65+"),
        ("2026-04-01", "unknown"),
    ],
)
def test_age_groups(born: str, group: str) -> None:
    assert age_group(full(born), date(2026, 3, 31)) == group
    assert group in AGES


def test_unknown_people_have_groups_too() -> None:
    assert age_group(None, date(2026, 3, 31)) == "unknown"
    assert (sex_group("female"), sex_group("x")) == ("female", "unknown")
    assert (origin_group("VE"), origin_group("SY"), origin_group("")) == ("VE", "other", "unknown")


@pytest.mark.parametrize(
    ("days", "band"), [(0, "0"), (1, "1-28"), (28, "1-28"), (29, "29-90"), (91, "91+"), (None, "unknown")]
)
def test_days_without_tablets_fall_into_bands(days: int | None, band: str) -> None:
    assert uncovered_band(days, is_open=False) == band
    assert uncovered_band(days, is_open=True) == "open"
    assert band in UNCOVERED
