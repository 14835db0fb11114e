"""How long tablets last: the checked examples of the reference and each rule by itself."""

from datetime import timedelta
from decimal import Decimal

import pytest

from config import Thresholds
from registry.domain.care.continuity import Adjustment, Gap, supply
from tests.unit.care.facts import OWN, PARTNER, T, day, given

TDF_3TC = frozenset({"TDF", "3TC"})
DTG = frozenset({"DTG"})


def why(found, place=-1):
    return found.steps[place].why


def test_tablets_left_are_carried_over_to_the_next_dispense() -> None:
    found = supply([given("2026-01-05", 30), given("2026-01-30", 90)], day("2026-03-01"), T)
    assert found.run_out == day("2026-05-05")
    assert found.days_on_hand == 65
    assert found.uncovered == ()
    assert not found.estimate
    assert [step.why for step in found.steps] == [("first",), ("carried-over",)]
    assert [(step.start, step.run_out, step.days) for step in found.steps] == [
        (day("2026-01-05"), day("2026-02-04"), 30),
        (day("2026-02-04"), day("2026-05-05"), 90),
    ]


def test_days_between_run_out_and_the_next_dispense_are_a_gap() -> None:
    dispenses = [given("2026-01-05", 30), given("2026-01-30", 90), given("2026-05-20", 30)]
    found = supply(dispenses, day("2026-06-01"), T)
    assert found.uncovered == (Gap(day("2026-05-05"), day("2026-05-19")),)
    assert found.uncovered[0].days == 15
    assert why(found) == ("no-stock-left",)


@pytest.mark.parametrize(("cap", "run_out"), [(90, "2026-09-28"), (30, "2026-08-29")])
def test_days_carried_over_are_capped(cap: int, run_out: str) -> None:
    dispenses = [given(on, 90) for on in ("2026-01-01", "2026-03-01", "2026-05-01")]
    found = supply(dispenses, day("2026-06-30"), Thresholds(carry_days=cap))
    assert found.run_out == day(run_out)
    assert why(found) == ("carry-capped",) if cap == 30 else ("carried-over",)


def test_a_crossing_without_tablets_is_counted_across_countries() -> None:
    dispenses = [given("2026-01-02", 60, source=PARTNER), given("2026-03-20", 30)]
    found = supply(dispenses, day("2026-03-20"), T)
    assert found.uncovered == (Gap(day("2026-03-03"), day("2026-03-19")),)
    assert found.uncovered[0].days == 17


def test_the_first_product_to_run_out_ends_the_regimen() -> None:
    dispenses = [
        given("2026-04-01", quantity=90, daily_dose=1),
        given("2026-04-01", what=DTG, quantity=60, daily_dose=1),
    ]
    found = supply(dispenses, day("2026-04-01"), T)
    assert found.run_out == day("2026-05-31")
    assert found.by_ingredient == {
        "TDF": day("2026-06-30"),
        "3TC": day("2026-06-30"),
        "DTG": day("2026-05-31"),
    }


def test_when_the_extra_tablets_end_the_combined_tablet_counts_alone_again() -> None:
    dispenses = [
        given("2026-04-01", 90),
        given("2026-04-01", 60, DTG),
        given("2026-05-20", 90),
    ]
    found = supply(dispenses, day("2026-05-20"), T)
    assert found.run_out == day("2026-09-28")


def test_an_open_gap_reaches_the_day_asked_for() -> None:
    found = supply([given("2026-01-01", 30)], day("2026-02-09"), T)
    assert found.days_on_hand == 0
    assert found.uncovered == (Gap(day("2026-01-31"), day("2026-02-09"), open=True),)


def test_the_run_out_day_itself_is_the_first_without_tablets() -> None:
    dispense = given("2026-01-01", 30)
    assert supply([dispense], day("2026-01-30"), T).uncovered == ()
    assert supply([dispense], day("2026-01-31"), T).uncovered[0].days == 1


