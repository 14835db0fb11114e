"""The outbox task around the use case: a partner that is down rests, a message that fails here is parked."""

import gc
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from registry.crypto.tokens.jwk import new_key
from registry.demo.prepare import join, make_node
from registry.domain.model import OutboxItem
from registry.errors import NotReady
from registry.ports import Services
from registry.ports.outside import Answer
from registry.store import tables
from registry.store.engine import make_engine
from tests.integration.workers.running import RunningNode
from workers import outbox

WORKER = "test:1"


@dataclass
class ScriptedClient:
    """Answers every message the same way and remembers what it was given."""

    answer: Answer | Exception
    sent: list[str] = field(default_factory=list)

    def send(self, partner_id: str, msg_id: str, packed: bytes) -> Answer:
        """Note the message; answer or fail."""
        self.sent.append(msg_id)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass(frozen=True)
class Bench:
    """A node whose partner is scripted."""

    running: RunningNode
    client: ScriptedClient
    services: Services

    def queue(self) -> OutboxItem:
        """Queue one summary."""
        return self.running.queue_summary("co")

    def item(self, item_id: str) -> OutboxItem:
        """Read it back."""
        with self.services.unit() as unit:
            found = unit.outbox.get(item_id)
        assert found is not None
        return found

    def send(self, item: OutboxItem) -> str | None:
        """Run the task's act once, as soon as it may."""
        self.rewind(tables.outbox, next_attempt=None)
        return outbox.send(self.services, item.id, WORKER)

    def rewind(self, table: object, **values: object) -> None:
        """Change a clock in the database."""
        engine = make_engine(self.running.settings.database_url)
        with engine.begin() as connection:
            connection.execute(update(table).values(**values))  # type: ignore[arg-type]
        engine.dispose()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Give a node `pe` that knows `co`; no process runs."""
    nodes = [make_node(code, tmp_path, port, {"PUENTE_ENV": "test"}) for code, port in (("pe", 1), ("co", 2))]
    join(nodes, new_key("P-384"))
    running = RunningNode(nodes[0], tmp_path)
    client = ScriptedClient(Answer(0, error="connect-failed"))
    yield Bench(running, client, replace(running.services, partners=client))
    for each in gc.get_objects():
        if isinstance(each, Engine):
            each.dispose()


def test_five_failures_rest_the_partner_and_count_no_attempt(bench: Bench) -> None:
    items = [bench.queue() for _ in range(6)]
    for item in items[:5]:
        assert bench.send(item) == "pending"
    assert bench.send(items[5]) is None
    assert len(bench.client.sent) == 5
    assert bench.item(items[5].id).attempts == 0


def test_after_a_minute_one_message_tries_again(bench: Bench) -> None:
    items = [bench.queue() for _ in range(6)]
    for item in items[:5]:
        bench.send(item)
    with bench.services.unit() as unit:
        past = unit.now() - timedelta(seconds=61)
    bench.rewind(tables.heartbeat, at=past)
    assert bench.send(items[5]) == "pending"
    assert bench.send(items[0]) is None
    assert len(bench.client.sent) == 6


def test_a_refusal_of_one_message_does_not_rest_the_partner(bench: Bench) -> None:
    bench.client.answer = Answer(429, retry_after=30.0)
    for _ in range(7):
        assert bench.send(bench.queue()) == "pending"
    assert len(bench.client.sent) == 7


def test_what_a_partner_asks_to_wait_is_waited(bench: Bench) -> None:
    bench.client.answer = Answer(503, retry_after=3600.0)
    item = bench.queue()
    bench.send(item)
    waits = bench.item(item.id).next_attempt
    assert waits is not None
    assert waits - item.created >= timedelta(seconds=3599)


def test_a_message_that_fails_here_waits_and_is_parked_in_the_end(bench: Bench) -> None:
    bench.client.answer = RuntimeError("a defect")
    item = bench.queue()
    states = []
    for _ in range(12):
        with pytest.raises(RuntimeError):
            bench.send(item)
        states.append(outbox.give_back(bench.services, item.id, WORKER))
    assert states == ["pending"] * 11 + ["parked"]
    parked = bench.item(item.id)
    assert (parked.state, parked.last_error, parked.attempts) == ("parked", "internal", 12)


def test_every_try_sends_the_same_message(bench: Bench) -> None:
    item = bench.queue()
    bench.send(item)
    first = bench.item(item.id)
    bench.rewind(tables.heartbeat, at=item.created - timedelta(hours=1))
    bench.send(item)
    second = bench.item(item.id)
    assert bench.client.sent == [item.msg_id] * 2
    assert (first.digest, first.body) == (second.digest, second.body)


def test_an_unsigned_refusal_parks_it(bench: Bench) -> None:
    bench.client.answer = Answer(422)
    item = bench.queue()
    assert bench.send(item) == "parked"
    assert bench.send(item) is None
    assert len(bench.client.sent) == 1


def test_nothing_is_sent_for_an_item_that_is_not_there(bench: Bench) -> None:
    assert outbox.send(bench.services, "nothing", WORKER) is None
    assert outbox.give_back(bench.services, "nothing", WORKER) is None


def test_a_failed_attempt_gives_its_item_back_at_once(bench: Bench) -> None:
    bench.client.answer = RuntimeError("a defect")
    item = bench.queue()
    with pytest.raises(RuntimeError):
        outbox.attempt(bench.services, item.id, outbox.lease_name())
    assert (bench.item(item.id).state, bench.item(item.id).last_error) == ("pending", "internal")


def test_an_attempt_whose_lease_was_taken_over_gives_nothing_back(bench: Bench) -> None:
    bench.client.answer = RuntimeError("a defect")
    item = bench.queue()
    with pytest.raises(RuntimeError):
        outbox.send(bench.services, item.id, "first")
    bench.rewind(tables.outbox, lease_owner="second")
    assert outbox.give_back(bench.services, item.id, "first") is None
    assert (bench.item(item.id).state, bench.item(item.id).lease_owner) == ("leased", "second")


def test_a_node_that_is_not_ready_costs_no_attempt(bench: Bench) -> None:
    bench.client.answer = NotReady("not now")
    item = bench.queue()
    assert outbox.attempt(bench.services, item.id, outbox.lease_name()) == "pending"
    assert bench.item(item.id).attempts == 0


def test_every_attempt_of_every_process_has_a_lease_of_its_own() -> None:
    assert len({outbox.lease_name() for _ in range(50)}) == 50


def test_many_messages_that_wait_hide_no_failures(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_FAILING_READ", 5)
    items = [bench.queue() for _ in range(5)]
    for item in items:
        assert bench.send(item) == "pending"
    for partner in ("ec", "co", "ec", "co", "ec", "co"):
        bench.running.queue_summary(partner)
    assert bench.send(bench.queue()) is None
    assert len(bench.client.sent) == 5
