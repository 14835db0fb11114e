"""The port Outbox: leases by the database's clock, named ends."""

from dataclasses import replace

import pytest

from registry.domain.model import OutboxItem, OutboxState
from registry.errors import Conflict
from tests.contract.store.node import StoreNode, later, new_id, outgoing


def added(node: StoreNode, **changes: object) -> OutboxItem:
    item = outgoing(**changes)
    with node.committed() as unit:
        unit.outbox.add(item)
    return item


def get(node: StoreNode, item: OutboxItem) -> OutboxItem:
    with node.unit() as unit:
        found = unit.outbox.get(item.id)
    assert found is not None
    return found


def claim(node: StoreNode, item: OutboxItem, worker: str = "w1", seconds: int = 90) -> OutboxItem | None:
    with node.committed() as unit:
        return unit.outbox.claim(item.id, worker, seconds)


def finish(node: StoreNode, item: OutboxItem, state: OutboxState) -> None:
    with node.committed() as unit:
        unit.outbox.finish(item.id, state)


def retry(node: StoreNode, item: OutboxItem, seconds: float = 0) -> None:
    with node.committed() as unit:
        unit.outbox.retry(item.id, seconds, "http-503")


def due(node: StoreNode) -> list[str]:
    with node.unit() as unit:
        return unit.outbox.due(10_000)


def test_an_item_comes_back_as_it_was_added(node: StoreNode) -> None:
    item = added(node, in_reply_to="m0", consent_id="c1", actor="user-1", body=b"sealed", digest="d")
    assert get(node, item) == item
    with node.unit() as unit:
        assert unit.outbox.by_message("co", item.msg_id) == item
        assert unit.outbox.by_message("ec", item.msg_id) is None
        assert unit.outbox.get(new_id()) is None


def test_a_worker_is_woken_after_the_commit_and_not_before(node: StoreNode) -> None:
    item = outgoing()
    with node.unit() as unit:
        unit.outbox.add(item)
        assert node.woken.calls == []
        unit.commit()
    assert node.woken.calls == [("exchange.deliver", item.id)]


def test_an_item_that_was_rolled_back_wakes_nobody(node: StoreNode) -> None:
    with node.unit() as unit:
        unit.outbox.add(outgoing())
    with node.committed() as unit:
        unit.beat("another unit")
    assert node.woken.calls == []


def test_one_message_id_is_sent_to_a_partner_once(node: StoreNode) -> None:
    item = added(node)
    with node.unit() as unit, pytest.raises(Conflict):
        unit.outbox.add(outgoing(msg_id=item.msg_id))


def test_a_claim_leases_and_counts_the_attempt(node: StoreNode) -> None:
    item = added(node)
    with node.committed() as unit:
        leased = unit.outbox.claim(item.id, "w1", 90)
        moment = unit.now()
    assert leased is not None
    assert leased.lease_until is not None
    assert (leased.lease_until - moment).total_seconds() == 90
    assert leased == replace(
        item, state="leased", attempts=1, lease_owner="w1", lease_until=leased.lease_until
    )
    assert get(node, item) == leased


def test_a_leased_item_has_one_owner(node: StoreNode) -> None:
    item = added(node)
    assert claim(node, item) is not None
    assert claim(node, item, "w2") is None
    assert item.id not in due(node)


def test_a_lease_that_ran_out_is_claimed_again(node: StoreNode) -> None:
    item = added(node)
    assert claim(node, item, "w1", seconds=-1) is not None
    assert item.id in due(node)
    again = claim(node, item, "w2")
    assert again is not None
    assert (again.lease_owner, again.attempts) == ("w2", 2)


@pytest.mark.parametrize("state", ["sent", "delivered", "refused", "withdrawn", "superseded", "parked"])
def test_nothing_but_pending_is_claimed(node: StoreNode, state: OutboxState) -> None:
    item = added(node, state=state)
    assert claim(node, item) is None
    assert item.id not in due(node)
    assert claim(node, outgoing()) is None


def test_the_exact_bytes_are_kept_for_the_next_attempt(node: StoreNode) -> None:
    item = added(node)
    with node.committed() as unit:
        unit.outbox.keep_body(item.id, b"sealed bundle", "sha")
    retry(node, item)
    leased = claim(node, item)
    assert leased is not None
    assert (leased.body, leased.digest) == (b"sealed bundle", "sha")


def test_a_retry_waits(node: StoreNode) -> None:
    item = added(node)
    claim(node, item)
    retry(node, item, 60)
    found = get(node, item)
    assert (found.state, found.last_error, found.lease_owner, found.lease_until) == (
        "pending",
        "http-503",
        "",
        None,
    )
    assert item.id not in due(node)
    assert claim(node, item) is None
    retry(node, item, 0)
    assert item.id in due(node)
    assert claim(node, item) is not None


