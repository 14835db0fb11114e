"""Edge cases of the indicators that need no more than one record."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from config import Thresholds
from fhir.treatment.model import (
    Contact,
    Dispense,
    Episode,
    FhirDate,
    PersonFacts,
    RegimenPeriod,
    Source,
    TransferFact,
    TreatmentRecord,
)
from registry.domain.observatory.entries import treatment_start
from registry.domain.observatory.indicators import Outcome, classify, count
from registry.domain.observatory.periods import parse
from tests.unit.observatory.people import TLD, full

Q1 = parse("2026Q1")
OWN, ABROAD = Source("own", "pe"), Source("partner", "co")
LONG_AGO = full("2024-01-01")


def given(on: str, days: int | None = 90, source: Source = OWN) -> Dispense:
    return Dispense(full(on), TLD, source, days=days)


def moved(confirmed: str | None, direction="out", state="closed") -> TransferFact:
    day = full(confirmed).earliest if confirmed else None
    return TransferFact("t", direction, "", "", OWN, full("2026-01-02").earliest, day, "co", state=state)


def outcome(*dispenses: Dispense, start: FhirDate | None = LONG_AGO, known_on=None, **facts) -> Outcome:
    record = TreatmentRecord(dispenses=dispenses, treatment_start=start, **facts)
    return classify(record, Q1, known_on, Thresholds())


@pytest.mark.parametrize(("days", "current"), [(62, True), (61, False)])
def test_28_days_late_is_active_and_29_is_lost(days: int, current: bool) -> None:
    found = outcome(given("2025-12-31", days))
    assert found.late == 90 - days
    assert found.current is current
    assert (found.lost == "interrupted") is not current


def test_a_death_after_a_transfer_is_a_transfer() -> None:
    dead = PersonFacts(died=full("2026-03-01"), deceased=True)
    found = outcome(given("2025-12-20"), transfers=(moved("2026-02-01"),), person=dead)
    assert found.lost == "transferred"
    before = outcome(given("2025-12-20"), transfers=(moved("2026-03-10"),), person=dead)
    assert before.lost == "died"


def test_a_dispense_here_after_a_transfer_makes_the_person_active_again() -> None:
    found = outcome(given("2025-12-20"), given("2026-03-01"), transfers=(moved("2026-02-01"),))
    assert (found.current, found.lost) == (True, None)


def test_a_dispense_after_death_is_an_alert_and_revives_nobody() -> None:
    dead = PersonFacts(died=full("2026-02-01"), deceased=True)
    found = outcome(given("2025-12-20"), given("2026-02-10"), person=dead)
    assert (found.lost, found.alerts) == ("died", ("dispense-after-death",))


def test_a_death_without_a_day_counts_when_it_was_learned() -> None:
    learned = datetime(2026, 2, 3, tzinfo=UTC)
    found = outcome(given("2025-12-20"), person=PersonFacts(deceased=True, death_known_on=learned))
    assert found.lost == "died"
    assert outcome(given("2025-12-20"), person=PersonFacts(deceased=True)).lost == "died"


def test_the_original_start_decides_and_may_precede_enrolment_here() -> None:
    found = outcome(given("2026-02-01"), given("2025-12-20", source=ABROAD))
    assert (found.new, found.returned, found.transfer_in, found.current) == (False, False, True, True)


def test_somebody_treated_before_with_unknown_start_is_never_new() -> None:
    found = outcome(given("2026-02-01"), start=None, treated_before=True)
    assert (found.new, found.returned, found.band, found.gap_days) == (False, True, "unknown", None)


def test_somebody_whose_past_nobody_knows_is_counted_apart() -> None:
    found = outcome(given("2026-02-01"), start=None)
    assert (found.current, found.new, found.returned, found.came_unknown) == (True, False, False, True)
    assert count([found]).balances


@pytest.mark.parametrize(
    ("start", "new"), [("2026-02", True), ("2026", True), ("2025", False), ("2026-04-01", False)]
)
def test_a_first_dispense_inside_a_partial_start_date_gives_the_day(start: str, new: bool) -> None:
    assert outcome(given("2026-02-10"), start=full(start)).new is new


def test_a_partial_start_without_a_dispense_in_it_counts_as_its_first_day() -> None:
    record = TreatmentRecord(dispenses=(given("2026-02-10"),), treatment_start=full("2025-11"))
    assert treatment_start(record) == full("2025-11-01").earliest
    assert treatment_start(TreatmentRecord(treatment_start=full("2025"))) == full("2025-01-01").earliest
    december = TreatmentRecord(dispenses=(given("2025-12-31"),), treatment_start=full("2025-12"))
    assert treatment_start(december) == full("2025-12-31").earliest


def test_a_start_abroad_in_the_period_is_not_new_here() -> None:
    found = outcome(
        given("2026-01-10", 30, ABROAD),
        given("2026-03-01"),
        start=full("2026-01-10"),
        transfers=(moved(None, "in", "accepted"),),
    )
    assert found.new is False
    assert (
        outcome(given("2026-01-10", 30, ABROAD), given("2026-03-01"), start=full("2026-01-10")).new is False
    )


def test_a_person_lost_abroad_who_starts_again_here_returned() -> None:
    found = outcome(given("2025-09-01", 30, ABROAD), given("2026-02-01"))
    assert (found.returned, found.band, found.gap_days) == (True, "3-5", 123)


def test_a_stop_is_a_loss_and_starting_again_is_a_return() -> None:
    stop = RegimenPeriod(TLD, OWN, "stopped", LONG_AGO, full("2026-01-20"))
    assert outcome(given("2025-12-20"), regimens=(stop,)).lost == "stopped"
    earlier = replace(stop, end=full("2025-10-01"))
    back = outcome(given("2025-07-01"), given("2026-02-01"), regimens=(earlier,))
    assert (back.returned, back.band) == (True, "3-5")
    later = replace(stop, end=full("2026-04-20"))
    assert outcome(given("2026-01-20"), regimens=(later,)).lost is None


def test_treatment_that_goes_on_after_a_stop_is_no_stop() -> None:
    stop = RegimenPeriod(TLD, OWN, "stopped", LONG_AGO, full("2026-01-20"))
    for again in (full("2026-01-20"), full("2026-01-10"), None):
        going_on = RegimenPeriod(TLD, OWN, "active", again)
        assert outcome(given("2025-12-20"), regimens=(stop, going_on)).current
    planned = RegimenPeriod(TLD, OWN, "active", full("2026-04-01"))
    assert outcome(given("2025-12-20"), regimens=(stop, planned)).lost == "stopped"


def test_a_refill_in_transit_counts_at_home_only() -> None:
    home = Episode("active", ABROAD, LONG_AGO)
    found = outcome(
        given("2026-01-20"), given("2025-12-01", 30, ABROAD), episodes=(home,), start=full("2026-01-20")
    )
    assert (found.transit, found.current, found.new) == (True, False, False)
    enrolled = Episode("active", OWN, full("2026-01-20"))
    assert outcome(given("2026-01-20"), episodes=(home, enrolled)).current
    arrived = outcome(given("2026-01-20"), episodes=(home,), transfers=(moved(None, "in", "closed"),))
    assert arrived.current
    at_home = outcome(given("2025-11-01", 60), given("2026-01-20", 90, ABROAD))
    assert at_home.current


def test_a_partner_who_tells_of_running_treatment_makes_a_transfer_in() -> None:
    told = RegimenPeriod(TLD, ABROAD, "active", LONG_AGO)
    assert outcome(given("2026-02-01"), regimens=(told,)).transfer_in
    assert outcome(given("2026-02-01"), transfers=(moved(None, "in", "accepted"),)).transfer_in


def test_somebody_who_comes_back_from_a_confirmed_transfer_is_a_transfer_in() -> None:
    found = outcome(given("2025-09-01"), given("2026-02-01"), transfers=(moved("2025-11-01"),))
    assert (found.transfer_in, found.returned) == (True, False)


def test_an_unknown_supply_is_neither_kept_nor_lost() -> None:
    found = outcome(given("2025-12-20", 30), given("2026-03-01", None))
    assert (found.current, found.lost, found.left_unknown) == (False, None, True)
    assert count([found]).balances
    came = outcome(given("2025-12-20", None), given("2026-03-01"))
    assert (came.current, came.came_unknown) == (True, True)


def test_lost_and_back_within_the_period_is_neither() -> None:
    found = outcome(given("2025-12-01", 35), given("2026-03-01"))
    assert (found.current, found.lost, found.returned) == (True, None, False)


def test_back_and_lost_again_is_neither() -> None:
    found = outcome(given("2025-06-01", 30), given("2026-01-05", 30))
    assert (found.current, found.lost, found.returned) == (False, None, False)


def test_nobody_without_tablets_from_here_is_counted_here() -> None:
    found = outcome(given("2026-02-01", source=ABROAD))
    assert (found.current, found.new, found.lost) == (False, False, None)


@pytest.mark.parametrize(
    ("facts", "kept"),
    [
        ({"received": None}, True),
        ({"received": datetime(2026, 3, 1, tzinfo=UTC)}, True),
        ({"received": datetime(2026, 5, 1, tzinfo=UTC)}, False),
    ],
)
def test_what_a_source_told_later_was_not_known_then(facts, kept: bool) -> None:
    told = replace(given("2026-02-01"), source=Source("own", "pe", **facts))
    stop = RegimenPeriod(TLD, Source("own", "pe", **facts), "stopped", LONG_AGO, full("2026-02-20"))
    moment = datetime(2026, 4, 10, tzinfo=UTC)
    assert (outcome(told, known_on=moment).current) is kept
    assert (outcome(given("2026-02-01"), known_on=moment, regimens=(stop,)).current) is not kept


def test_visits_and_transfers_carry_their_own_time() -> None:
    moment = datetime(2026, 4, 10, tzinfo=UTC)
    later = datetime(2026, 4, 11, tzinfo=UTC)
    confirmed = replace(moved("2026-02-01"), known_on=later)
    assert outcome(given("2026-01-10"), transfers=(confirmed,), known_on=moment).current
    assert outcome(given("2026-01-10"), transfers=(confirmed,), known_on=later).lost is None
    assert outcome(given("2025-12-10"), transfers=(confirmed,), known_on=later).lost == "transferred"
    booked = Contact("appointment", full("2026-05-01"), "booked", OWN, known_on=later)
    assert not outcome(given("2025-12-01", 30), contacts=(booked,), known_on=moment).current
    assert outcome(given("2025-12-01", 30), contacts=(booked,), known_on=later).current


def test_the_example_of_the_manual_is_a_gap_of_31_days() -> None:
    """MER: missed 1 March, back 1 April."""
    record = TreatmentRecord(
        dispenses=(given("2026-01-30", 30), given("2026-04-01")), treatment_start=LONG_AGO
    )
    found = classify(record, parse("2026Q2"), None, Thresholds())
    assert (found.returned, found.gap_days, found.band) == (True, 31, "<3")
