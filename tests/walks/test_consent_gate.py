"""What a consent lets out and what it stops, between two real nodes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from config import PartnerPolicy
from fhir import wire
from registry.errors import NotAllowed
from registry.ports import Services, Unit
from registry.usecases.care.record import record_care
from registry.usecases.exchange import corridor
from registry.usecases.exchange.sending import ask_partner, deliver, send_summary
from tests.walks.nodes import (
    Pair,
    Traveller,
    WalkNode,
    ask,
    consent,
    exchanged,
    fails,
    message_of,
    move_back,
    process_all,
    received,
    state_of,
    traveller,
    treated,
)


def queued(pair: Pair, **changes: Any) -> tuple[Traveller, str]:
    """Return a person of Lima with a consent and a summary that waits to leave for Colombia."""
    who = traveller(pair)
    treated(pair.pe, who.at_pe)
    consent_id = consent(pair.pe, who.at_pe, "co", **changes)
    send_summary.queue_summary(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    return who, consent_id


def withdraw(node: WalkNode, consent_id: str) -> None:
    corridor.withdraw_consent(node.services, node.caller(), consent_id)


def sent_kinds(pair: Pair, node: WalkNode) -> list[str]:
    """Return the kinds of the messages that left a node for the other one."""
    other = "co" if node is pair.pe else "pe"
    kinds = []
    for partner, msg_id, _ in pair.line.sent:
        if partner == other:
            kinds += [row[0] for row in node.run("SELECT kind FROM outbox WHERE msg_id = ?", msg_id)]
    return kinds


def with_policy(services: Services, partner: str, **changes: Any) -> Services:
    """Return a node whose agreement with a partner was changed."""

    def changed(policy: PartnerPolicy) -> PartnerPolicy:
        return replace(policy, **changes) if policy.id == partner else policy

    node = replace(services.node, partners=tuple(map(changed, services.node.partners)))
    return replace(services, settings=replace(services.settings, node=node))


def summary_text(pair: Pair, item: Any) -> bytes:
    """Return the summary as the receiving node stored it."""
    stored = received(pair.co, item.msg_id)
    return pair.co.services.vault.open("inbox", ("inbox", stored.id, "body", 1), stored.body)


def test_a_summary_leaves_under_a_consent(pair: Pair) -> None:
    who, _ = queued(pair)
    item = message_of(pair.pe, who.at_pe, "summary")
    pair.pump()
    assert state_of(pair.pe, item) == "delivered"
    assert received(pair.co, item.msg_id).state == "processed"
    text = summary_text(pair, item)
    assert who.cedula.encode() in text
    assert b"MedicationDispense" in text
    assert b"DTG" in text


def test_withdrawn_consent_stops_a_queued_summary(pair: Pair) -> None:
    who, consent_id = queued(pair)
    withdraw(pair.pe, consent_id)
    pair.pump()
    assert state_of(pair.pe, message_of(pair.pe, who.at_pe, "summary")) == "withdrawn"
    assert "summary" not in sent_kinds(pair, pair.pe)


def test_the_worker_checks_consent_again_even_when_nothing_stopped_the_row(pair: Pair) -> None:
    who, consent_id = queued(pair)
    item = message_of(pair.pe, who.at_pe, "summary")
    withdraw(pair.pe, consent_id)
    pair.pe.run("UPDATE outbox SET state = 'pending' WHERE id = ?", item.id)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "withdrawn"
    assert "summary" not in sent_kinds(pair, pair.pe)


def test_expired_consent_lets_nothing_out(pair: Pair) -> None:
    who, _ = queued(pair, days_valid=10)
    pair.clock.by = timedelta(days=11)
    item = message_of(pair.pe, who.at_pe, "summary")
    assert deliver.deliver(pair.pe.services, item.id, "w") == "withdrawn"


def test_a_consent_holds_on_its_last_day(pair: Pair) -> None:
    who, _ = queued(pair, days_valid=5)
    pair.clock.by = timedelta(days=5)
    item = message_of(pair.pe, who.at_pe, "summary")
    assert deliver.deliver(pair.pe.services, item.id, "w") == "sent"


def test_consent_for_another_corridor_lets_nothing_out(pair: Pair) -> None:
    who = traveller(pair)
    consent(pair.pe, who.at_pe, "ec")
    for act in (ask_partner.ask, send_summary.queue_summary):
        with pytest.raises(NotAllowed):
            act(pair.pe.services, pair.pe.caller(), who.at_pe, "co")


def test_a_consent_for_another_purpose_is_not_one_for_treatment(pair: Pair) -> None:
    who = traveller(pair)
    services = with_policy(pair.pe.services, "co", purposes=("TREAT", "ETREAT"))
    new = corridor.NewConsent("co", purpose="ETREAT")
    corridor.record_consent(services, pair.pe.caller(), who.at_pe, new)
    with pytest.raises(NotAllowed):
        send_summary.queue_summary(services, pair.pe.caller(), who.at_pe, "co")


def test_what_the_person_did_not_agree_to_is_not_in_the_summary(pair: Pair) -> None:
    who, _ = queued(pair, data_classes=("identity",))
    item = message_of(pair.pe, who.at_pe, "summary")
    pair.pump()
    text = summary_text(pair, item)
    assert who.cedula.encode() in text
    assert b"MedicationDispense" not in text
    assert b"DTG" not in text


def test_a_class_taken_out_of_the_agreement_is_not_in_a_summary_queued_before(pair: Pair) -> None:
    who, _ = queued(pair)
    item = message_of(pair.pe, who.at_pe, "summary")
    services = with_policy(pair.pe.services, "co", data_classes=("identity",))
    shown = send_summary.preview(services, pair.pe.caller(), who.at_pe, "co")
    assert not any("DTG" in text for _, text in shown.sections)
    assert deliver.deliver(services, item.id, "w") == "sent"
    assert b"MedicationDispense" not in summary_text(pair, item)


def test_an_ended_agreement_stops_a_queued_summary(pair: Pair) -> None:
    who, _ = queued(pair)
    services = with_policy(pair.pe.services, "co", purposes=())
    item = message_of(pair.pe, who.at_pe, "summary")
    assert deliver.deliver(services, item.id, "w") == "withdrawn"


def test_a_phone_and_an_address_stay_at_home_when_the_corridor_does_not_cover_them(pair: Pair) -> None:
    who = traveller(pair, phone="+51 999 000 111")
    consent(pair.pe, who.at_pe, "co")
    item = send_summary.queue_summary(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    pair.pump()
    assert b"999 000 111" not in summary_text(pair, item)


def test_consent_withdrawn_between_claim_and_send_stops_the_message(pair: Pair) -> None:
    who, consent_id = queued(pair)
    item = message_of(pair.pe, who.at_pe, "summary")
    units: list[int] = []

    def unit() -> Unit:
        units.append(1)
        if len(units) == 2:  # the item is claimed, built and packed; nothing has left
            withdraw(pair.pe, consent_id)
        return pair.pe.services.unit()

    assert deliver.deliver(replace(pair.pe.services, unit=unit), item.id, "w") == "withdrawn"
    assert pair.line.sent == []


def test_a_message_that_left_while_consent_was_withdrawn_is_told_as_it_was(pair: Pair) -> None:
    who, consent_id = queued(pair)
    item = message_of(pair.pe, who.at_pe, "summary")

    def late(forward: Any) -> Any:
        answer = forward()
        withdraw(pair.pe, consent_id)
        return answer

    pair.line.next_answers.append(late)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "sent"
    pair.pump()
    assert state_of(pair.pe, item) == "delivered"
    assert message_of(pair.pe, who.at_pe, "consent-withdrawn").state == "delivered"


def test_a_withdrawal_on_one_side_stops_what_waits_on_the_other(pair: Pair) -> None:
    who = traveller(pair)
    treated(pair.co, who.at_co)
    consent_id = ask(pair, who)
    deliver.deliver(pair.pe.services, message_of(pair.pe, who.at_pe, "request").id, "w")
    process_all(pair.co.services)  # Colombia has queued its summary
    withdraw(pair.pe, consent_id)
    told = message_of(pair.pe, who.at_pe, "consent-withdrawn")
    assert deliver.deliver(pair.pe.services, told.id, "w") == "sent"
    process_all(pair.co.services)
    pair.pump()
    assert state_of(pair.co, message_of(pair.co, who.at_co, "summary")) == "withdrawn"
    assert "summary" not in sent_kinds(pair, pair.co)
    (row,) = pair.co.look(lambda unit: unit.consents.of(who.at_co, "pe"))
    assert (row.state, row.given_to) == ("withdrawn", "partner")
    kept = record_care.read(pair.co.services, pair.co.caller(), "Consent", row.resource_id)
    assert wire.parse(kept.body)["status"] == "inactive"


def test_a_withdrawal_leaves_what_stands_on_our_own_consent(pair: Pair) -> None:
    who = exchanged(pair)
    own = consent(pair.co, who.at_co, "pe")
    item = send_summary.queue_summary(pair.co.services, pair.co.caller(), who.at_co, "pe")
    theirs = pair.pe.look(lambda unit: unit.consents.of(who.at_pe, "co"))[0].id
    withdraw(pair.pe, theirs)
    pair.pump()
    assert state_of(pair.co, item) == "delivered"
    assert pair.co.look(lambda unit: unit.consents.get(own)).state == "active"  # type: ignore[union-attr]


def test_a_person_takes_back_at_the_holder_what_was_given_at_the_asking_side(pair: Pair) -> None:
    who = exchanged(pair)
    (row,) = pair.co.look(lambda unit: unit.consents.of(who.at_co, "pe"))
    withdraw(pair.co, row.id)
    pair.pump()
    for node, person, partner in ((pair.co, who.at_co, "pe"), (pair.pe, who.at_pe, "co")):
        (ended,) = node.look(lambda unit, p=person, o=partner: unit.consents.of(p, o))  # type: ignore[misc]
        assert ended.state == "withdrawn"
    with pytest.raises(NotAllowed):
        ask_partner.ask(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    with pytest.raises(NotAllowed):
        send_summary.queue_summary(pair.co.services, pair.co.caller(), who.at_co, "pe")


def test_another_consent_of_the_asking_side_outlives_a_withdrawal_at_the_holder(pair: Pair) -> None:
    who = exchanged(pair)
    (row,) = pair.co.look(lambda unit: unit.consents.of(who.at_co, "pe"))
    newer = consent(pair.pe, who.at_pe, "co", days_valid=30)
    withdraw(pair.co, row.id)
    pair.pump()
    kept = pair.pe.look(lambda unit: unit.consents.get(newer))
    assert kept is not None
    assert kept.state == "active"


def language_of(node: WalkNode, msg_id: str) -> str:
    item = received(node, msg_id)
    plain = node.services.vault.open("inbox", ("inbox", item.id, "body", 1), item.body)
    return str(wire.parse(plain)["entry"][0]["resource"]["language"])


@pytest.mark.parametrize(("spoken", "heard"), [("pt", "pt"), ("en", "en"), ("qu", "es")])
def test_an_answer_is_in_the_language_the_asking_node_reads(pair: Pair, spoken: str, heard: str) -> None:
    who = traveller(pair)
    treated(pair.co, who.at_co)
    ask(pair, who)
    node = replace(pair.pe.services.node, languages=(spoken, "es"))
    item = message_of(pair.pe, who.at_pe, "request")
    deliver.deliver(pair.pe.with_settings(node=node), item.id, "w")
    pair.pump()
    assert language_of(pair.pe, message_of(pair.co, who.at_co, "summary").msg_id) == heard


def test_a_summary_nobody_asked_for_is_in_the_language_of_its_readers_as_previewed(pair: Pair) -> None:
    who, _ = queued(pair)
    item = message_of(pair.pe, who.at_pe, "summary")
    services = with_policy(pair.pe.services, "co", language="pt")
    shown = send_summary.preview(services, pair.pe.caller(), who.at_pe, "co")
    deliver.deliver(services, item.id, "w")
    assert language_of(pair.co, item.msg_id) == "pt"
    assert any("Medicamentos" in title or "medicamento" in title.lower() for title, _ in shown.sections)


@pytest.mark.parametrize("change", ["delete", "rewrite"])
def test_a_withdrawal_is_heard_whatever_became_of_our_copy(pair: Pair, change: str) -> None:
    who = exchanged(pair)
    (row,) = pair.co.look(lambda unit: unit.consents.of(who.at_co, "pe"))
    services, caller = pair.co.services, pair.co.caller()
    if change == "delete":
        record_care.delete(services, caller, "Consent", row.resource_id)
    else:
        stored = record_care.read(services, caller, "Consent", row.resource_id)
        resource = {**wire.parse(stored.body), "provision": {"type": "deny"}}
        record_care.record(services, caller, resource, resource_id=row.resource_id)
    (ours,) = pair.pe.look(lambda unit: unit.consents.of(who.at_pe, "co"))
    withdraw(pair.pe, ours.id)
    pair.pump()
    (row,) = pair.co.look(lambda unit: unit.consents.of(who.at_co, "pe"))
    assert row.state == "withdrawn"


def test_a_consent_that_does_not_cover_identity_asks_nobody(pair: Pair) -> None:
    who = traveller(pair)
    first = ask(pair, who)
    item = message_of(pair.pe, who.at_pe, "request")
    consent(pair.pe, who.at_pe, "co", data_classes=("clinical",))
    withdraw(pair.pe, first)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "withdrawn"
    assert "request" not in sent_kinds(pair, pair.pe)


def test_withdrawing_twice_changes_nothing_more(pair: Pair) -> None:
    who, consent_id = queued(pair)
    withdraw(pair.pe, consent_id)
    first = pair.pe.look(lambda unit: unit.outbox.of(who.at_pe))
    withdraw(pair.pe, consent_id)
    assert pair.pe.look(lambda unit: unit.outbox.of(who.at_pe)) == first


def test_a_request_that_consent_stopped_can_be_asked_again(pair: Pair) -> None:
    who = traveller(pair)
    treated(pair.co, who.at_co)
    withdraw(pair.pe, ask(pair, who))
    (transfer,) = pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))
    assert transfer.state == "cancelled"
    ask(pair, who)
    pair.pump()
    assert {row.state for row in pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))} == {
        "accepted",
        "cancelled",
    }


def test_a_narrowed_consent_holds_for_what_was_built_before(pair: Pair) -> None:
    who, wide = queued(pair)
    item = message_of(pair.pe, who.at_pe, "summary")
    pair.line.next_answers.append(fails(503))
    assert deliver.deliver(pair.pe.services, item.id, "w") == "pending"
    withdraw_and_narrow(pair, who, wide)
    move_back(pair.pe, item)
    pair.pump()
    assert state_of(pair.pe, item) in ("superseded", "withdrawn")
    texts = [summary_text(pair, sent) for sent in summaries(pair, who) if sent.state == "delivered"]
    assert texts
    assert not any(b"MedicationDispense" in text for text in texts)


def built_request(pair: Pair) -> tuple[Traveller, Any]:
    """Return a question that was built and did not leave."""
    who = traveller(pair)
    ask(pair, who)
    item = message_of(pair.pe, who.at_pe, "request")
    pair.line.next_answers.append(fails(500))
    assert deliver.deliver(pair.pe.services, item.id, "w") == "pending"
    move_back(pair.pe, item)
    pair.line.sent.clear()
    return who, item


@pytest.mark.parametrize("classes", [("clinical",), ("identity",)])
def test_a_question_built_under_a_wider_consent_does_not_leave_again(
    pair: Pair, classes: tuple[str, ...]
) -> None:
    who, item = built_request(pair)
    consent(pair.pe, who.at_pe, "co", data_classes=classes)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "superseded"
    assert pair.line.sent == []
    (transfer,) = pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))
    assert transfer.state == "cancelled"


def test_a_question_leaves_again_under_an_equal_consent(pair: Pair) -> None:
    who, item = built_request(pair)
    consent(pair.pe, who.at_pe, "co")
    assert deliver.deliver(pair.pe.services, item.id, "w") == "sent"


def test_every_message_that_rests_on_a_consent_names_it_and_both_sides_keep_it(pair: Pair) -> None:
    who = exchanged(pair)
    request = received(pair.co, message_of(pair.pe, who.at_pe, "request").msg_id)
    (ground,) = pair.co.look(lambda unit: unit.consents.of(who.at_co, "pe"))
    assert request.consent_digest == ground.digest != ""
    for kind in ("summary", "task-status"):
        answer = received(pair.pe, message_of(pair.co, who.at_co, kind).msg_id)
        assert (answer.consent_digest, answer.state) == (ground.digest, "processed")


def test_a_request_that_names_another_consent_than_it_carries_is_rejected(pair: Pair) -> None:
    who = traveller(pair)
    ask(pair, who)
    item = message_of(pair.pe, who.at_pe, "request")
    deliver.deliver(pair.pe.services, item.id, "w")
    stored = received(pair.co, item.msg_id)
    pair.co.run("UPDATE inbox SET consent_digest = ? WHERE id = ?", "0" * 64, stored.id)
    process_all(pair.co.services)
    assert received(pair.co, item.msg_id).state == "rejected"


def test_a_summary_that_rests_on_another_consent_than_ours_is_put_before_a_person(pair: Pair) -> None:
    who = traveller(pair)
    treated(pair.co, who.at_co)
    ask(pair, who)
    deliver.deliver(pair.pe.services, message_of(pair.pe, who.at_pe, "request").id, "w")
    process_all(pair.co.services)
    item = message_of(pair.co, who.at_co, "summary")
    deliver.deliver(pair.co.services, item.id, "w")
    stored = received(pair.pe, item.msg_id)
    pair.pe.run("UPDATE inbox SET consent_digest = ? WHERE id = ?", "0" * 64, stored.id)
    process_all(pair.pe.services)
    assert received(pair.pe, item.msg_id).state == "review"


def withdraw_and_narrow(pair: Pair, who: Traveller, wide: str) -> None:
    consent(pair.pe, who.at_pe, "co", data_classes=("identity",))
    withdraw(pair.pe, wide)


def summaries(pair: Pair, who: Traveller) -> list[Any]:
    items = pair.pe.look(lambda unit: unit.outbox.of(who.at_pe))
    return [item for item in items if item.kind == "summary"]


def test_a_request_built_on_a_consent_that_is_over_ends_with_its_transfer(pair: Pair) -> None:
    who = traveller(pair)
    first = ask(pair, who)
    item = message_of(pair.pe, who.at_pe, "request")
    pair.line.next_answers.append(fails(503))
    deliver.deliver(pair.pe.services, item.id, "w")
    consent(pair.pe, who.at_pe, "co")
    move_back(pair.pe, item)
    pair.line.next_answers.append(fails(503))
    assert deliver.deliver(pair.pe.services, item.id, "w") == "pending"  # the first one still holds
    withdraw(pair.pe, first)
    move_back(pair.pe, item)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "superseded"
    (transfer,) = pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))
    assert transfer.state == "cancelled"


def test_news_of_a_transfer_goes_on_under_whatever_consent_holds(pair: Pair) -> None:
    who = exchanged(pair)
    treated(pair.pe, who.at_pe, days_ago=0)
    item = message_of(pair.pe, who.at_pe, "task-status")
    pair.line.next_answers.append(fails(503))
    deliver.deliver(pair.pe.services, item.id, "w")
    (first,) = pair.pe.look(lambda unit: unit.consents.of(who.at_pe, "co"))
    consent(pair.pe, who.at_pe, "co", data_classes=("identity",))
    withdraw(pair.pe, first.id)
    move_back(pair.pe, item)
    pair.pump()
    assert state_of(pair.pe, item) == "delivered"


def test_a_retry_goes_on_under_the_consent_it_was_built_on(pair: Pair) -> None:
    who, _ = queued(pair)
    item = message_of(pair.pe, who.at_pe, "summary")
    pair.line.next_answers.append(fails(503))
    deliver.deliver(pair.pe.services, item.id, "w")
    consent(pair.pe, who.at_pe, "co", days_valid=300)
    move_back(pair.pe, item)
    pair.pump()
    assert state_of(pair.pe, item) == "delivered"
    assert len(summaries(pair, who)) == 1


def test_a_changed_row_of_the_projection_lets_nothing_out(pair: Pair) -> None:
    who, consent_id = queued(pair, data_classes=("identity",))
    item = message_of(pair.pe, who.at_pe, "summary")
    withdraw(pair.pe, consent_id)
    pair.pe.run("UPDATE consent SET state = 'active' WHERE id = ?", consent_id)
    pair.pe.run("UPDATE outbox SET state = 'pending' WHERE id = ?", item.id)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "withdrawn"
    assert pair.line.sent == []


@pytest.mark.parametrize(
    ("column", "value"),
    [("data_classes", '["identity","clinical"]'), ("partner", "co"), ("purpose", "TREAT")],
)
def test_a_widened_row_of_the_projection_lets_nothing_out(pair: Pair, column: str, value: str) -> None:
    who = traveller(pair)
    partner = "ec" if column == "partner" else "co"
    services = with_policy(pair.pe.services, "co", purposes=("TREAT", "ETREAT"))
    purpose = "ETREAT" if column == "purpose" else "TREAT"
    new = corridor.NewConsent(partner, data_classes=("identity",), purpose=purpose)
    row = corridor.record_consent(services, pair.pe.caller(), who.at_pe, new)
    pair.pe.run(f"UPDATE consent SET {column} = ? WHERE id = ?", value, row.id)
    item = send_summary.queue_summary(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    assert deliver.deliver(pair.pe.services, item.id, "w") == "withdrawn"
    assert pair.line.sent == []


def test_a_consent_deleted_or_rewritten_through_the_interface_lets_nothing_out(pair: Pair) -> None:
    caller = pair.pe.caller()
    for change in ("delete", "rewrite"):
        who, consent_id = queued(pair)
        item = message_of(pair.pe, who.at_pe, "summary")
        if change == "delete":
            record_care.delete(pair.pe.services, caller, "Consent", consent_id)
        else:
            stored = record_care.read(pair.pe.services, caller, "Consent", consent_id)
            resource = {**wire.parse(stored.body), "provision": {"type": "deny"}}
            record_care.record(pair.pe.services, caller, resource, resource_id=consent_id)
        assert deliver.deliver(pair.pe.services, item.id, "w") == "withdrawn"
