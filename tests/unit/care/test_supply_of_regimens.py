"""How long tablets last when a regimen has several products or changes."""

import pytest

from registry.domain.care.continuity import Gap, supply
from tests.unit.care.facts import TLD, TLE, T, day, given

TDF_3TC = frozenset({"TDF", "3TC"})
DTG = frozenset({"DTG"})
EFV = frozenset({"EFV"})


def why(found, place=-1):
    return found.steps[place].why


def test_old_stock_is_dropped_when_the_regimen_changes() -> None:
    found = supply([given("2026-01-01", 90, TLE), given("2026-02-01", 30)], day("2026-02-01"), T)
    assert found.run_out == day("2026-03-03")
    assert found.regimen == TLD
    assert why(found) == ("regimen-changed",)


@pytest.mark.parametrize(
    "later",
    [
        [given("2026-01-21", 30, frozenset({"TDF", "FTC", "DTG"}))],
        [given("2026-01-21", 30, TDF_3TC), given("2026-01-21", 30, DTG)],
    ],
    ids=["3TC for FTC", "separate tablets"],
)
def test_the_same_regimen_in_another_packing_keeps_its_stock(later) -> None:
    found = supply([given("2026-01-01", 30), *later], day("2026-01-21"), T)
    assert found.run_out == day("2026-03-02")


def test_a_refill_of_one_component_does_not_make_the_others_longer() -> None:
    dispenses = [given("2026-01-01", 60, TDF_3TC), given("2026-01-01", 30, DTG), given("2026-01-29", 90, DTG)]
    found = supply(dispenses, day("2026-02-01"), T)
    assert found.run_out == day("2026-03-02")
    assert why(found) == ("component-only", "carried-over")


def test_a_component_alone_does_not_end_a_gap() -> None:
    dispenses = [given("2026-01-01", 30, TDF_3TC), given("2026-01-01", 30, DTG), given("2026-02-10", 30, DTG)]
    found = supply(dispenses, day("2026-02-12"), T)
    assert found.uncovered == (Gap(day("2026-01-31"), day("2026-02-12"), open=True),)


def test_components_picked_up_on_different_days_make_one_regimen() -> None:
    dispenses = [given("2026-01-01", 30, TDF_3TC), given("2026-01-03", 30, DTG)]
    found = supply(dispenses, day("2026-01-03"), T)
    assert (found.regimen, found.run_out) == (TLD, day("2026-01-31"))
    assert why(found) == ("completed",)


def test_a_booster_given_later_joins_its_regimen() -> None:
    drv = frozenset({"TDF", "3TC", "DRV"})
    found = supply(
        [given("2026-01-01", 30, drv), given("2026-01-02", 10, frozenset({"RTV"}))], day("2026-01-03"), T
    )
    assert (found.regimen, found.run_out) == (drv | {"RTV"}, day("2026-01-12"))


def test_a_new_anchor_keeps_the_backbone_in_stock_and_drops_the_old_anchor() -> None:
    dispenses = [given("2026-01-01", 60, TDF_3TC), given("2026-01-01", 60, EFV), given("2026-01-31", 90, DTG)]
    found = supply(dispenses, day("2026-01-31"), T)
    assert (found.regimen, found.run_out) == (TLD, day("2026-03-02"))
    alone = supply([given("2026-01-01", 60, EFV), given("2026-01-31", 90, DTG)], day("2026-01-31"), T)
    assert (alone.regimen, alone.run_out) == (DTG, day("2026-05-01"))


def test_a_new_backbone_keeps_the_anchor_in_stock() -> None:
    abc_3tc = frozenset({"ABC", "3TC"})
    dispenses = [
        given("2026-01-01", 60, abc_3tc),
        given("2026-01-01", 60, DTG),
        given("2026-01-31", 90, TDF_3TC),
    ]
    found = supply(dispenses, day("2026-01-31"), T)
    assert (found.regimen, found.run_out) == (TLD, day("2026-03-02"))


def test_a_smaller_regimen_that_is_whole_is_a_change() -> None:
    found = supply(
        [given("2026-01-01", 90), given("2026-01-31", 30, frozenset({"DTG", "3TC"}))], day("2026-02-01"), T
    )
    assert (found.regimen, found.run_out) == (frozenset({"DTG", "3TC"}), day("2026-03-02"))


def test_long_acting_medicine_is_not_counted_in_tablets() -> None:
    found = supply([given("2026-01-01", 60, frozenset({"CAB", "RPV"}))], day("2026-01-02"), T)
    assert found.long_acting
    assert found.estimate
    assert (found.run_out, found.days_on_hand, found.uncovered) == (None, None, ())
    assert found.by_ingredient == {"CAB": None, "RPV": None}
    assert why(found) == ("first", "long-acting")
