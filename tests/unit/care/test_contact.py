"""When somebody is expected and how late they are."""

import pytest

from fhir.treatment.model import Contact, TreatmentRecord
from registry.domain.care.contact import Expected, expected_on, seen
from tests.unit.care.facts import OWN, T, day, fhir_date, given

ON = day("2026-03-31")


def contact(kind: str, on: str, status: str, **more) -> Contact:
    return Contact(kind, fhir_date(on), status, OWN, **more)  # type: ignore[arg-type]


def waited(dispenses=(), contacts=(), variant="later-of") -> Expected:
    record = TreatmentRecord(dispenses=tuple(dispenses), contacts=tuple(contacts))
    return expected_on(record, ON, T, variant)


TWO = [given("2025-12-15", 90), given("2026-01-05", 90)]
MISSED = contact("appointment", "2026-03-01", "noshow")


@pytest.mark.parametrize(("variant", "late"), [("later-of", -74), ("run-out", -74), ("appointment", 30)])
def test_a_missed_appointment_with_tablets_at_home_depends_on_the_variant(variant, late: int) -> None:
    assert waited(TWO, [MISSED], variant).late(ON) == late


def test_without_an_appointment_the_run_out_counts() -> None:
    assert waited([given("2026-01-01", 30)], variant="appointment").day == day("2026-01-31")


def test_without_a_known_supply_the_appointment_counts() -> None:
    assert waited([given("2026-01-01")], [MISSED], "run-out").day == day("2026-03-01")


def test_nobody_is_expected_without_any_fact() -> None:
    found = waited()
    assert (found.day, found.late(ON)) == (None, None)


def test_the_pick_up_set_at_the_last_dispense_counts_before_other_bookings() -> None:
    found = waited([given("2026-01-01", 30, next_pickup=day("2026-02-05"))], [MISSED])
    assert found.appointment == day("2026-02-05")


def test_a_pick_up_day_that_a_later_visit_has_passed_no_longer_counts() -> None:
    dispense = given("2026-01-01", 30, next_pickup=day("2026-01-20"))
    visit = contact("visit", "2026-02-10", "finished")
    assert waited([dispense], [visit, MISSED]).appointment == day("2026-03-01")


def test_a_booking_by_telephone_after_a_missed_day_does_not_move_it() -> None:
    rebooked = contact("appointment", "2026-04-20", "booked")
    assert waited(TWO, [MISSED, rebooked]).appointment == day("2026-03-01")


def test_telephone_calls_and_plans_are_no_contacts() -> None:
    contacts = [
        contact("visit", "2026-01-01", "finished"),
        contact("visit", "2026-01-02", "finished", virtual=True),
        contact("visit", "2026-01-03", "planned"),
        contact("appointment", "2026-01-04", "fulfilled"),
        contact("appointment", "2026-01-05", "booked"),
    ]
    dispenses = [given("2026-01-06", 30), given("2026-01-07", status="cancelled"), given(None, 30)]
    assert seen(dispenses, contacts, ON) == [day("2026-01-01"), day("2026-01-04"), day("2026-01-06")]
    assert seen(dispenses, contacts, day("2026-01-01")) == [day("2026-01-01")]


def test_an_appointment_kept_later_was_planned_before() -> None:
    record = TreatmentRecord(
        dispenses=(given("2026-01-01", 30),), contacts=(contact("appointment", "2026-03-20", "fulfilled"),)
    )
    assert expected_on(record, day("2026-03-01"), T).appointment == day("2026-03-20")
    assert expected_on(record, day("2026-03-20"), T).appointment is None
