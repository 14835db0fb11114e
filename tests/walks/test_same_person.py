"""One document number is not enough: what else must agree before anything is told, or counts in a chart."""

import threading
from typing import Any

import pytest

from fhir import wire
from registry.usecases.care.chart import at_a_glance
from registry.usecases.care.people import register
from registry.usecases.care.record import care_state
from registry.usecases.exchange import close_transfer
from registry.usecases.exchange.receiving import receive, review
from tests.walks.nodes import (
    Pair,
    Traveller,
    ask,
    exchanged,
    forged,
    message_of,
    new_number,
    put,
    put_and_process,
    received,
    rules_of,
    somebody,
    states,
    treated,
)


def asked_with(pair: Pair, there: dict[str, Any], here: dict[str, Any]) -> tuple[str, str]:
    """Return what becomes of a question between two records that share one document, and who was asked."""
    number = new_number()
    known = register.register(pair.co.services, pair.co.caller(), somebody(number, **there)).person_id
    treated(pair.co, known)
    person = register.register(pair.pe.services, pair.pe.caller(), somebody(number, **here)).person_id
    ask(pair, Traveller(person, known, number, ""))
    pair.pump()
    return received(pair.co, message_of(pair.pe, person, "request").msg_id).state, known


@pytest.mark.parametrize("born", [("", ""), ("1991-04-12", ""), ("1991", "1991-04-12")])
def test_a_number_alone_discloses_nothing_when_no_birth_date_and_no_name_agrees(
    pair: Pair, born: tuple[str, str]
) -> None:
    other = {"given": "Wilmer", "family": "Peña", "sex": "male"}
    state, known = asked_with(pair, {"birth_date": born[0]}, {"birth_date": born[1], **other})
    assert state == "review"
    assert pair.co.look(lambda unit: unit.outbox.of(known)) == []


def test_a_number_and_a_name_are_enough_without_birth_dates(pair: Pair) -> None:
    there = {"birth_date": "", "given": "Yulexis", "family": "Jiménez Peña"}
    here = {"birth_date": "", "given": "Yulexis", "family": "Giménez"}
    assert asked_with(pair, there, here)[0] == "processed"


def test_a_number_and_a_full_birth_date_are_enough_after_a_change_of_name(pair: Pair) -> None:
    assert asked_with(pair, {}, {"given": "Wendy", "family": "Mora"})[0] == "processed"


def summary_of(pair: Pair, who: Traveller, **changes: Any) -> bytes:
    """Return the summary Colombia sent, with another Patient."""
    item = message_of(pair.co, who.at_co, "summary")
    stored = received(pair.pe, item.msg_id)
    plain = pair.pe.services.vault.open("inbox", receive.body_place(stored.id), stored.body)
    bundle = wire.parse(plain)
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "Patient":
            entry["resource"] |= changes
        if entry["resource"]["resourceType"] == "MedicationDispense":
            entry["resource"]["quantity"]["value"] = 900
            entry["resource"].get("daysSupply", {})["value"] = 900
    return wire.canonical(bundle)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"birthDate": "1960-01-01"}, "Patient.birthDate"),
        ({"gender": "male"}, "Patient.gender"),
        ({"name": [{"given": ["Wilmer"], "family": "Peña"}]}, "Patient.name"),
    ],
)
def test_a_summary_about_somebody_else_moves_neither_chart_nor_care_state_before_a_review(
    pair: Pair, changes: dict[str, Any], path: str
) -> None:
    who = exchanged(pair)

    def days() -> tuple[int | None, object]:
        chart = at_a_glance.chart(pair.pe.services, pair.pe.caller(), who.at_pe)
        care = pair.pe.look(lambda unit: unit.care.get(who.at_pe))
        assert care is not None
        return chart.supply.days_on_hand, care.run_out

    before = days()
    item = message_of(pair.co, who.at_co, "summary")
    body = summary_of(pair, who, **changes)
    message = forged(pair.co, "pe", "summary", body, patient_ref=item.alias, seq=99)
    made = put_and_process(pair.co, pair.pe, message)
    assert (made.state, made.owner_id) == ("review", who.at_pe)
    findings = receive.findings_of(pair.pe.services, made)
    assert [issue.path for issue in findings if issue.rule == "match-contradiction"] == [path]
    assert days() == before
    review.mark_reviewed(pair.pe.services, pair.pe.caller(), made.id)
    assert days() != before


def test_the_summary_before_one_in_question_still_counts(pair: Pair) -> None:
    who = exchanged(pair)
    item = message_of(pair.co, who.at_co, "summary")
    body = summary_of(pair, who, birthDate="1960-01-01")
    put_and_process(pair.co, pair.pe, forged(pair.co, "pe", "summary", body, patient_ref=item.alias, seq=99))
    chart = at_a_glance.chart(pair.pe.services, pair.pe.caller(), who.at_pe)
    assert (chart.supply.days_on_hand, len(chart.documents)) == (9, 2)


def waits_for(pair: Pair, owner: str, act: Any) -> bool:
    """Tell whether an act waits while somebody else holds a person, and ends when they let go."""
    thread = threading.Thread(target=act)
    with pair.pe.services.unit() as unit:
        unit.lock([owner.encode()])
        thread.start()
        thread.join(0.3)
        waited = thread.is_alive()
    thread.join(30)
    assert not thread.is_alive()
    return waited


def test_care_states_and_incoming_summaries_of_one_person_come_one_after_the_other(pair: Pair) -> None:
    who = exchanged(pair)
    item = message_of(pair.co, who.at_co, "summary")
    body = summary_of(pair, who)
    message = forged(pair.co, "pe", "summary", body, patient_ref=item.alias, seq=99)
    put(pair.co, pair.pe, message)
    stored = received(pair.pe, message.msg_id)
    assert waits_for(pair, who.at_pe, lambda: receive.process(pair.pe.services, stored.id))
    assert received(pair.pe, message.msg_id).state == "processed"

    def refresh() -> None:
        with pair.pe.services.unit() as unit:
            care_state.refresh(pair.pe.services, unit, who.at_pe)
            unit.commit()

    assert waits_for(pair, who.at_pe, refresh)


def test_a_transfer_that_somebody_else_moved_is_not_told_twice(pair: Pair) -> None:
    who = exchanged(pair)
    (seen,) = pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))
    treated(pair.pe, who.at_pe, days_ago=0)
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["closed"]
    with pair.pe.services.unit() as unit:
        close_transfer.by_earlier_dispense(pair.pe.services, unit, pair.pe.caller("worker"), seen)
        unit.commit()
    told = [
        item for item in pair.pe.look(lambda unit: unit.outbox.of(who.at_pe)) if item.kind == "task-status"
    ]
    assert len(told) == 1
    assert rules_of(pair.pe, received(pair.pe, message_of(pair.co, who.at_co, "task-status").msg_id)) == []