def test_sent_notes_when_and_drops_the_lease(node: StoreNode) -> None:
    item = added(node)
    claim(node, item)
    with node.committed() as unit:
        unit.outbox.finish(item.id, "sent")
        moment = unit.now()
    assert get(node, item) == replace(item, state="sent", attempts=1, sent=moment)


@pytest.mark.parametrize("state", ["delivered", "refused", "withdrawn", "superseded", "parked"])
def test_every_end_notes_when_and_why(node: StoreNode, state: OutboxState) -> None:
    item = added(node)
    claim(node, item)
    with node.committed() as unit:
        unit.outbox.finish(item.id, state, "a-code")
        moment = unit.now()
    assert get(node, item) == replace(item, state=state, attempts=1, last_error="a-code", finished=moment)


@pytest.mark.parametrize("state", ["delivered", "refused", "superseded"])
def test_a_receipt_that_overtakes_the_note_of_sending_stays(node: StoreNode, state: OutboxState) -> None:
    item = added(node)
    claim(node, item)
    finish(node, item, state)
    finish(node, item, "sent")
    retry(node, item)
    found = get(node, item)
    assert found.state == state
    assert found.sent is not None


def test_what_left_in_spite_of_a_withdrawal_is_shown_as_sent(node: StoreNode) -> None:
    item = added(node)
    claim(node, item)
    with node.committed() as unit:
        unit.outbox.stop(item.owner_id, "co")
    finish(node, item, "sent")
    assert get(node, item).state == "sent"


def test_a_parked_item_can_be_tried_again(node: StoreNode) -> None:
    item = added(node)
    finish(node, item, "parked")
    retry(node, item)
    assert get(node, item).finished is None
    assert claim(node, item) is not None


def test_a_withdrawal_stops_what_has_not_left(node: StoreNode) -> None:
    owner = new_id()
    stopped = [added(node, owner_id=owner, state=state) for state in ("pending", "leased", "parked")]
    kept = [added(node, owner_id=owner, state=state) for state in ("sent", "delivered", "refused")]
    kept += [added(node, owner_id=owner, partner="ec"), added(node)]
    with node.committed() as unit:
        assert unit.outbox.stop(owner, "co") == sorted(item.id for item in stopped)
    for item in stopped:
        assert get(node, item).state == "withdrawn"
        retry(node, item)
        assert claim(node, item) is None
    assert [get(node, item) for item in kept] == kept


def test_due_items_come_oldest_first(node: StoreNode) -> None:
    new, old = added(node, created=later(hours=2)), added(node, created=later(hours=-2))
    found = due(node)
    assert found.index(old.id) < found.index(new.id)
    with node.unit() as unit:
        assert len(unit.outbox.due(1)) == 1


def test_items_are_listed_newest_first(node: StoreNode) -> None:
    owner = new_id()
    old = added(node, owner_id=owner, created=later(days=400))
    new = added(node, owner_id=owner, created=later(days=401), state="parked")
    with node.unit() as unit:
        assert unit.outbox.of(owner) == [new, old]
        assert unit.outbox.recent(2) == [new, old]
        assert unit.outbox.recent(1, ["pending", "sent"]) == [old]


def test_items_are_counted_by_state(node: StoreNode) -> None:
    with node.unit() as unit:
        before = unit.outbox.counts()
    added(node, state="superseded")
    added(node, state="superseded")
    with node.unit() as unit:
        assert unit.outbox.counts() == before | {"superseded": before.get("superseded", 0) + 2}


def test_a_partner_with_many_waiting_items_leaves_the_others_their_turn(node: StoreNode) -> None:
    silent, other = new_id(), new_id()
    many = [added(node, partner=silent, created=later(days=-90, hours=hour)) for hour in range(4)]
    few = [added(node, partner=other, created=later(days=-80, hours=hour)) for hour in range(2)]
    ours = {item.id for item in many + few}
    found = [item_id for item_id in due(node) if item_id in ours]
    expected = [many[0], few[0], many[1], few[1], many[2], many[3]]
    assert found == [item.id for item in expected]
    with node.unit() as unit:
        assert unit.outbox.due(2) == [many[0].id, few[0].id]


def test_items_are_listed_without_bodies_and_without_unwanted_kinds(node: StoreNode) -> None:
    owner = new_id()
    old = added(node, owner_id=owner, created=later(days=800), body=b"sealed bundle")
    new = added(node, owner_id=owner, created=later(days=801), kind="receipt", body=b"sealed receipt")
    with node.unit() as unit:
        assert unit.outbox.of(owner) == [replace(new, body=b""), replace(old, body=b"")]
        assert unit.outbox.recent(2) == [replace(new, body=b""), replace(old, body=b"")]
        assert unit.outbox.recent(1, without_kinds=("receipt",)) == [replace(old, body=b"")]
        found = unit.outbox.recent(1, ["pending"], without_kinds=("receipt",))
        assert found == [replace(old, body=b"")]
