"""The worked examples of the documents are counted again from what stands on the page."""

import re
from datetime import date
from pathlib import Path

import pytest

from config import Thresholds
from registry.domain.care.continuity import supply
from registry.domain.observatory import disclosure
from registry.domain.observatory.indicators import Outcome, classify
from registry.domain.observatory.package import COLUMNS
from registry.domain.observatory.periods import parse
from registry.domain.observatory.tally import INDICATORS
from tests.integration.docs.reading import rows, text
from tests.unit.care.facts import OWN, PARTNER, given
from tests.unit.observatory.people import QUARTER, REPORTED, record

OBSERVATORY = Path("docs/observatory.md")
SUPPLY = Path("docs/explanation/supply.md")
SOURCES = {"own": OWN, "partner": PARTNER}


def words_of(outcome: Outcome) -> str:
    """Return what a person counts as, in the words of the page."""
    said = ["NEW"] if outcome.new else []
    if outcome.lost:
        lost = {"interrupted": f"IIT {outcome.band}"}.get(outcome.lost, outcome.lost)
        return ", ".join([*said, f"ML {lost}"])
    said += ["CURR"] if outcome.current else []
    said += ["RTT"] if outcome.returned else []
    return ", ".join(said)


@pytest.mark.parametrize("row", rows(OBSERVATORY, "The worked quarter"), ids=lambda row: f"person {row[0]}")
def test_each_person_of_the_quarter_counts_as_the_page_says(row: list[str]) -> None:
    outcome = classify(record(QUARTER[int(row[0])]), parse("2026Q1"), REPORTED, Thresholds())
    assert words_of(outcome) == row[3]
    if outcome.late is not None:
        assert str(outcome.late) == row[2]


def test_the_result_of_the_quarter_is_the_one_printed() -> None:
    listed = rows(OBSERVATORY, "The worked quarter")
    assert len(listed) == len(QUARTER)
    counts = [sum(name in row[3] for row in listed) for name in ("CURR", "NEW", "RTT", "ML")]
    printed = re.search(r"\*\*CURR (\d+), NEW (\d+), RTT (\d+), ML (\d+)\*\*", text(OBSERVATORY))
    assert printed
    assert counts == [int(number) for number in printed.groups()] == [6, 2, 2, 6]


@pytest.mark.parametrize("row", rows(OBSERVATORY, "Rounding and ranges"), ids=lambda row: row[0])
def test_each_figure_is_rounded_as_the_page_says(row: list[str]) -> None:
    true, low, high = map(int, row)
    assert disclosure.publish(true) == disclosure.Figure(low, high)


def test_the_page_lists_the_columns_and_indicators_that_are_published() -> None:
    listed = [name for row in rows(OBSERVATORY, "Columns") for name in re.findall(r"`([a-z_]+)`", row[0])]
    assert listed == list(COLUMNS)
    named = {
        name for row in rows(OBSERVATORY, "Indicators") for name in re.findall(r"`([A-Z0-9_]+)`", row[0])
    }
    assert named == set(INDICATORS)


def test_the_example_of_supply_is_counted_as_the_page_says() -> None:
    table = rows(SUPPLY, "Example")
    dispenses = [given(row[0], int(row[2]), source=SOURCES[row[1]]) for row in table]
    found = supply(dispenses, date(2026, 6, 1), Thresholds())
    for row, step in zip(table, found.steps, strict=True):
        assert [str(step.start), str(step.run_out), ", ".join(step.why)] == row[3:]
    early = supply(dispenses, date(2026, 3, 1), Thresholds())
    assert f"there are **{early.days_on_hand}** days left" in text(SUPPLY)
    assert f"**{found.uncovered[0].days}** days" in text(SUPPLY)
