"""Real workers, a real broker, two nodes: whatever is killed in the middle, all arrives, and once."""

import json
import time
from pathlib import Path

import pytest

from registry.usecases.access import trail
from tests.integration.workers.running import RunningNode, wait_until
from tests.servers.valkey import ValkeyProcess

pytestmark = pytest.mark.broker
Pair = tuple[RunningNode, RunningNode]


def test_a_summary_arrives_and_its_receipt_makes_it_delivered(pair: Pair) -> None:
    pe, co = pair
    pe.start("serve", "worker", "beat")
    co.start("serve", "worker", "beat")
    item = pe.queue_summary("co")
    wait_until(lambda: pe.state(item) == "delivered", "delivered")
    assert co.received(item.msg_id) == 1
    wait_until(lambda: is_chained(pe) and is_chained(co), "audit events chained")
    wait_until(lambda: "worker" in beats(pe), "heartbeat through beat, broker and worker")
    assert trail.verify(pe.services).ok
    assert trail.verify(co.services).ok


def is_chained(node: RunningNode) -> bool:
    with node.services.unit() as unit:
        return unit.audit.waiting() == 0 and unit.audit.size() > 0


def beats(node: RunningNode) -> dict[str, object]:
    with node.services.unit() as unit:
        return dict(unit.beats())


def test_a_worker_killed_while_sending_loses_nothing_and_sends_once(pair: Pair) -> None:
    pe, co = pair
    co.start("serve", "worker")
    pe.start("serve")
    co.freeze("serve")
    pe.start("worker")
    item = pe.queue_summary("co")
    wait_until(lambda: pe.state(item) == "leased", "the worker has it")
    time.sleep(0.5)
    pe.kill("worker")
    co.thaw("serve")
    assert pe.state(item) == "leased"
    pe.let_leases_run_out()
    pe.start("worker")
    wait_until(lambda: pe.state(item) == "delivered", "delivered", pe, co)
    assert co.received(item.msg_id) == 1


def test_a_worker_killed_while_processing_loses_nothing(pair: Pair) -> None:
    pe, co = pair
    co.start("serve")
    pe.start("serve", "worker")
    items = [pe.queue_summary("co") for _ in range(5)]
    wait_until(lambda: all(pe.state(item) == "sent" for item in items), "all sent")
    co.start("worker")
    wait_until(lambda: processed(co) >= 1, "the first one processed")
    co.kill("worker")
    co.start("worker")
    wait_until(lambda: all(pe.state(item) == "delivered" for item in items), "delivered", pe, co)
    assert [co.received(item.msg_id) for item in items] == [1] * 5


def processed(node: RunningNode) -> int:
    with node.services.unit() as unit:
        counts = unit.inbox.counts()
    return sum(number for state, number in counts.items() if state != "received")


def test_a_broker_that_dies_and_forgets_everything_loses_nothing(pair: Pair, valkey: ValkeyProcess) -> None:
    pe, co = pair
    for node in (pe, co):
        node.start("serve", "worker", "beat")
    first = pe.queue_summary("co")
    wait_until(lambda: pe.state(first) == "delivered", "delivered before")
    valkey.kill()
    started = time.monotonic()
    items = [pe.queue_summary("co") for _ in range(3)]
    assert time.monotonic() - started < 3, "a broker that is down slows nobody"
    for file in valkey.folder.glob("appendonlydir/*"):
        file.unlink()
    valkey.start()
    wait_until(lambda: all(pe.state(item) == "delivered" for item in items), "delivered")
    assert [co.received(item.msg_id) for item in items] == [1] * 3


def test_a_partner_that_is_away_is_tried_again_with_the_same_message(pair: Pair) -> None:
    pe, co = pair
    pe.start("worker")
    item = pe.queue_summary("co")
    wait_until(lambda: last_error(pe, item.id) == "connect-failed", "the first try failed")
    co.start("serve", "worker")
    pe.start("serve")
    wait_until(lambda: pe.state(item) == "delivered", "delivered", pe, co)
    assert co.received(item.msg_id) == 1


def last_error(node: RunningNode, item_id: str) -> str:
    with node.services.unit() as unit:
        item = unit.outbox.get(item_id)
    return item.last_error if item else ""


def test_a_message_no_code_can_read_is_set_aside_after_five_tries(pair: Pair) -> None:
    pe, co = pair
    item = co.queue_summary("pe")
    co.start("worker")
    pe.start("serve")
    wait_until(lambda: co.state(item) == "sent", "stored at the receiver")
    spoil(pe, item.msg_id)
    pe.start("worker")
    wait_until(lambda: counts(pe).get("review") == 1, "set aside", pe)
    assert counts(pe).get("received", 0) == 0
    lines = [json.loads(line) for line in log_of(pe, "worker").splitlines() if line.startswith("{")]
    failures = [line for line in lines if line["event"] == "task-failed"]
    assert len(failures) == 5
    assert all(line["task"] == "exchange.process" and line["where"] for line in failures)


def spoil(node: RunningNode, msg_id: str) -> None:
    """Damage the sealed body, as a bad disk would: every attempt to open it fails."""
    from sqlalchemy import update

    from registry.store import tables
    from registry.store.engine import make_engine

    engine = make_engine(node.settings.database_url)
    with engine.begin() as connection:
        damaged = update(tables.inbox).where(tables.inbox.c.msg_id == msg_id).values(body=b"\x01" * 600)
        assert connection.execute(damaged).rowcount == 1
    engine.dispose()


def counts(node: RunningNode) -> dict[str, int]:
    with node.services.unit() as unit:
        return unit.inbox.counts()


def log_of(node: RunningNode, name: str) -> str:
    path: Path = node.logs / f"{name}-{node.node.code}.log"
    return path.read_text()