@pytest.mark.parametrize(
    ("dispense", "reason"),
    [
        (given("2026-01-02", 30, status="entered-in-error"), "entered-in-error"),
        (given("2026-01-02", 30, status="cancelled"), "not-handed-over"),
        (given("2026-01-02", 30, status="in-progress"), "not-handed-over"),
        (given(None, 30), "no-date"),
        (given("2026-03-02", 30), "future"),
        (given("2026-01-02", 30, what=None), "not-recognised"),
        (given("2026-01-02", 30, what=frozenset({"CTX"})), "other-medicine"),
    ],
)
def test_a_dispense_left_out_says_why(dispense, reason: str) -> None:
    found = supply([dispense, given("2026-01-01", 30)], day("2026-03-01"), T)
    assert found.run_out == day("2026-01-31")
    assert (reason,) in [step.why for step in found.steps]
    assert found.estimate is (reason in ("no-date", "not-recognised"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (given("2026-01-01", 30, quantity=30), given("2026-01-01", 30, quantity=30)),
        (given("2026-01-01", 30, identifier="a|1"), given("2026-01-09", 30, identifier="a|1")),
        (given("2026-01-01", 30, quantity=30), given("2026-01-01", 30, source=PARTNER)),
        (
            given("2026-01-01", 30, quantity=30),
            given("2026-01-01", 30, frozenset({"TDF", "FTC", "DTG"}), PARTNER, quantity=30),
        ),
    ],
    ids=["same content", "same identifier", "copy from a partner without quantity", "other packing"],
)
def test_the_same_dispense_heard_twice_counts_once(one, other) -> None:
    for dispenses in ([one, other], [other, one]):
        found = supply(dispenses, day("2026-02-15"), T)
        assert found.run_out == day("2026-01-31")
        assert [step.why for step in found.steps].count(("duplicate",)) == 1


def test_our_own_copy_of_a_dispense_is_kept() -> None:
    found = supply([given("2026-01-01", 30, source=PARTNER), given("2026-01-01", 30)], day("2026-01-02"), T)
    assert found.last is not None
    assert found.last.source == OWN


def test_two_different_quantities_of_one_day_are_two_dispenses() -> None:
    dispenses = [given("2026-01-01", 30, quantity=30), given("2026-01-01", 60, quantity=60)]
    assert supply(dispenses, day("2026-01-02"), T).run_out == day("2026-04-01")


def test_days_follow_from_quantity_and_dose() -> None:
    assert supply([given("2026-01-01", quantity=61, daily_dose=2)], day("2026-01-01"), T).days_on_hand == 30


def test_unknown_days_are_never_guessed() -> None:
    found = supply([given("2026-01-01", quantity=30, next_pickup=day("2026-02-01"))], day("2026-01-02"), T)
    assert (found.run_out, found.days_on_hand, found.estimate) == (None, None, True)
    assert why(found) == ("first", "days-unknown")


@pytest.mark.parametrize("stated", [0, -3])
def test_days_that_make_no_sense_are_unknown(stated: int) -> None:
    assert supply([given("2026-01-01", stated)], day("2026-01-02"), T).run_out is None
    assert supply([given("2026-01-01", quantity=30, daily_dose=stated)], day("2026-01-02"), T).run_out is None


def test_unknown_days_keep_the_stock_that_is_certain() -> None:
    dispenses = [given("2026-01-01", 30), given("2026-01-20")]
    assert supply(dispenses, day("2026-01-21"), T).run_out == day("2026-01-31")
    after_the_end = [given("2026-01-01", 30), given("2026-02-20")]
    found = supply(after_the_end, day("2026-02-21"), T)
    assert found.run_out is None
    assert found.uncovered == (Gap(day("2026-01-31"), day("2026-02-19")),)


def test_an_estimate_ends_with_the_next_certain_start() -> None:
    unknown = given("2026-01-01")
    assert not supply([unknown, given("2026-03-01", 30)], day("2026-03-01"), T).estimate
    month = given("2026-01", 90)
    assert supply([month, given("2026-03-01", 30)], day("2026-03-01"), T).estimate


