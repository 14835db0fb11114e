"""The worked quarter of the reference, from FHIR input to exact counts."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from config import Thresholds
from registry.domain.observatory.indicators import Outcome, classify, count
from registry.domain.observatory.periods import parse
from tests.unit.observatory.people import QUARTER, REPORTED, record

Q1, Q2 = parse("2026Q1"), parse("2026Q2")


def outcomes(period=Q1, known_on=REPORTED, variant="later-of", **thresholds) -> dict[int, Outcome]:
    limits = Thresholds(**thresholds)
    return {
        number: classify(record(resources), period, known_on, limits, variant)
        for number, resources in QUARTER.items()
    }


def who(found: dict[int, Outcome], what: str) -> set[int]:
    return {number for number, outcome in found.items() if getattr(outcome, what)}


def test_the_quarter_counts_exactly_what_the_reference_says() -> None:
    found = outcomes()
    assert who(found, "current") == {1, 4, 5, 10, 11, 12}
    assert who(found, "new") == {3, 10}
    assert who(found, "returned") == {4, 11}
    assert who(found, "lost") == {2, 3, 6, 7, 8, 9}
    assert who(found, "current_at_start") == {1, 2, 5, 6, 7, 8, 9, 12}


def test_the_totals_balance() -> None:
    totals = count(outcomes().values())
    assert (totals.current, totals.new, totals.returned, totals.lost) == (6, 2, 2, 6)
    assert (totals.current_at_start, totals.transfers_in, totals.unknown) == (8, 0, 0)
    assert totals.balances


def test_losses_and_returns_fall_into_their_bands() -> None:
    totals = count(outcomes().values())
    assert totals.lost_by == Counter(
        {("interrupted", "<3"): 1, ("interrupted", "6+"): 3, ("transferred", ""): 1, ("died", ""): 1}
    )
    assert totals.returned_by == Counter({"6+": 2})


@pytest.mark.parametrize(
    ("number", "late"),
    [(1, 11), (2, 41), (3, 50), (4, -46), (5, -60), (7, 49), (9, 75), (10, -14), (12, -74)],
)
def test_each_person_is_as_late_as_the_reference_says(number: int, late: int) -> None:
    assert outcomes()[number].late == late


def test_a_gap_runs_from_the_missed_date_to_the_restart() -> None:
    found = outcomes()
    assert found[4].gap_days == 198
    assert found[11].band == "6+"


def test_the_appointment_variant_loses_who_missed_a_visit_with_tablets_at_home() -> None:
    found = outcomes(variant="appointment")
    assert found[12].late == 30
    assert found[12].lost == "interrupted"
    assert count(found.values()).balances
    assert outcomes(variant="run-out")[12].current


def test_a_death_learned_later_changes_neither_the_closed_quarter_nor_the_next() -> None:
    assert outcomes()[9].lost == "interrupted"
    learned = datetime(2026, 7, 10, tzinfo=UTC)
    assert outcomes(Q2, learned)[9].lost is None
    assert outcomes(known_on=None)[9].lost == "died"


def test_counting_a_closed_quarter_again_gives_the_same_after_more_was_learned() -> None:
    before = outcomes()
    late_facts = {number: [*resources] for number, resources in QUARTER.items()}
    dispense = {
        **QUARTER[2][-1],
        "identifier": [{"system": "urn:x", "value": "late"}],
        "whenHandedOver": "2026-03-30",
    }
    dispense["meta"] = {**dispense["meta"], "lastUpdated": "2026-05-01T12:00:00Z"}
    late_facts[2].append(dispense)
    again = classify(record(late_facts[2]), Q1, REPORTED, Thresholds())
    assert again == before[2]
    assert classify(record(late_facts[2]), Q1, None, Thresholds()).current


def test_a_longer_grace_period_is_a_threshold_of_the_node() -> None:
    assert outcomes(iit_days=60)[2].current


def test_people_of_the_quarter_are_counted_on_in_the_next_one() -> None:
    found = count(outcomes(Q2, None).values())
    assert found.current_at_start == 6
    assert found.balances
