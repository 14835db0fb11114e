"""A question that nobody could be matched to: a person chooses who is meant, or refuses with a reason."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from fhir import wire
from registry.domain.model import InboxItem
from registry.errors import BadInput, Conflict, NotAllowed, NotFound
from registry.usecases.care import dispense
from registry.usecases.care.chart import at_a_glance
from registry.usecases.care.people import register
from registry.usecases.care.record import record_care
from registry.usecases.exchange import corridor
from registry.usecases.exchange.answering import decide
from registry.usecases.exchange.receiving import receive, review
from registry.usecases.exchange.sending import ask_partner
from tests.walks.nodes import (
    Pair,
    Traveller,
    ask,
    forged,
    message_of,
    new_number,
    process_all,
    put,
    received,
    somebody,
    state_of,
    states,
    treated,
)


def unclear(pair: Pair, **changes: Any) -> tuple[Traveller, InboxItem]:
    """Return a person treated in Colombia, and the question of Lima that waits because the birth dates
    differ.
    """
    number = new_number()
    there = register.register(pair.co.services, pair.co.caller(), somebody(number)).person_id
    treated(pair.co, there)
    here = register.register(
        pair.pe.services, pair.pe.caller(), somebody(number, **({"birth_date": "1991-04-13"} | changes))
    ).person_id
    who = Traveller(here, there, number, "")
    ask(pair, who)
    pair.pump()
    item = received(pair.co, message_of(pair.pe, here, "request").msg_id)
    assert item.state == "review"
    assert states(pair.pe.look(lambda unit: unit.transfers.of(here))) == ["received"]
    return who, item


def waiting(pair: Pair, item: InboxItem) -> decide.Open:
    found = decide.waiting(pair.co.services, pair.co.caller(), item.id)
    assert found is not None
    return found


def test_the_person_chosen_is_answered_and_the_transfer_goes_on_to_its_end(pair: Pair) -> None:
    who, item = unclear(pair)
    decide.answer(pair.co.services, pair.co.caller(), item.id, who.at_co)
    pair.pump()
    chart = at_a_glance.chart(pair.pe.services, pair.pe.caller(), who.at_pe)
    assert [row.state for row in chart.transfers] == ["accepted"]
    stored = received(pair.co, item.msg_id)
    assert (stored.state, stored.owner_id) == ("processed", who.at_co)
    handed = dispense.NewDispense(who.at_pe, "TDF/3TC/DTG", Decimal(90), 90, pair.pe.services.today())
    dispense.record_dispense(pair.pe.services, pair.pe.caller(), handed)
    pair.pump()
    assert states(pair.co.look(lambda unit: unit.transfers.of(who.at_co))) == ["closed"]


def test_the_consent_of_the_question_is_the_ground_of_an_answer_that_a_person_decided(pair: Pair) -> None:
    who, item = unclear(pair)
    decide.answer(pair.co.services, pair.co.caller(), item.id, who.at_co)
    (row,) = pair.co.look(lambda unit: unit.consents.of(who.at_co, "pe"))
    assert (row.given_to, row.state) == ("partner", "active")


@pytest.mark.parametrize("reason", ["not-one-of-ours", "cannot-tell-who"])
def test_a_refusal_ends_the_askers_transfer_with_its_reason_and_it_can_ask_again(
    pair: Pair, reason: str
) -> None:
    who, item = unclear(pair)
    decide.refuse_it(pair.co.services, pair.co.caller(), item.id, reason)
    pair.pump()
    (transfer,) = pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))
    assert (transfer.state, transfer.reason) == ("refused", reason)
    task = wire.parse(record_care.read(pair.pe.services, pair.pe.caller(), "Task", transfer.task_id).body)
    assert task["status"] == "rejected"
    assert task["statusReason"]["text"].startswith(("The person is not", "This registry cannot tell"))
    care = pair.pe.look(lambda unit: unit.care.get(who.at_pe))
    assert care is not None
    assert care.transfer_state == "refused"
    ask_partner.ask(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    pair.pump()
    again = received(pair.co, message_of(pair.pe, who.at_pe, "request").msg_id)
    assert (again.id != item.id, again.state) == (True, "review")
    decide.answer(pair.co.services, pair.co.caller(), again.id, who.at_co)
    pair.pump()
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["accepted", "refused"]


def test_a_refusal_tells_nothing_of_anybody_here(pair: Pair) -> None:
    who, item = unclear(pair)
    decide.refuse_it(pair.co.services, pair.co.caller(), item.id, "not-one-of-ours")
    pair.line.sent.clear()
    pair.pump()
    sent = [pair.pe.services.crypto.unpack(data) for to, _, data in pair.line.sent if to == "pe"]
    told = next(message for message in sent if message.kind == "task-status")
    text = told.bundle.decode()
    assert who.at_co not in text
    assert "Rondón" not in text
    assert message_of(pair.pe, who.at_pe, "request").alias == told.patient_ref
    assert pair.co.look(lambda unit: unit.consents.of(who.at_co)) == []


def test_candidates_say_what_agrees_and_what_does_not(pair: Pair) -> None:
    who, item = unclear(pair)
    (one,) = waiting(pair, item).candidates
    assert one.person_id == who.at_co
    compared = one.compared
    assert (compared.document, compared.name, compared.birth_date, compared.sex) == (
        "same",
        "same",
        "other",
        "same",
    )
    assert all("•" in value for _, value in one.identifiers)


def test_a_person_without_the_document_is_found_by_name_and_birth_date(pair: Pair) -> None:
    given = f"Maríaeugenia{new_number()}"
    known = register.register(
        pair.co.services, pair.co.caller(), somebody(given=given, family="Zambrano")
    ).person_id
    here = register.register(
        pair.pe.services, pair.pe.caller(), somebody(given=given, family="Sambrano")
    ).person_id
    ask(pair, Traveller(here, known, "", ""))
    pair.pump()
    item = received(pair.co, message_of(pair.pe, here, "request").msg_id)
    (one,) = [each for each in waiting(pair, item).candidates if each.person_id == known]
    assert (one.compared.document, one.compared.birth_date) == ("other", "same")


def test_only_listed_people_can_be_chosen(pair: Pair) -> None:
    _, item = unclear(pair)
    stranger = register.register(pair.co.services, pair.co.caller(), somebody(given="Otra")).person_id
    for person in (stranger, "nobody", ""):
        with pytest.raises(BadInput):
            decide.answer(pair.co.services, pair.co.caller(), item.id, person)
    assert received(pair.co, item.msg_id).state == "review"


def test_a_provisional_person_cannot_be_chosen(pair: Pair) -> None:
    who, item = unclear(pair)
    pair.co.run("UPDATE person SET provisional = ? WHERE id = ?", True, who.at_co)
    assert waiting(pair, item).candidates == ()
    with pytest.raises(BadInput):
        decide.answer(pair.co.services, pair.co.caller(), item.id, who.at_co)


def test_a_question_is_decided_once(pair: Pair) -> None:
    who, item = unclear(pair)
    decide.answer(pair.co.services, pair.co.caller(), item.id, who.at_co)
    with pytest.raises(Conflict):
        decide.refuse_it(pair.co.services, pair.co.caller(), item.id, "not-one-of-ours")
    with pytest.raises(Conflict):
        decide.answer(pair.co.services, pair.co.caller(), item.id, who.at_co)
    assert decide.waiting(pair.co.services, pair.co.caller(), item.id) is None


def test_a_question_is_not_marked_as_reviewed_without_a_decision(pair: Pair) -> None:
    _, item = unclear(pair)
    with pytest.raises(Conflict):
        review.mark_reviewed(pair.co.services, pair.co.caller(), item.id)
    assert received(pair.co, item.msg_id).state == "review"


def test_a_consent_taken_back_meanwhile_leaves_only_the_refusal(pair: Pair) -> None:
    who, item = unclear(pair)
    given = pair.pe.look(lambda unit: unit.consents.of(who.at_pe, "co"))[0]
    corridor.withdraw_consent(pair.pe.services, pair.pe.caller(), given.id)
    pair.pump()
    assert waiting(pair, item).why_not
    with pytest.raises(Conflict):
        decide.answer(pair.co.services, pair.co.caller(), item.id, who.at_co)
    decide.refuse_it(pair.co.services, pair.co.caller(), item.id, "consent-does-not-allow")
    pair.pump()
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["cancelled"]


def test_a_consent_that_has_ended_meanwhile_discloses_nothing(pair: Pair) -> None:
    who, item = unclear(pair)
    pair.clock.by = timedelta(days=400)
    try:
        with pytest.raises(Conflict):
            decide.answer(pair.co.services, pair.co.caller(), item.id, who.at_co)
    finally:
        pair.clock.by = timedelta(0)
    assert pair.co.look(lambda unit: unit.outbox.of(who.at_co)) == []


def test_another_person_than_the_partner_meant_before_is_not_answered(pair: Pair) -> None:
    who, item = unclear(pair)
    pair.co.run(
        "INSERT INTO alias (partner, alias, owner_id, minted_by, added) VALUES ('pe', ?, 'x', 'them', 1)",
        item.alias,
    )
    with pytest.raises(Conflict):
        decide.answer(pair.co.services, pair.co.caller(), item.id, who.at_co)


def test_deciding_takes_the_rights_to_review_and_to_share(pair: Pair) -> None:
    who, item = unclear(pair)
    for role in ("pharmacist", "administrator", "worker"):
        caller = pair.co.caller(role)  # type: ignore[arg-type]
        with pytest.raises(NotAllowed):
            decide.waiting(pair.co.services, caller, item.id)
        with pytest.raises(NotAllowed):
            decide.answer(pair.co.services, caller, item.id, who.at_co)
        with pytest.raises(NotAllowed):
            decide.refuse_it(pair.co.services, caller, item.id, "not-one-of-ours")


def test_what_is_no_question_is_not_decided(pair: Pair) -> None:
    _, item = unclear(pair)
    with pytest.raises(BadInput):
        decide.refuse_it(pair.co.services, pair.co.caller(), item.id, "because")
    with pytest.raises(NotFound):
        decide.refuse_it(pair.co.services, pair.co.caller(), "nothing", "not-one-of-ours")
    with pytest.raises(NotFound):
        decide.answer(pair.co.services, pair.co.caller(), "nothing", "x")
    assert decide.waiting(pair.co.services, pair.co.caller(), "nothing") is None


def test_the_refusal_waits_in_the_queue_like_every_message(pair: Pair) -> None:
    who, item = unclear(pair)
    decide.refuse_it(pair.co.services, pair.co.caller(), item.id, "not-able-to")
    (row,) = pair.co.run("SELECT id FROM outbox WHERE in_reply_to = ? AND kind = 'task-status'", item.msg_id)
    queued = pair.co.look(lambda unit: unit.outbox.get(row[0]))
    assert queued is not None
    pair.pump()
    assert state_of(pair.co, replace(queued)) == "delivered"
    assert process_all(pair.pe.services) == 0
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["refused"]


def put_aside(pair: Pair, body: bytes) -> InboxItem:
    """Return a question with any body that waits for a person, as one that failed every time does."""
    message = forged(pair.pe, "co", "request", body)
    assert put(pair.pe, pair.co, message).status == 202
    item = received(pair.co, message.msg_id)
    receive.set_aside(pair.co.services, item)
    return received(pair.co, message.msg_id)


@pytest.mark.parametrize(
    "body", [b"{}", b"not json", b'{"entry": 7}', b'{"entry": [{"resource": {"a": 1}}]}']
)
def test_a_question_that_cannot_be_read_can_only_be_refused(pair: Pair, body: bytes) -> None:
    item = put_aside(pair, body)
    assert (item.state, waiting(pair, item).candidates) == ("review", ())
    with pytest.raises(Conflict):
        decide.answer(pair.co.services, pair.co.caller(), item.id, "anybody")
    decide.refuse_it(pair.co.services, pair.co.caller(), item.id, "not-able-to")
    assert received(pair.co, item.msg_id).state == "rejected"
    kinds = pair.co.run("SELECT kind FROM outbox WHERE in_reply_to = ?", item.msg_id)
    assert kinds == [("receipt",)]


def test_a_question_whose_order_breaks_the_standard_is_not_answered(pair: Pair) -> None:
    who, item = unclear(pair)
    plain = pair.co.services.vault.open("inbox", receive.body_place(item.id), item.body)
    bundle = wire.parse(plain)
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "ServiceRequest":
            entry["resource"]["status"] = "whatever"
    other = put_aside(pair, wire.canonical(bundle))
    with pytest.raises(Conflict, match="breaks rules"):
        decide.answer(pair.co.services, pair.co.caller(), other.id, who.at_co)


def test_a_token_that_was_moved_to_somebody_else_shows_nobody(pair: Pair) -> None:
    who, item = unclear(pair)
    stranger = register.register(
        pair.co.services, pair.co.caller(), somebody(given="Otra", family="Nadie")
    ).person_id
    pair.co.run("DELETE FROM search_token WHERE owner_id = ?", stranger)
    pair.co.run("UPDATE search_token SET owner_id = ? WHERE owner_id = ?", stranger, who.at_co)
    assert stranger not in {one.person_id for one in waiting(pair, item).candidates}