def test_an_unknown_day_counts_as_the_earliest_and_is_marked() -> None:
    found = supply([given("2026-02", 30)], day("2026-02-20"), T)
    assert (found.run_out, found.estimate) == (day("2026-03-03"), True)
    assert why(found) == ("first", "partial-date")


def test_tablets_counted_at_the_visit_replace_the_arithmetic() -> None:
    before = given("2026-01-01", 30)
    counted = given("2026-01-20", quantity=60, daily_dose=2, pills_left=7)
    found = supply([before, counted], day("2026-01-20"), T)
    assert found.days_on_hand == 33
    assert "counted" in why(found)


@pytest.mark.parametrize(
    ("counted", "days"),
    [
        (given("2026-01-20", 30, quantity=30, pills_left=10), 40),
        (given("2026-01-20", 30, daily_dose=2, pills_left=9), 34),
        (given("2026-01-20", 30, pills_left=9), 30),
    ],
    ids=["dose implied by quantity and days", "dose without quantity", "dose unknown: not converted"],
)
def test_counted_tablets_become_days_by_the_best_known_dose(counted, days: int) -> None:
    assert supply([given("2026-01-01", 30), counted], day("2026-01-20"), T).days_on_hand == days


def test_a_change_of_dose_recomputes_the_tablets_left() -> None:
    before = given("2026-01-01", what=DTG, quantity=60, daily_dose=1)
    twice = given("2026-01-31", what=DTG, quantity=60, daily_dose=2)
    found = supply([before, twice], day("2026-01-31"), T)
    assert found.days_on_hand == 15 + 30
    assert why(found) == ("dose-changed", "carried-over")


def test_a_change_of_dose_between_visits_is_an_event_of_its_own() -> None:
    dose = Adjustment(day("2026-01-11"), "dose", Decimal(2), DTG)
    found = supply([given("2026-01-01", what=DTG, quantity=30, daily_dose=1)], day("2026-01-11"), T, [dose])
    assert found.days_on_hand == 10
    assert why(found) == ("dose-changed",)


def test_lost_tablets_are_an_event_and_no_dispense_disappears() -> None:
    dispense = given("2026-01-01", quantity=30, daily_dose=1)
    some = Adjustment(day("2026-01-11"), "lost", Decimal("4.5"))
    assert supply([dispense], day("2026-01-11"), T, [some]).days_on_hand == 15
    all_of_them = Adjustment(day("2026-01-11"), "lost")
    found = supply([dispense], day("2026-01-11"), T, [all_of_them])
    assert found.days_on_hand == 0
    assert [step.dispense for step in found.steps] == [dispense, None]


def test_an_adjustment_touches_only_the_product_it_names_and_only_stock_there_is() -> None:
    dispenses = [given("2026-01-01", 60, TDF_3TC), given("2026-01-01", 30, DTG)]
    lost = Adjustment(day("2026-02-10"), "lost", ingredients=DTG)
    found = supply(dispenses, day("2026-02-10"), T, [lost])
    assert found.by_ingredient == {
        "TDF": day("2026-03-02"),
        "3TC": day("2026-03-02"),
        "DTG": day("2026-01-31"),
    }
    later = Adjustment(day("2026-02-11"), "lost")
    assert supply(dispenses, day("2026-02-10"), T, [later]).run_out == day("2026-01-31")


def test_a_new_dose_of_an_unknown_stock_stays_unknown() -> None:
    dose = Adjustment(day("2026-01-02"), "dose")
    assert supply([given("2026-01-01", what=DTG)], day("2026-01-02"), T, [dose]).run_out is None


def test_nobody_who_never_got_tablets_has_a_run_out() -> None:
    found = supply([], day("2026-01-01"), T)
    assert (found.run_out, found.days_on_hand, found.estimate, found.last) == (None, None, False, None)


def test_a_small_refill_never_shortens_a_large_supply() -> None:
    dispenses = [given("2026-01-01", 180), given("2026-01-02", 30)]
    found = supply(dispenses, day("2026-01-02"), T)
    assert found.run_out == day("2026-01-01") + timedelta(days=180)
    assert why(found) == ("carry-capped",)
