"""A process that dies anywhere between claiming and finishing leaves exactly one effect at the receiver."""

from collections.abc import Callable
from typing import Any

import pytest

from registry.domain.model import OutboxItem
from registry.ports import Services
from registry.ports.outside import Answer
from registry.usecases.access import trail
from registry.usecases.exchange.receiving import receive
from registry.usecases.exchange.sending import deliver, send_summary
from tests.walks.dying import die, dies_at_unit, run_and_die
from tests.walks.nodes import Forward, Pair, consent, move_back, received, state_of, traveller, treated


def waiting_summary(pair: Pair) -> OutboxItem:
    who = traveller(pair)
    treated(pair.pe, who.at_pe)
    consent(pair.pe, who.at_pe, "co")
    return send_summary.queue_summary(pair.pe.services, pair.pe.caller(), who.at_pe, "co")


def die_before_sending(_: Forward) -> Answer:
    die()
    return Answer(0)


def die_after_sending(forward: Forward) -> Answer:
    forward()
    die()
    return Answer(0)


def all_is_there_once(pair: Pair, item: OutboxItem) -> None:
    """Assert that the message had exactly one effect, on both sides, and that both trails verify."""
    stored = received(pair.co, item.msg_id)
    assert (stored.state, state_of(pair.pe, item)) == ("processed", "delivered")
    assert pair.co.run("SELECT count(*) FROM received_document WHERE inbox_id = ?", stored.id) == [(1,)]
    assert pair.co.run("SELECT count(*) FROM outbox WHERE in_reply_to = ?", item.msg_id) == [(1,)]
    assert pair.pe.run("SELECT count(*) FROM receipt WHERE msg_id = ?", item.msg_id) == [(1,)]
    for node in pair.both:
        while trail.chain(node.services):
            pass
        verdict = trail.verify(node.services)
        assert verdict.ok, verdict


@pytest.mark.parametrize(
    ("number", "after_commit"),
    [(1, False), (1, True), (3, False), (3, True)],
    ids=["while-preparing", "once-prepared", "while-finishing", "once-finished"],
)
def test_a_sender_that_dies_at_a_commit_loses_and_doubles_nothing(
    pair: Pair, number: int, after_commit: bool
) -> None:
    item = waiting_summary(pair)
    dying = dies_at_unit(pair.pe.services, number, after_commit)
    run_and_die(lambda: deliver.deliver(dying, item.id, "dying"))
    assert state_of(pair.pe, item) == expected_after(number, after_commit)
    move_back(pair.pe, item)
    pair.pump()
    all_is_there_once(pair, item)


def expected_after(number: int, after_commit: bool) -> str:
    if number == 1:
        return "leased" if after_commit else "pending"
    return "sent" if after_commit else "leased"


@pytest.mark.parametrize("death", [die_before_sending, die_after_sending])
def test_a_sender_that_dies_around_the_network_call_loses_and_doubles_nothing(
    pair: Pair, death: Callable[[Forward], Answer]
) -> None:
    item = waiting_summary(pair)
    pair.line.next_answers.append(death)
    run_and_die(lambda: deliver.deliver(pair.pe.services, item.id, "dying"))
    pair.line.next_answers.clear()
    assert state_of(pair.pe, item) == "leased"
    assert item.id not in deliver.due(pair.pe.services, 500)
    move_back(pair.pe, item)
    assert item.id in deliver.due(pair.pe.services, 500)
    pair.pump()
    all_is_there_once(pair, item)


@pytest.mark.parametrize("after_commit", [False, True], ids=["while-storing", "once-stored"])
def test_a_receiver_that_dies_while_taking_a_message_in_gets_it_again(pair: Pair, after_commit: bool) -> None:
    item = waiting_summary(pair)
    dying = dies_at_unit(pair.co.services, 1, after_commit)

    def died(_: Forward) -> Answer:
        data = pair.line.sent[-1][2]
        run_and_die(lambda: receive.accept(dying, data))
        return Answer(0, error="cut-off")

    pair.line.next_answers.append(died)
    assert deliver.deliver(pair.pe.services, item.id, "w") == "pending"
    move_back(pair.pe, item)
    pair.pump()
    all_is_there_once(pair, item)


@pytest.mark.parametrize(
    ("number", "after_commit"),
    [(1, False), (1, True), (2, False), (2, True)],
    ids=["while-counting", "once-counted", "while-processing", "once-processed"],
)
def test_a_receiver_that_dies_while_processing_processes_once(
    pair: Pair, number: int, after_commit: bool
) -> None:
    item = waiting_summary(pair)
    deliver.deliver(pair.pe.services, item.id, "w")
    stored = received(pair.co, item.msg_id)
    dying: Services = dies_at_unit(pair.co.services, number, after_commit)
    run_and_die(lambda: receive.process(dying, stored.id))
    pair.pump()
    all_is_there_once(pair, item)


def test_a_message_that_kills_its_worker_every_time_is_set_aside(pair: Pair) -> None:
    item = waiting_summary(pair)
    deliver.deliver(pair.pe.services, item.id, "w")
    stored = received(pair.co, item.msg_id)
    dying: Any = dies_at_unit
    for _ in range(receive.MOST_ATTEMPTS):
        run_and_die(lambda: receive.process(dying(pair.co.services, 2, False), stored.id))
    assert receive.process(pair.co.services, stored.id) == "review"
    pair.pump()
    assert state_of(pair.pe, item) == "delivered"
