"""Share of days with tablets, against the checked examples of the reference."""

from decimal import Decimal

from registry.domain.care.adherence import Adherence, adherence
from tests.unit.care.facts import TLE, T, day, given

TDF_3TC = frozenset({"TDF", "3TC"})
DTG = frozenset({"DTG"})


def test_covered_days_and_supplied_days_of_a_window_with_a_gap() -> None:
    dispenses = [given("2026-01-05", 30), given("2026-01-30", 90), given("2026-05-20", 30)]
    found = adherence(dispenses, day("2026-01-05"), day("2026-06-30"), T)
    assert found == Adherence(covered=150, supplied=150, days=177)
    assert (found.pdc, found.mpr) == (Decimal("84.7"), Decimal("84.7"))


def test_early_refills_pass_100_percent_of_supplied_days_only() -> None:
    dispenses = [given(on, 90) for on in ("2026-01-01", "2026-03-01", "2026-05-01")]
    found = adherence(dispenses, day("2026-01-01"), day("2026-06-30"), T)
    assert (found.pdc, found.mpr) == (Decimal(100), Decimal("149.2"))


def test_a_window_without_a_dispense_has_no_percentage() -> None:
    found = adherence([given("2025-01-01", 30)], day("2026-01-01"), day("2026-06-30"), T)
    assert (found.pdc, found.mpr) == (None, None)


def test_a_death_transfer_or_stop_ends_the_window() -> None:
    found = adherence([given("2026-01-01", 30)], day("2026-01-01"), day("2026-06-30"), T, day("2026-01-15"))
    assert (found.covered, found.days) == (15, 15)


def test_stock_from_before_the_window_counts_as_covered_but_not_as_supplied() -> None:
    dispenses = [given("2025-12-20", 60), given("2026-01-10", 30)]
    found = adherence(dispenses, day("2026-01-01"), day("2026-03-31"), T)
    assert (found.covered, found.supplied, found.days) == (69, 30, 81)


def test_a_regimen_was_supplied_as_long_as_its_shortest_component() -> None:
    dispenses = [
        given("2025-12-01", 10, TLE),
        given("2026-01-01", 60, TDF_3TC),
        given("2026-01-01", 30, DTG),
        given("2026-01-25", 20, DTG),
    ]
    assert adherence(dispenses, day("2026-01-01"), day("2026-03-31"), T).supplied == 50


def test_a_dispense_of_unknown_days_supplies_nothing_known() -> None:
    assert adherence([given("2026-01-01")], day("2026-01-01"), day("2026-03-31"), T).days == 0
