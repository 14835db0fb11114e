"""Partners that fail, hang, answer nonsense or come back; items that break every worker; parked messages."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from registry.domain.exchange.retry import MOST_ATTEMPTS
from registry.domain.model import OutboxItem
from registry.errors import BadInput, Conflict, Misconfigured, NotAllowed, NotFound, NotReady
from registry.ports.outside import Answer
from registry.usecases.care.people import register
from registry.usecases.exchange.receiving import receive
from registry.usecases.exchange.sending import deliver, deliveries, send_summary, unanswered
from tests.walks.nodes import (
    Forward,
    Pair,
    ask,
    consent,
    fails,
    forged,
    message_of,
    move_back,
    put,
    received,
    rules_of,
    somebody,
    state_of,
    states,
    traveller,
    treated,
)


def waiting_summary(pair: Pair) -> OutboxItem:
    """Return a summary that waits to leave Lima."""
    who = traveller(pair)
    treated(pair.pe, who.at_pe)
    consent(pair.pe, who.at_pe, "co")
    return send_summary.queue_summary(pair.pe.services, pair.pe.caller(), who.at_pe, "co")


def stored(pair: Pair, item: OutboxItem) -> OutboxItem:
    found = pair.pe.look(lambda unit: unit.outbox.get(item.id))
    assert found is not None
    return found


def note_of(pair: Pair, signer: str, msg_id: str, digest: str) -> str:
    return {"pe": pair.pe, "co": pair.co}[signer].services.crypto.note(msg_id, digest)


def test_a_retry_sends_the_same_bytes(pair: Pair) -> None:
    item = waiting_summary(pair)
    pair.line.next_answers += [fails(500), fails(0, error="timed-out"), fails(429)]
    for _ in range(3):
        assert deliver.deliver(pair.pe.services, item.id, "w") == "pending"
        move_back(pair.pe, item)
    treated(pair.pe, item.owner_id, days_ago=0)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "sent"
    assert [msg_id for _, msg_id, _ in pair.line.sent] == [item.msg_id] * 4
    opened = [pair.co.services.crypto.unpack(data) for _, _, data in pair.line.sent]
    assert len({message.bundle for message in opened}) == 1
    assert {message.digest for message in opened} == {stored(pair, item).digest}
    assert {(message.seq, message.patient_ref) for message in opened} == {(item.seq, item.alias)}


@pytest.mark.parametrize(
    ("answer", "state", "error"),
    [
        (fails(500), "pending", "http-500"),
        (fails(503), "pending", "http-503"),
        (fails(0, error="timed-out"), "pending", "timed-out"),
        (fails(302, error="redirected"), "pending", "redirected"),
        (fails(202, note="garbage"), "pending", "no-note"),
        (fails(202), "pending", "no-note"),
        (fails(200, note="a.b.c"), "pending", "no-note"),
        (fails(400), "parked", "http-400"),
        (fails(401), "parked", "http-401"),
        (fails(413), "parked", "http-413"),
        (fails(422), "parked", "http-422"),
        (fails(429), "pending", "http-429"),
    ],
)
def test_every_answer_ends_in_a_named_state(
    pair: Pair, answer: Callable[[Forward], Answer], state: str, error: str
) -> None:
    item = waiting_summary(pair)
    pair.line.next_answers.append(answer)
    assert deliver.deliver(pair.pe.services, item.id, "w") == state
    assert stored(pair, item).last_error == error
    assert pair.co.run("SELECT count(*) FROM inbox WHERE msg_id = ?", item.msg_id) == [(0,)]


@pytest.mark.parametrize("wrong", ["signer", "message", "digest"])
def test_a_note_that_is_not_for_these_bytes_does_not_count(pair: Pair, wrong: str) -> None:
    item = waiting_summary(pair)

    def answer(_: Forward) -> Answer:
        digest = stored(pair, item).digest
        signer = "pe" if wrong == "signer" else "co"
        msg_id = pair.pe.services.ids.new() if wrong == "message" else item.msg_id
        return Answer(202, note_of(pair, signer, msg_id, "0" * 64 if wrong == "digest" else digest))

    pair.line.next_answers.append(answer)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "pending"


def test_a_partner_that_never_answers_parks_the_message(pair: Pair) -> None:
    item = waiting_summary(pair)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        pair.line.next_answers.append(fails(500))
        state = deliver.deliver(pair.pe.services, item.id, "w")
        assert state == ("parked" if attempt == MOST_ATTEMPTS else "pending")
        move_back(pair.pe, item)
    assert deliver.deliver(pair.pe.services, item.id, "w") is None
    deliveries.retry_parked(pair.pe.services, pair.pe.caller(), item.id)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "sent"
    with pytest.raises(Conflict):
        deliveries.retry_parked(pair.pe.services, pair.pe.caller(), item.id)


def test_an_unsigned_refusal_of_a_request_decides_nothing_and_a_person_sends_it_again(pair: Pair) -> None:
    who = traveller(pair)
    treated(pair.co, who.at_co)
    ask(pair, who)
    item = message_of(pair.pe, who.at_pe, "request")
    pair.line.next_answers.append(fails(403))
    assert deliver.deliver(pair.pe.services, item.id, "w") == "parked"
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["proposed"]
    deliveries.retry_parked(pair.pe.services, pair.pe.caller(), item.id)
    pair.pump()
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["accepted"]


def test_a_partner_without_keys_in_force_costs_no_attempt_and_parks_after_three_days(pair: Pair) -> None:
    person = register.register(pair.pe.services, pair.pe.caller(), somebody()).person_id
    consent(pair.pe, person, "cl")
    item = send_summary.queue_summary(pair.pe.services, pair.pe.caller(), person, "cl")
    for _ in range(MOST_ATTEMPTS + 1):
        assert deliver.deliver(pair.pe.services, item.id, "w") == "pending"
        assert (stored(pair, item).last_error, stored(pair, item).attempts) == ("not-supported", 0)
        move_back(pair.pe, item)
    pair.pe.run("UPDATE outbox SET created = 1 WHERE id = ?", item.id)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "parked"


def test_a_trust_list_that_runs_out_while_sending_costs_no_attempt(pair: Pair) -> None:
    item = waiting_summary(pair)

    def runs_out(_: Forward) -> Answer:
        raise Misconfigured("The trust list has run out.")

    pair.line.next_answers.append(runs_out)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "pending"
    assert (stored(pair, item).attempts, stored(pair, item).lease_owner) == (0, "")
    move_back(pair.pe, item)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "sent"


def test_a_key_table_that_does_not_answer_leaves_the_message_to_a_later_try(pair: Pair) -> None:
    item = waiting_summary(pair)

    class Silent:
        """A vault whose key table cannot be reached now."""

        def seal(self, *_: object) -> bytes:
            raise NotReady("not now")

        def open(self, *values: Any) -> bytes:
            return pair.pe.services.vault.open(*values)

    with pytest.raises(NotReady):
        deliver.deliver(replace(pair.pe.services, vault=Silent()), item.id, "w")  # type: ignore[arg-type]
    assert state_of(pair.pe, item) == "pending"
    assert deliver.deliver(pair.pe.services, item.id, "w") == "sent"


def test_a_message_larger_than_the_limit_is_parked(pair: Pair) -> None:
    item = waiting_summary(pair)
    crypto: Any = pair.pe.services.crypto
    crypto._limit, limit = 1000, crypto._limit
    try:
        assert deliver.deliver(pair.pe.services, item.id, "w") == "parked"
    finally:
        crypto._limit = limit
    assert stored(pair, item).last_error == "security"


def test_a_process_without_a_line_says_so_and_keeps_the_message(pair: Pair) -> None:
    item = waiting_summary(pair)
    with pytest.raises(Misconfigured):
        deliver.deliver(replace(pair.pe.services, partners=None), item.id, "w")
    assert (state_of(pair.pe, item), stored(pair, item).attempts) == ("pending", 0)
    assert item.id in deliver.due(pair.pe.services, 500)


def test_a_lease_that_somebody_else_took_over_stops_the_first_worker(pair: Pair) -> None:
    item = waiting_summary(pair)
    services = pair.pe.services
    units: list[int] = []

    def unit() -> Any:
        units.append(1)
        if len(units) == 2:  # the first worker hangs after its preparation until its lease is over
            move_back(pair.pe, item)
            assert deliver.deliver(services, item.id, "second") == "sent"
        return services.unit()

    assert deliver.deliver(replace(services, unit=unit), item.id, "first") == "sent"
    assert len(pair.line.sent) == 1


def test_a_worker_that_comes_back_late_with_a_failure_changes_nothing(pair: Pair) -> None:
    item = waiting_summary(pair)

    def slow(_: Forward) -> Answer:
        move_back(pair.pe, item)
        pair.line.next_answers.append(lambda forward: forward())
        assert deliver.deliver(pair.pe.services, item.id, "second") == "sent"
        return Answer(500)

    pair.line.next_answers.append(slow)
    assert deliver.deliver(pair.pe.services, item.id, "first") == "sent"
    assert state_of(pair.pe, item) == "sent"


def test_a_worker_whose_lease_is_held_by_another_leaves_its_failure_to_that_one(pair: Pair) -> None:
    item = waiting_summary(pair)

    def slow(_: Forward) -> Answer:
        pair.pe.run("UPDATE outbox SET lease_owner = 'second' WHERE id = ?", item.id)
        return Answer(500)

    pair.line.next_answers.append(slow)
    assert deliver.deliver(pair.pe.services, item.id, "first") == "leased"


def test_a_late_note_does_not_end_the_attempt_of_the_worker_that_took_over(pair: Pair) -> None:
    item = waiting_summary(pair)

    def slow(forward: Forward) -> Answer:
        pair.pe.run("UPDATE outbox SET lease_owner = 'second' WHERE id = ?", item.id)
        return forward()

    pair.line.next_answers.append(slow)
    assert deliver.deliver(pair.pe.services, item.id, "first") == "leased"
    assert stored(pair, item).lease_owner == "second"


def test_a_message_without_a_receipt_is_parked_at_its_end_of_life_with_the_reason(pair: Pair) -> None:
    item = waiting_summary(pair)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "sent"
    assert unanswered.park(pair.pe.services, 100) == 0
    pair.pe.run("UPDATE outbox SET sent = 1 WHERE id = ?", item.id)
    assert unanswered.park(pair.pe.services, 100) == 1
    assert (state_of(pair.pe, item), stored(pair, item).last_error) == ("parked", "no-receipt")
    assert unanswered.park(pair.pe.services, 100) == 0
    deliveries.retry_parked(pair.pe.services, pair.pe.caller(), item.id)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "sent"


def test_a_receipt_that_comes_while_the_sweep_runs_is_not_parked(pair: Pair) -> None:
    item = waiting_summary(pair)
    deliver.deliver(pair.pe.services, item.id, "w")
    pair.pe.run("UPDATE outbox SET sent = 1 WHERE id = ?", item.id)

    def unit() -> Any:
        made: Any = pair.pe.services.unit()
        listed = made.outbox.unanswered

        def slow(*values: Any) -> list[str]:
            found: list[str] = listed(*values)
            made.outbox.finish(item.id, "delivered")
            return found

        made.outbox.unanswered = slow
        return made

    unanswered.park(replace(pair.pe.services, unit=unit), 100)
    assert state_of(pair.pe, item) == "delivered"


def test_a_lease_lost_at_the_very_end_changes_nothing(pair: Pair) -> None:
    item = waiting_summary(pair)
    units: list[int] = []

    def unit() -> Any:
        made: Any = pair.pe.services.unit()
        units.append(1)
        if len(units) == 3:  # the one that finishes: the lease is taken between its look and its write
            finish = made.outbox.finish
            made.outbox.finish = lambda item_id, state, error, lease: finish(item_id, state, error, "other")
        return made

    pair.line.next_answers.append(fails(400))
    assert deliver.deliver(replace(pair.pe.services, unit=unit), item.id, "w") == "leased"
    assert stored(pair, item).lease_owner == "w"


def test_a_receipt_that_comes_after_the_parking_still_counts(pair: Pair) -> None:
    item = waiting_summary(pair)
    deliver.deliver(pair.pe.services, item.id, "w")
    pair.pe.run("UPDATE outbox SET sent = 1 WHERE id = ?", item.id)
    assert unanswered.park(pair.pe.services, 100) >= 1
    assert state_of(pair.pe, item) == "parked"
    pair.pump()
    assert state_of(pair.pe, item) == "delivered"


@pytest.mark.parametrize("refusal", [Misconfigured("no keys"), NotReady("no database")])
def test_a_node_that_is_not_ready_loses_no_message_however_often_it_tries(
    pair: Pair, refusal: Exception
) -> None:
    message = forged(pair.co, "pe", "summary", b"{}")
    assert put(pair.co, pair.pe, message).status == 202
    item = received(pair.pe, message.msg_id)

    class Broken:
        """A vault that cannot open anything now."""

        def open(self, *_: object) -> bytes:
            raise refusal

    broken = replace(pair.pe.services, vault=Broken())  # type: ignore[arg-type]
    for _ in range(receive.MOST_ATTEMPTS + 2):
        with pytest.raises(type(refusal)):
            receive.process(broken, item.id)
    assert received(pair.pe, message.msg_id).attempts == 0
    assert receive.process(pair.pe.services, item.id) == "rejected"


def test_a_row_that_is_gone_is_nothing_to_finish(pair: Pair) -> None:
    item = waiting_summary(pair)

    def erased(forward: Forward) -> Answer:
        pair.pe.run("DELETE FROM outbox WHERE id = ?", item.id)
        return forward()

    pair.line.next_answers.append(erased)
    assert deliver.deliver(pair.pe.services, item.id, "w") is None


@pytest.mark.parametrize("kind", ["request", "task-status", "consent-withdrawn", "receipt"])
def test_a_message_whose_cause_is_gone_is_superseded(pair: Pair, kind: str) -> None:
    item = waiting_summary(pair)
    pair.pe.run("UPDATE outbox SET kind = ?, consent_id = 'gone' WHERE id = ?", kind, item.id)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "superseded"
    assert stored(pair, item).last_error == "nothing-to-send"


def test_a_poison_message_is_set_aside_after_five_tries_and_the_partner_is_told(pair: Pair) -> None:
    message = forged(pair.co, "pe", "summary", b'{"resourceType":"Bundle","type":"document"}')
    assert put(pair.co, pair.pe, message).status == 202
    item = received(pair.pe, message.msg_id)
    pair.pe.run("UPDATE inbox SET body = ? WHERE id = ?", b"\x01\x01 not what was sealed", item.id)
    for _ in range(receive.MOST_ATTEMPTS):
        with pytest.raises(Exception, match="cannot be read"):
            receive.process(pair.pe.services, item.id)
        assert received(pair.pe, message.msg_id).state == "received"
    assert receive.process(pair.pe.services, item.id) == "review"
    assert rules_of(pair.pe, received(pair.pe, message.msg_id)) == ["set-aside"]
    assert item.id not in receive.waiting(pair.pe.services, 500)
    assert pair.pe.run("SELECT kind FROM outbox WHERE in_reply_to = ?", message.msg_id) == [("receipt",)]
    assert receive.process(pair.pe.services, item.id) == "review"
    assert len(pair.pe.run("SELECT kind FROM outbox WHERE in_reply_to = ?", message.msg_id)) == 1


def test_an_item_processed_meanwhile_is_not_set_aside(pair: Pair) -> None:
    message = forged(pair.co, "pe", "summary", b"{}")
    put(pair.co, pair.pe, message)
    item = received(pair.pe, message.msg_id)
    assert receive.process(pair.pe.services, item.id) == "rejected"
    assert receive.set_aside(pair.pe.services, item) == "rejected"
    assert receive.set_aside(pair.pe.services, replace(item, id="nobody")) == "review"
    assert len(pair.pe.run("SELECT id FROM outbox WHERE in_reply_to = ?", message.msg_id)) == 1


def test_an_item_processed_meanwhile_by_another_worker_is_left_alone(pair: Pair) -> None:
    message = forged(pair.co, "pe", "summary", b"{}")
    put(pair.co, pair.pe, message)
    item = received(pair.pe, message.msg_id)
    units: list[int] = []

    def unit() -> Any:
        units.append(1)
        if len(units) == 2:
            assert receive.process(pair.pe.services, item.id) == "rejected"
        return pair.pe.services.unit()

    assert receive.process(replace(pair.pe.services, unit=unit), item.id) == "rejected"
    assert len(pair.pe.run("SELECT id FROM outbox WHERE in_reply_to = ?", message.msg_id)) == 1


def test_an_item_erased_meanwhile_is_nothing_to_process(pair: Pair) -> None:
    message = forged(pair.co, "pe", "summary", b"{}")
    put(pair.co, pair.pe, message)
    item = received(pair.pe, message.msg_id)
    units: list[int] = []

    def unit() -> Any:
        units.append(1)
        if len(units) == 2:
            pair.pe.run("DELETE FROM inbox WHERE id = ?", item.id)
        return pair.pe.services.unit()

    assert receive.process(replace(pair.pe.services, unit=unit), item.id) is None


def test_where_every_message_is_can_be_seen(pair: Pair) -> None:
    item = waiting_summary(pair)
    services, caller = pair.pe.services, pair.pe.caller()
    pair.pump()
    listed = deliveries.deliveries(services, caller, 100)
    assert item.id in [each.id for each in listed]
    assert "receipt" not in {each.kind for each in listed}
    assert deliveries.delivery(services, caller, item.id).state == "delivered"
    for look in (deliveries.delivery, deliveries.retry_parked):
        with pytest.raises(NotFound):
            look(services, caller, "nobody")
    nobody = pair.pe.caller("pharmacist")
    for look in (deliveries.delivery, deliveries.retry_parked):
        with pytest.raises(NotAllowed):
            look(services, nobody, item.id)
    with pytest.raises(NotAllowed):
        deliveries.deliveries(services, nobody)


def test_a_summary_goes_to_partner_registries_only(pair: Pair) -> None:
    who = traveller(pair)
    for partner in ("fhir-demo", "nobody"):
        with pytest.raises(BadInput):
            send_summary.queue_summary(pair.pe.services, pair.pe.caller(), who.at_pe, partner)
    with pytest.raises(BadInput):
        send_summary.preview(pair.pe.services, pair.pe.caller(), who.at_pe, "nobody")
    shown = send_summary.preview(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    assert (shown.consent, shown.sections, shown.size) == (None, (), 0)
    assert shown.withheld == ("identity", "clinical")


def test_the_preview_shows_what_leaves_and_what_stays(pair: Pair) -> None:
    who = traveller(pair)
    treated(pair.pe, who.at_pe)
    consent(pair.pe, who.at_pe, "co", data_classes=("clinical",))
    shown = send_summary.preview(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    assert shown.withheld == ("identity",)
    assert shown.partner_name == "Puente Colombia"
    assert shown.size > 1000
    assert any("DTG" in text for _, text in shown.sections)
