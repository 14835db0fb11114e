"""Continuity risk: each rule alone, their order, and clinical weight."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fhir.treatment.model import (
    Concept,
    Contact,
    PersonFacts,
    Problem,
    TransferFact,
    TreatmentRecord,
    ViralLoad,
)
from registry.domain.care.ages import years
from registry.domain.care.continuity import supply
from registry.domain.care.risk import ACTIONS, Plan, Risk, assess
from tests.unit.care.facts import OWN, PARTNER, T, day, fhir_date, given, result, taking

ON = day("2026-03-31")


def booked(on: str) -> Contact:
    return Contact("appointment", fhir_date(on), "booked", OWN)


def risk(*dispenses, plan: Plan | None = None, **facts) -> Risk:
    record = TreatmentRecord(dispenses=dispenses, **facts)
    return assess(record, supply(record.dispenses, ON, T), ON, T, plan)


def until(run_out: str):
    """Give a dispense whose tablets end on a day, handed over sixty days before."""
    return given((day(run_out) - timedelta(days=60)).isoformat(), 60)


SAFE = until("2026-05-15")


def test_a_person_with_tablets_and_a_visit_in_time_is_at_low_risk() -> None:
    found = risk(SAFE, contacts=(booked("2026-05-10"),))
    assert (found.level, found.rules, found.next_action) == ("low", (), "none")
    assert (found.run_out, found.next_contact) == (day("2026-05-15"), day("2026-05-10"))
    assert found.days_on_hand == 45


@pytest.mark.parametrize(
    ("run_out", "contact", "rules", "level", "action"),
    [
        ("2026-03-31", "2026-03-31", ("R1",), "critical", "dispense-now"),
        ("2026-05-01", "2026-05-08", ("R2",), "high", "bring-pickup-forward"),
        ("2026-05-01", "2026-05-09", ("R2",), "critical", "bring-pickup-forward"),
        ("2026-04-30", None, ("R3",), "high", "book-pickup"),
        ("2026-04-14", None, ("R3",), "critical", "book-pickup"),
        ("2026-05-01", None, (), "low", "none"),
    ],
)
def test_rules_of_supply(run_out: str, contact: str | None, rules, level: str, action: str) -> None:
    found = risk(until(run_out), contacts=(booked(contact),) if contact else ())
    assert (found.rules, found.level, found.next_action) == (rules, level, action)


def test_a_pick_up_or_visit_planned_in_another_country_is_no_plan_here() -> None:
    abroad = given("2026-02-13", 60, source=PARTNER, next_pickup=day("2026-04-10"))
    there = replace(booked("2026-04-10"), source=PARTNER)
    assert risk(abroad, contacts=(there,)).rules == ("R3",)
    assert risk(replace(abroad, source=OWN)).rules == ()


def test_a_visit_at_the_destination_counts_as_a_plan() -> None:
    assert risk(until("2026-04-14"), plan=Plan(appointment=day("2026-04-10"))).rules == ()


def test_a_journey_asks_for_tablets_until_the_first_visit_there() -> None:
    contacts = (booked("2026-05-10"),)
    found = risk(SAFE, contacts=contacts, plan=Plan(travel=day("2026-05-01")))
    assert (found.rules, found.level, found.extra_days) == (("R4",), "high", 7)
    assert found.travel == day("2026-05-01")
    assert risk(SAFE, contacts=contacts, plan=Plan(travel=day("2026-04-24"))).rules == ()


@pytest.mark.parametrize("dispenses", [(), (given("2026-03-01"),), (given("2025-09-01", 365),)])
def test_stock_nobody_knows_is_asked_for(dispenses) -> None:
    found = risk(*dispenses, contacts=(booked("2026-04-10"),))
    assert (found.rules, found.level, found.next_action) == (("R5",), "medium", "call-about-stock")


def test_long_acting_medicine_is_not_unknown_stock() -> None:
    assert risk(given("2026-03-01", 60, frozenset({"CAB", "RPV"}))).rules == ()


@pytest.mark.parametrize(
    ("days", "rule", "level"), [(1, "R6", "high"), (28, "R6", "high"), (29, "R7", "critical")]
)
def test_late_is_traced_at_once_and_interrupted_is_brought_back(days: int, rule: str, level: str) -> None:
    run_out = (ON - timedelta(days=days)).isoformat()
    found = risk(until(run_out))
    assert rule in found.rules
    assert next(hit for hit in found.hits if hit.rule == rule).level == level
    assert next(hit for hit in found.hits if hit.rule == rule).days == days


def test_re_engagement_follows_dispensing_in_the_list_of_actions() -> None:
    assert list(ACTIONS)[:2] == ["R1", "R7"]
    assert risk(until("2026-01-01")).next_action == "dispense-now"


@pytest.mark.parametrize(
    ("plan", "rules"),
    [
        (Plan(coverage_end=day("2026-06-13")), ("R8",)),
        (Plan(coverage_end=day("2026-06-14")), ()),
        (Plan(no_coverage=True), ("R8",)),
    ],
)
def test_cover_of_costs_must_outlast_the_tablets_by_a_month(plan: Plan, rules) -> None:
    found = risk(SAFE, contacts=(booked("2026-05-10"),), plan=plan)
    assert (found.rules, found.level) == (rules, "medium" if rules else "low")


@pytest.mark.parametrize(
    ("state", "sent", "rules"),
    [
        ("sent", "2026-03-16", ("R10",)),
        ("received", "2026-03-16", ("R10",)),
        ("sent", "2026-03-17", ()),
        ("accepted", "2026-03-01", ()),
    ],
)
def test_a_transfer_nobody_accepted_is_chased(state: str, sent: str, rules) -> None:
    fact = TransferFact("t", "out", "requested", state, OWN, day(sent), state=state)
    found = risk(SAFE, contacts=(booked("2026-05-10"),), transfers=(fact,))
    assert found.rules == rules


def pregnancy(text: str, on: str = "2026-01-01") -> dict[str, object]:
    return {"pregnancy": result("pregnancy", on, text=text)}


def problem(kind: str, status: str = "active", on: str = "2026-01-01") -> dict[str, object]:
    return {"problems": (Problem(kind, Concept(kind), OWN, status, fhir_date(on)),)}


@pytest.mark.parametrize(
    ("facts", "weights"),
    [
        (pregnancy("Pregnant"), ("pregnant",)),
        (pregnancy("Embarazada"), ("pregnant",)),
        (pregnancy("true"), ("pregnant",)),
        (pregnancy("Positive"), ("pregnant",)),
        (pregnancy("Not pregnant"), ()),
        (pregnancy("Negativo"), ()),
        (pregnancy("Unknown"), ()),
        (pregnancy("Pregnant", "2025-01-01"), ()),
        (problem("pregnancy"), ("pregnant",)),
        (problem("pregnancy", on="2024"), ()),
        (problem("breastfeeding"), ("breastfeeding",)),
        (problem("stage-4"), ("advanced-stage",)),
        (problem("stage-3", "resolved"), ()),
        (problem("tuberculosis"), ("tuberculosis",)),
        (problem("hepatitis-b"), ("hepatitis-b",)),
        ({"medications": (taking(frozenset({"RIF", "INH"}), "2026-01-01"),)}, ("tuberculosis",)),
        ({"medications": (taking(frozenset({"RIF"}), "2025-01-01", "2025-07-01"),)}, ()),
        ({"medications": (taking(frozenset({"INH"}), "2026-01-01"),)}, ()),
        ({"results": (result("cd4", "2026-01-01", value=199),)}, ("low-cd4",)),
        ({"results": (result("cd4", "2025-01-01", value=100), result("cd4", "2026-01-01", value=350))}, ()),
        ({"results": (result("hbsag", "2026-01-01", text="Positive"),)}, ("hepatitis-b",)),
        (
            {"viral_loads": (ViralLoad(fhir_date("2026-01-01"), OWN, "1000", suppressed=False),)},
            ("not-suppressed",),
        ),
        ({"person": PersonFacts(birth_date=fhir_date("2011-04-01"))}, ("child",)),
        ({"person": PersonFacts(birth_date=fhir_date("2011-03-31"))}, ()),
    ],
)
def test_clinical_weight_raises_the_level_by_one(facts, weights) -> None:
    found = risk(SAFE, contacts=(booked("2026-05-10"),), plan=Plan(no_coverage=True), **facts)
    assert found.weights == weights
    assert (found.level, found.rules) == (("high", ("R8", "R9")) if weights else ("medium", ("R8",)))


def test_weight_alone_is_no_risk_and_critical_stays_critical() -> None:
    assert risk(SAFE, contacts=(booked("2026-05-10"),), **problem("stage-4")).level == "low"
    assert risk(until("2026-03-31"), **problem("stage-4")).level == "critical"


def test_nobody_is_at_risk_after_death_or_a_confirmed_transfer() -> None:
    late = until("2026-01-01")
    assert risk(late, person=PersonFacts(deceased=True)).level == "low"
    moved = TransferFact("t", "out", "completed", "first-dispense", OWN, day("2025-12-01"), day("2026-02-01"))
    assert risk(late, transfers=(moved,)).rules == ()
    came_back = risk(late, given("2026-02-02", 30), transfers=(moved,))
    assert came_back.level != "low"
    elsewhere = risk(late, given("2026-02-02", 30, source=PARTNER), transfers=(moved,))
    assert elsewhere.level == "low"
    later = replace(moved, confirmed=day("2026-04-02"))
    assert risk(late, transfers=(later,)).level != "low"


@pytest.mark.parametrize(
    ("born", "on", "age"), [("2000-02-29", "2026-02-28", 25), ("2000-02-29", "2026-03-01", 26)]
)
def test_age_counts_birthdays(born: str, on: str, age: int) -> None:
    assert years(day(born), day(on)) == age
