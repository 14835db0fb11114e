"""Register people who arrive, record consents, hand over tablets: what is accepted and what is refused."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from fhir import wire
from registry.domain.model import Caller
from registry.errors import BadInput, NotAllowed, NotFound, Unprocessable
from registry.usecases.care import dispense
from registry.usecases.care.chart import at_a_glance, summary
from registry.usecases.care.people import register
from registry.usecases.care.record import care_state, record_care
from registry.usecases.exchange import corridor
from tests.walks.nodes import Pair, WalkNode, consent, exchanged, new_number, somebody, treated


def register_one(node: WalkNode, **changes: Any) -> register.Registered:
    return register.register(node.services, node.caller(), somebody(**changes))


def test_a_person_may_carry_several_documents(lima: WalkNode) -> None:
    papers = tuple((kind, new_number()) for kind in ("ve-ci", "ve-pp", "co-ppt", "clinic"))
    made = register_one(lima, identifiers=papers, phone="+51 999 111 222", language="pt")
    chart = at_a_glance.chart(lima.services, lima.caller(), made.person_id, "en")
    assert [value for _, value in chart.person.identifiers] == [value for _, value in papers]
    assert (chart.person.phone, chart.person.language) == ("+51 999 111 222", "pt")
    assert (chart.person.origin_country, chart.person.provisional) == ("VE", False)
    assert chart.supply.last is None


def test_odd_numbers_and_known_documents_warn_and_never_block(lima: WalkNode) -> None:
    number = new_number()
    first = register_one(lima, number=number)
    new = somebody(
        identifiers=(("ve-ci", f"V{number}"), ("dni", "12"), ("ec-ci", "1710034066"), ("clinic", " "))
    )
    noted = register.warnings(lima.services, lima.caller(), new)
    assert noted == (("unusual-form", "dni"), ("check-digit", "ec-ci"), ("same-document", first.person_id))
    made = register.register(lima.services, lima.caller(), new)
    assert made.warnings == noted
    fine = somebody(identifiers=(("ec-ci", "1710034065"),))
    assert ("check-digit", "ec-ci") not in register.warnings(lima.services, lima.caller(), fine)
    assert register.warnings(lima.services, lima.caller(), somebody(identifiers=())) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"given": " ", "family": ""},
        {"given": "x" * 121},
        {"family": "x" * 121},
        {"phone": "1" * 121},
        {"birth_date": "yesterday"},
        {"birth_date": "1991-02-30"},
        {"birth_date": "2199-01-01"},
        {"sex": "F"},
        {"identifiers": (("library-card", "1"),)},
        {"identifiers": (("dni", "1" * 121),)},
    ],
)
def test_what_cannot_be_registered_is_refused_and_not_stored(lima: WalkNode, changes: dict[str, Any]) -> None:
    before = lima.look(lambda unit: unit.people.count())
    with pytest.raises(BadInput):
        register_one(lima, **changes)
    assert lima.look(lambda unit: unit.people.count()) == before


def test_a_name_of_one_part_and_no_birth_date_are_enough(lima: WalkNode) -> None:
    made = register_one(lima, given="", birth_date="", sex="unknown", identifiers=(), language="")
    chart = at_a_glance.chart(lima.services, lima.caller(), made.person_id)
    assert (chart.person.name, chart.person.age, chart.person.language) == ("Rondón Quintero", None, "")


def test_ages_count_full_years(pair: Pair) -> None:
    today = pair.pe.services.today()
    tomorrow = today + timedelta(days=1)
    ages = []
    for born in (today.replace(year=1990), tomorrow.replace(year=1990)):
        person_id = register_one(pair.pe, birth_date=born.isoformat()).person_id
        ages.append(at_a_glance.chart(pair.pe.services, pair.pe.caller(), person_id).person.age)
    assert ages == [today.year - 1990, tomorrow.year - 1991]


def handing(node: WalkNode, person_id: str, **changes: Any) -> dispense.NewDispense:
    values: dict[str, Any] = {
        "person_id": person_id,
        "product": "TDF/3TC/DTG",
        "quantity": Decimal(30),
        "days": 30,
        "handed_over": node.services.today(),
    }
    return dispense.NewDispense(**values | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"product": "aspirin"},
        {"days": 0},
        {"days": 367},
        {"quantity": Decimal(0)},
        {"quantity": Decimal(2001)},
        {"daily_dose": Decimal(0)},
        {"daily_dose": Decimal(21)},
        {"next_pickup": date(2020, 1, 1)},
    ],
)
def test_a_dispense_that_breaks_a_rule_is_refused(lima: WalkNode, changes: dict[str, Any]) -> None:
    person_id = register_one(lima).person_id
    for act in (dispense.record_dispense, dispense.supply_after):
        with pytest.raises(BadInput):
            act(lima.services, lima.caller(), handing(lima, person_id, **changes))


def test_a_dispense_of_tomorrow_is_refused(lima: WalkNode) -> None:
    person_id = register_one(lima).person_id
    tomorrow = lima.services.today() + timedelta(days=1)
    with pytest.raises(BadInput):
        dispense.record_dispense(lima.services, lima.caller(), handing(lima, person_id, handed_over=tomorrow))


def test_a_dispense_for_nobody_is_refused(lima: WalkNode) -> None:
    with pytest.raises(Unprocessable):
        dispense.record_dispense(lima.services, lima.caller(), handing(lima, "nobody"))
    with pytest.raises(NotFound):
        dispense.supply_after(lima.services, lima.caller(), handing(lima, "nobody"))


def test_tablets_are_handed_over_where_the_person_works(lima: WalkNode) -> None:
    person_id = register_one(lima).person_id
    nurse = Caller("user:n", "pharmacist", "pe", "tumbes", "Tumbes")
    pickup = lima.services.today() + timedelta(days=28)
    planned = dispense.supply_after(lima.services, nurse, handing(lima, person_id))
    assert planned.days_on_hand == 30
    stored = dispense.record_dispense(lima.services, nurse, handing(lima, person_id, next_pickup=pickup))
    state = lima.look(lambda unit: unit.care.get(person_id))
    assert state is not None
    assert (state.facility, state.region) == ("tumbes", "Tumbes")
    assert (state.run_out, state.next_contact) == (lima.services.today() + timedelta(days=30), pickup)
    assert wire.parse(stored.body)["location"]["identifier"]["value"] == "tumbes"
    elsewhere = handing(lima, person_id, facility="lima-norte")
    dispense.record_dispense(lima.services, nurse, elsewhere)
    state = lima.look(lambda unit: unit.care.get(person_id))
    assert state is not None
    assert state.facility == "lima-norte"


def test_products_have_names_people_know(lima: WalkNode) -> None:
    assert ("TDF/3TC/DTG", "TDF + 3TC + DTG") in dispense.products(lima.services.node)


def test_days_of_medicine_count_down_every_night(pair: Pair) -> None:
    person_id = register_one(pair.pe).person_id
    treated(pair.pe, person_id, days_ago=0, days=30)
    pair.clock.by = timedelta(days=40)
    assert care_state.recompute_stale(pair.pe.services, 100_000) > 0
    state = pair.pe.look(lambda unit: unit.care.get(person_id))
    assert state is not None
    assert state.risk
    chart = at_a_glance.chart(pair.pe.services, pair.pe.caller(), person_id)
    assert chart.supply.days_on_hand == 0


def test_a_chart_is_for_those_who_may_read_and_tells_who_looked(lima: WalkNode) -> None:
    person_id = register_one(lima).person_id
    with pytest.raises(NotFound):
        at_a_glance.chart(lima.services, lima.caller(), "nobody")
    with pytest.raises(NotAllowed):
        at_a_glance.chart(lima.services, lima.caller("community"), person_id)
    at_a_glance.chart(lima.services, lima.caller("pharmacist"), person_id)
    (newest, *_) = lima.look(lambda unit: unit.audit.about(person_id, 5))
    assert (newest["action"], newest["actor"]) == ("view", "user:pharmacist")


def test_the_summary_holds_own_and_received_facts(pair: Pair) -> None:
    who = exchanged(pair)
    body = wire.parse(summary.summary(pair.pe.services, pair.pe.caller(), who.at_pe, "en"))
    kinds = [entry["resource"]["resourceType"] for entry in body["entry"]]
    assert kinds[0] == "Composition"
    assert "MedicationDispense" in kinds
    assert "Consent" not in kinds
    assert "Task" not in kinds
    with pytest.raises(NotAllowed):
        summary.summary(pair.pe.services, pair.pe.caller("community"), who.at_pe)
    with pytest.raises(NotFound):
        summary.summary(pair.pe.services, pair.pe.caller(), "nobody")
    partner = Caller("partner:x", "partner", "x", scopes=("system/Observation.r",))
    with pytest.raises(NotAllowed):
        summary.summary(pair.pe.services, partner, who.at_pe)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"partner": "nobody"}, BadInput),
        ({"data_classes": ()}, BadInput),
        ({"data_classes": ("identity", "insurance")}, BadInput),
        ({"purpose": "HRESCH"}, NotAllowed),
        ({"days_valid": 0}, BadInput),
        ({"days_valid": 731}, BadInput),
    ],
)
def test_a_consent_that_the_agreement_does_not_cover_is_refused(
    lima: WalkNode, changes: dict[str, Any], error: type[Exception]
) -> None:
    person_id = register_one(lima).person_id
    values = {"partner": "co"} | changes
    with pytest.raises(error):
        corridor.record_consent(lima.services, lima.caller(), person_id, corridor.NewConsent(**values))
    assert corridor.consents(lima.services, lima.caller(), person_id) == []


def test_consents_of_nobody_are_not_recorded_or_withdrawn(lima: WalkNode) -> None:
    with pytest.raises(NotFound):
        corridor.record_consent(lima.services, lima.caller(), "nobody", corridor.NewConsent("co"))
    with pytest.raises(NotFound):
        corridor.withdraw_consent(lima.services, lima.caller(), "nobody")


def test_a_withdrawn_consent_stays_on_record(lima: WalkNode) -> None:
    person_id = register_one(lima).person_id
    consent_id = consent(lima, person_id, "co", discoverable=True, days_valid=30)
    row = corridor.withdraw_consent(lima.services, lima.caller(), consent_id)
    assert (row.state, row.version, row.discoverable) == ("withdrawn", 2, True)
    assert corridor.consents(lima.services, lima.caller(), person_id) == [row]
    assert lima.look(lambda unit: unit.outbox.of(person_id)) == []  # the partner never heard of the person
    stored = record_care.read(lima.services, lima.caller(), "Consent", consent_id)
    assert wire.parse(stored.body)["status"] == "inactive"


def test_a_consent_whose_resource_was_deleted_can_still_be_withdrawn(lima: WalkNode) -> None:
    person_id = register_one(lima).person_id
    consent_id = consent(lima, person_id, "co")
    record_care.delete(lima.services, lima.caller(), "Consent", consent_id)
    assert corridor.withdraw_consent(lima.services, lima.caller(), consent_id).state == "withdrawn"
