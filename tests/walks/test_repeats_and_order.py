"""Messages that come twice, late, in another order, or with something else inside."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from fhir import transfer as transfer_fhir
from fhir import wire
from registry.domain.model import InboxItem
from registry.errors import NotTaken, Unprocessable
from registry.usecases.care import dispense
from registry.usecases.care.chart import at_a_glance
from registry.usecases.care.people import register
from registry.usecases.care.record import record_care
from registry.usecases.exchange import close_transfer, receipts
from registry.usecases.exchange.receiving import receive
from registry.usecases.exchange.sending import deliver, send_summary
from tests.walks.nodes import (
    Pair,
    Traveller,
    WalkNode,
    arrive,
    ask,
    consent,
    deliver_all,
    exchanged,
    forged,
    message_of,
    process_all,
    put,
    put_and_process,
    received,
    rules_of,
    somebody,
    state_of,
    states,
    traveller,
    treated,
)


def packed_summary(pair: Pair) -> tuple[Traveller, bytes]:
    """Return a person of Lima and the packed summary on its way to Colombia."""
    who = traveller(pair)
    treated(pair.pe, who.at_pe)
    consent(pair.pe, who.at_pe, "co")
    item = send_summary.queue_summary(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    deliver.deliver(pair.pe.services, item.id, "w")
    return who, next(data for _, msg_id, data in pair.line.sent if msg_id == item.msg_id)


def count(node: WalkNode, table: str) -> int:
    (row,) = node.run(f"SELECT count(*) FROM {table}")
    return int(row[0])


def test_a_duplicate_gets_the_same_note_and_nothing_happens_twice(pair: Pair) -> None:
    who, data = packed_summary(pair)
    item = message_of(pair.pe, who.at_pe, "summary")
    first = received(pair.co, item.msg_id)
    again = receive.accept(pair.co.services, data)
    assert (again.status, again.note) == (202, first.note)
    pair.pump()
    documents, resources = count(pair.co, "received_document"), count(pair.co, "resource_version")
    late = receive.accept(pair.co.services, data)
    assert late.note == first.note
    assert pair.pump() == 0
    assert (count(pair.co, "received_document"), count(pair.co, "resource_version")) == (documents, resources)
    assert receive.process(pair.co.services, first.id) == "processed"
    assert count(pair.co, "received_document") == documents


def test_duplicates_that_come_at_the_same_time_are_stored_once(pair: Pair, scaled: Any) -> None:
    for _ in range(scaled(100)):
        who, _ = packed_summary(pair)
        msg_id = message_of(pair.pe, who.at_pe, "summary").msg_id
        message = forged(pair.pe, "co", "summary", b"{}", msg_id=pair.pe.services.ids.new())
        data = pair.pe.services.crypto.pack("co", message)
        notes: list[str] = []

        def hand_over(data: bytes = data, notes: list[str] = notes) -> None:
            notes.append(receive.accept(pair.co.services, data).note)

        together(hand_over, 4)
        assert len(notes) == 4
        assert len(set(notes)) == 1
        assert pair.co.run("SELECT count(*) FROM inbox WHERE msg_id = ?", message.msg_id) == [(1,)]
        assert received(pair.co, msg_id).state == "received"


def together(act: Any, times: int) -> None:
    """Run an act in several threads at once."""
    threads = [threading.Thread(target=act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_processing_one_message_in_several_workers_happens_once(pair: Pair) -> None:
    who, _ = packed_summary(pair)
    item = received(pair.co, message_of(pair.pe, who.at_pe, "summary").msg_id)
    results: list[Any] = []
    together(lambda: results.append(receive.process(pair.co.services, item.id)), 4)
    assert results == ["processed"] * 4
    assert pair.co.run("SELECT count(*) FROM received_document WHERE inbox_id = ?", item.id) == [(1,)]
    assert len(pair.co.run("SELECT id FROM outbox WHERE in_reply_to = ?", item.msg_id)) == 1


def test_one_message_leaves_once_whatever_number_of_workers_wake(pair: Pair) -> None:
    who = traveller(pair)
    consent(pair.pe, who.at_pe, "co")
    item = send_summary.queue_summary(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    results: list[Any] = []

    def work() -> None:
        results.append(deliver.deliver(pair.pe.services, item.id, threading.current_thread().name))

    together(work, 4)
    assert sorted(results, key=str) == [None, None, None, "sent"]
    assert len([msg_id for _, msg_id, _ in pair.line.sent if msg_id == item.msg_id]) == 1


def test_the_same_id_with_other_content_is_refused_with_422(pair: Pair) -> None:
    who, _ = packed_summary(pair)
    item = message_of(pair.pe, who.at_pe, "summary")
    other = forged(pair.pe, "co", "summary", b'{"resourceType":"Bundle"}', msg_id=item.msg_id)
    data = pair.pe.services.crypto.pack("co", other)
    with pytest.raises(Unprocessable) as refused:
        receive.accept(pair.co.services, data)
    assert refused.value.status == 422
    assert received(pair.co, item.msg_id).digest == item_digest(pair, who)
    events = pair.co.look(lambda unit: unit.audit.recent(20))
    about = next(event for event in events if event["object_ref"] == f"message/{item.msg_id}")
    assert about["outcome"] == "refused"


def item_digest(pair: Pair, who: Traveller) -> str:
    return message_of(pair.pe, who.at_pe, "summary").digest


def test_a_replay_after_expiry_is_refused(pair: Pair) -> None:
    _, data = packed_summary(pair)
    pair.clock.by = timedelta(days=8)
    with pytest.raises(NotTaken) as refused:
        receive.accept(pair.co.services, data)
    assert (refused.value.status, refused.value.reason) == (422, "expired")


def test_a_message_that_waited_past_its_end_is_rejected(pair: Pair) -> None:
    who, _ = packed_summary(pair)
    item = received(pair.co, message_of(pair.pe, who.at_pe, "summary").msg_id)
    pair.co.run("UPDATE inbox SET expires = 1 WHERE id = ?", item.id)
    assert receive.process(pair.co.services, item.id) == "rejected"
    assert rules_of(pair.co, received(pair.co, item.msg_id)) == ["expired"]
    pair.pump()
    assert state_of(pair.pe, message_of(pair.pe, who.at_pe, "summary")) == "refused"


def test_a_task_that_overtakes_the_summary_is_understood(pair: Pair) -> None:
    who = traveller(pair)
    treated(pair.co, who.at_co)
    ask(pair, who)
    deliver_all(pair.pe.services)
    process_all(pair.co.services)
    for kind in ("task-status", "summary"):
        deliver.deliver(pair.co.services, message_of(pair.co, who.at_co, kind).id, "w")
        process_all(pair.pe.services)
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["accepted"]
    pair.pump()
    chart = at_a_glance.chart(pair.pe.services, pair.pe.caller(), who.at_pe)
    assert (chart.supply.days_on_hand, chart.transfers[0].state) == (9, "accepted")


def test_a_summary_that_was_overtaken_by_a_newer_one_is_superseded(pair: Pair) -> None:
    who = exchanged(pair)
    old = send_summary.queue_summary(pair.co.services, pair.co.caller(), who.at_co, "pe")
    treated(pair.co, who.at_co, days_ago=0, days=30)
    new = send_summary.queue_summary(pair.co.services, pair.co.caller(), who.at_co, "pe")
    deliver.deliver(pair.co.services, new.id, "w")
    process_all(pair.pe.services)
    deliver.deliver(pair.co.services, old.id, "w")
    pair.pump()
    assert received(pair.pe, old.msg_id).state == "superseded"
    assert (state_of(pair.co, old), state_of(pair.co, new)) == ("superseded", "delivered")
    chart = at_a_glance.chart(pair.pe.services, pair.pe.caller(), who.at_pe)
    assert chart.supply.days_on_hand == 39
    assert len(chart.documents) == 2


def test_tablets_handed_over_before_the_answer_came_close_the_transfer(pair: Pair) -> None:
    who = traveller(pair)
    treated(pair.co, who.at_co)
    ask(pair, who)
    treated(pair.pe, who.at_pe, days_ago=0)
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["proposed"]
    pair.pump()
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["closed"]
    assert states(pair.co.look(lambda unit: unit.transfers.of(who.at_co))) == ["closed"]


def test_an_old_dispense_entered_late_does_not_close_the_transfer(pair: Pair) -> None:
    who = exchanged(pair)
    treated(pair.pe, who.at_pe, days_ago=400, days=30)
    pair.pump()
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["accepted"]
    new = dispense.NewDispense(who.at_pe, "TDF/3TC/DTG", Decimal(30), 30, pair.pe.services.today())
    dispense.record_dispense(pair.pe.services, pair.pe.caller(), new)
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["closed"]
    state = pair.pe.look(lambda unit: unit.care.get(who.at_pe))
    assert state is not None
    assert state.transfer_state == "closed"


def test_old_tablets_on_record_do_not_close_a_transfer_when_it_is_accepted(pair: Pair) -> None:
    who = traveller(pair)
    treated(pair.co, who.at_co)
    treated(pair.pe, who.at_pe, days_ago=300, days=30)
    ask(pair, who)
    pair.pump()
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["accepted"]


def test_a_transfer_whose_task_was_deleted_still_moves(pair: Pair) -> None:
    who = exchanged(pair)
    (transfer,) = pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))
    record_care.delete(pair.pe.services, pair.pe.caller(), "Task", transfer.task_id)
    treated(pair.pe, who.at_pe, days_ago=0)
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["closed"]
    news = message_of(pair.pe, who.at_pe, "task-status")
    assert deliver.deliver(pair.pe.services, news.id, "w") == "superseded"  # there is no Task to send


def test_a_transfer_that_somebody_else_moved_is_not_moved_back(pair: Pair) -> None:
    who = exchanged(pair)
    node = pair.pe
    with node.services.unit() as unit:
        (transfer,) = unit.transfers.of(who.at_pe)
        unit.transfers.move(transfer.id, "closed")
        close_transfer.move(node.services, unit, node.caller("worker"), transfer, "refused")
        unit.commit()
    assert states(node.look(lambda unit: unit.transfers.of(who.at_pe))) == ["closed"]


def test_a_dispense_that_was_not_completed_closes_nothing(pair: Pair) -> None:
    who = exchanged(pair)
    dispense_id = treated(pair.co, who.at_co, days_ago=0)
    stored = record_care.read(pair.co.services, pair.co.caller(), "MedicationDispense", dispense_id)
    resource = {**wire.parse(stored.body), "status": "preparation"}
    resource["subject"] = {"reference": f"Patient/{who.at_pe}"}
    record_care.record(pair.pe.services, pair.pe.caller(), resource)
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["accepted"]


def told(pair: Pair, sender: WalkNode, who: Traveller, state: Any) -> InboxItem:
    """Let a partner say something about a transfer."""
    receiver = pair.pe if sender is pair.co else pair.co
    owner = who.at_pe if receiver is pair.pe else who.at_co
    (transfer,) = receiver.look(lambda unit: unit.transfers.of(owner))
    stored = record_care.read(receiver.services, receiver.caller(), "Task", transfer.task_id)
    task = transfer_fhir.task_with_state(wire.parse(stored.body), state, receiver.services.clock.now())
    bundle = wire.canonical(transfer_fhir.task_bundle(task))
    return put_and_process(sender, receiver, forged(sender, receiver.code, "task-status", bundle))


def test_only_the_destination_closes_a_transfer(pair: Pair) -> None:
    who = exchanged(pair)
    item = told(pair, pair.co, who, "closed")
    assert (item.state, rules_of(pair.pe, item)) == ("rejected", ["not-its-to-say"])
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["accepted"]
    assert told(pair, pair.pe, who, "closed").state == "processed"
    assert states(pair.co.look(lambda unit: unit.transfers.of(who.at_co))) == ["closed"]


def test_the_destination_does_not_accept_in_the_name_of_the_origin(pair: Pair) -> None:
    who = exchanged(pair)
    pair.co.run("UPDATE transfer SET state = 'received' WHERE owner_id = ?", who.at_co)
    item = told(pair, pair.pe, who, "accepted")
    assert (item.state, rules_of(pair.co, item)) == ("rejected", ["not-its-to-say"])


def test_a_step_back_and_news_after_the_end_are_superseded(pair: Pair) -> None:
    who = exchanged(pair)
    assert told(pair, pair.co, who, "received").state == "superseded"
    assert told(pair, pair.co, who, "accepted").state == "superseded"
    assert told(pair, pair.co, who, "refused").state == "processed"
    assert told(pair, pair.co, who, "cancelled").state == "superseded"
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["refused"]


def test_news_of_an_unknown_transfer_goes_to_review(pair: Pair) -> None:
    who = exchanged(pair)
    (transfer,) = pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))
    stored = record_care.read(pair.pe.services, pair.pe.caller(), "Task", transfer.task_id)
    task = {**wire.parse(stored.body), "id": "somewhere-else"}
    bundle = wire.canonical(transfer_fhir.task_bundle(task))
    item = put_and_process(pair.co, pair.pe, forged(pair.co, "pe", "transfer", bundle))
    assert (item.state, rules_of(pair.pe, item)) == ("review", ["unknown-transfer"])


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b'{"entry":[]}', b'{"entry":{}}', b'{"entry":[7]}', b'{"entry":[{"resource":{}}]}', b"no"],
)
def test_a_task_message_without_a_task_is_rejected(pair: Pair, body: bytes) -> None:
    item = put_and_process(pair.co, pair.pe, forged(pair.co, "pe", "task-status", body))
    assert (item.state, rules_of(pair.pe, item)) == ("rejected", ["no-task"])


def test_a_receipt_for_another_digest_is_rejected(pair: Pair) -> None:
    who, _ = packed_summary(pair)
    item = message_of(pair.pe, who.at_pe, "summary")
    for digest in ("0" * 64, received(pair.co, item.msg_id).digest):
        jws = pair.co.services.crypto.receipt(item.msg_id, "accepted", digest)
        made = put_and_process(pair.co, pair.pe, forged(pair.co, "pe", "receipt", jws))
        expected = ("processed", "delivered") if digest == item.digest else ("rejected", "sent")
        assert (made.state, state_of(pair.pe, item)) == expected


def test_receipts_for_nothing_we_sent_and_of_other_makes_are_rejected(pair: Pair) -> None:
    crypto = pair.co.services.crypto
    unknown = crypto.receipt(pair.co.services.ids.new(), "accepted", "1" * 64)
    ours = pair.pe.services.crypto.receipt(pair.co.services.ids.new(), "accepted", "1" * 64)
    for jws in (unknown, ours, b"no receipt", b""):
        message = forged(pair.co, "pe", "receipt", jws)
        assert put_and_process(pair.co, pair.pe, message).state == "rejected"


def test_a_receipt_that_comes_before_we_know_it_was_sent_is_noted(pair: Pair) -> None:
    who = traveller(pair)
    consent(pair.pe, who.at_pe, "co")
    item = send_summary.queue_summary(pair.pe.services, pair.pe.caller(), who.at_pe, "co")

    def quick(forward: Any) -> Any:
        answer = forward()
        process_all(pair.co.services)
        deliver_all(pair.co.services)
        process_all(pair.pe.services)
        return answer

    pair.line.next_answers.append(quick)
    deliver.deliver(pair.pe.services, item.id, "w")
    stored = pair.pe.look(lambda unit: unit.outbox.get(item.id))
    assert stored is not None
    assert stored.state == "delivered"
    assert stored.finished is not None


def test_a_receipt_is_counted_once(pair: Pair) -> None:
    who, _ = packed_summary(pair)
    item = message_of(pair.pe, who.at_pe, "summary")
    jws = pair.co.services.crypto.receipt(item.msg_id, "accepted", item.digest)
    made = [put_and_process(pair.co, pair.pe, forged(pair.co, "pe", "receipt", jws)) for _ in range(2)]
    assert states(made) == ["processed", "duplicate"]
    got = [row for row in receipts.listing(pair.pe.services) if row["msg_id"] == item.msg_id]
    assert len(got) == 1


@pytest.mark.parametrize(
    ("status", "state", "transfer"),
    [
        ("accepted", "delivered", "received"),
        ("duplicate", "delivered", "received"),
        ("rejected", "refused", "refused"),
        ("superseded", "superseded", "refused"),
    ],
)
def test_a_receipt_moves_the_request_and_its_transfer(
    pair: Pair, status: str, state: str, transfer: str
) -> None:
    who = traveller(pair)
    ask(pair, who)
    item = message_of(pair.pe, who.at_pe, "request")
    deliver.deliver(pair.pe.services, item.id, "w")
    digest = message_of(pair.pe, who.at_pe, "request").digest
    jws = pair.co.services.crypto.receipt(item.msg_id, status, digest)
    put_and_process(pair.co, pair.pe, forged(pair.co, "pe", "receipt", jws))
    assert state_of(pair.pe, item) == state
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == [transfer]
    care = pair.pe.look(lambda unit: unit.care.get(who.at_pe))
    assert care is not None
    assert care.transfer_state == transfer


def test_a_message_for_another_node_is_not_taken(pair: Pair) -> None:
    who, data = packed_summary(pair)
    assert arrive(pair.pe.services, data).status in (400, 401, 422)
    message = forged(pair.pe, "pe", "summary", b"{}")
    with pytest.raises(Exception, match=r"trust list|not accepted"):
        pair.pe.services.crypto.pack("pe", message)
    assert received(pair.co, message_of(pair.pe, who.at_pe, "summary").msg_id).state == "received"


def test_a_summary_of_an_unknown_person_becomes_provisional(pair: Pair) -> None:
    person_id = register.register(pair.pe.services, pair.pe.caller(), somebody()).person_id
    treated(pair.pe, person_id)
    consent(pair.pe, person_id, "co")
    item = send_summary.queue_summary(pair.pe.services, pair.pe.caller(), person_id, "co")
    pair.pump()
    stored = received(pair.co, item.msg_id)
    assert stored.state == "review"
    person = pair.co.look(lambda unit: unit.people.get(stored.owner_id))
    assert person is not None
    assert (person.provisional, person.origin_partner) == (True, "pe")
    chart = at_a_glance.chart(pair.co.services, pair.co.caller(), stored.owner_id)
    assert chart.person.name == "Yuleisy Carolina Rondón Quintero"
    assert chart.supply.days_on_hand == 9
    again = send_summary.queue_summary(pair.pe.services, pair.pe.caller(), person_id, "co")
    pair.pump()
    assert received(pair.co, again.msg_id).owner_id == stored.owner_id
    assert received(pair.co, again.msg_id).state == "processed"


def test_a_summary_that_names_another_birth_date_is_put_before_a_person(pair: Pair) -> None:
    who = exchanged(pair)
    body = summary_body(pair, who).replace(b'"birthDate":"1991-04-12"', b'"birthDate":"1992-04-12"')
    alias = message_of(pair.pe, who.at_pe, "request").alias
    message = forged(pair.co, "pe", "summary", body, patient_ref=alias, seq=99)
    item = put_and_process(pair.co, pair.pe, message)
    assert (item.state, item.owner_id) == ("review", who.at_pe)
    assert "match-contradiction" in rules_of(pair.pe, item)


def summary_body(pair: Pair, who: Traveller) -> bytes:
    item = received(pair.pe, message_of(pair.co, who.at_co, "summary").msg_id)
    return pair.pe.services.vault.open("inbox", ("inbox", item.id, "body", 1), item.body)


def test_a_summary_that_is_no_json_is_rejected(pair: Pair) -> None:
    item = put_and_process(pair.co, pair.pe, forged(pair.co, "pe", "summary", b"\xff\xfe"))
    assert (item.state, len(rules_of(pair.pe, item))) == ("rejected", 1)


def test_processing_something_unknown_does_nothing(pair: Pair) -> None:
    assert receive.process(pair.pe.services, "nobody") is None
    assert deliver.deliver(pair.pe.services, "nobody", "w") is None
    assert put(pair.co, pair.pe, forged(pair.co, "pe", "summary", b"{}")).status == 202
