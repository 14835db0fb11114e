"""The port Inbox: once per partner and message, named ends, purged bodies."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.domain.model import InboxItem, InboxState, ReceivedDocument
from tests.contract.store.node import NOON, StoreNode, incoming, later, new_id


def added(node: StoreNode, **changes: object) -> InboxItem:
    item = incoming(**changes)
    with node.committed() as unit:
        assert unit.inbox.add(item) is None
    return item


def get(node: StoreNode, item: InboxItem) -> InboxItem | None:
    with node.unit() as unit:
        return unit.inbox.get(item.id)


def test_an_item_comes_back_as_it_was_added(node: StoreNode) -> None:
    item = added(node, expires=later(days=1), in_reply_to="m0")
    assert get(node, item) == item
    assert get(node, incoming()) is None


def test_a_message_received_again_gives_the_stored_one_and_changes_nothing(node: StoreNode) -> None:
    first = added(node)
    with node.committed() as unit:
        again = unit.inbox.add(incoming(msg_id=first.msg_id, digest="another", body=b"another"))
    assert again == first
    assert get(node, first) == first


def test_the_same_message_id_of_another_partner_is_another_message(node: StoreNode) -> None:
    first = added(node)
    second = added(node, partner="ec", msg_id=first.msg_id)
    assert get(node, second) == second


@pytest.mark.parametrize("state", ["processed", "review", "rejected", "duplicate", "superseded"])
def test_an_item_ends_in_a_named_state(node: StoreNode, state: InboxState) -> None:
    item = added(node)
    with node.committed() as unit:
        unit.inbox.finish(item.id, state, "person-1", b"sealed findings")
        moment = unit.now()
    found = get(node, item)
    assert found == replace(
        item, state=state, owner_id="person-1", findings=b"sealed findings", processed=moment
    )
    with node.unit() as unit:
        assert item.id not in unit.inbox.waiting(10_000)


def test_finishing_without_owner_or_findings_keeps_those_known(node: StoreNode) -> None:
    item = added(node)
    with node.committed() as unit:
        unit.inbox.finish(item.id, "review", "person-1", b"sealed findings")
        unit.inbox.finish(item.id, "processed")
    found = get(node, item)
    assert found is not None
    assert (found.state, found.owner_id, found.findings) == ("processed", "person-1", b"sealed findings")


def test_attempts_are_counted(node: StoreNode) -> None:
    item = added(node)
    with node.committed() as unit:
        assert [unit.inbox.tried(item.id), unit.inbox.tried(item.id)] == [1, 2]
        assert unit.inbox.tried(new_id()) == 0
    found = get(node, item)
    assert found is not None
    assert found.attempts == 2


def test_what_waits_comes_oldest_first(node: StoreNode) -> None:
    new, old = added(node, received=later(hours=2)), added(node, received=later(hours=-2))
    with node.unit() as unit:
        found = unit.inbox.waiting(10_000)
        assert len(unit.inbox.waiting(1)) == 1
    assert found.index(old.id) < found.index(new.id)


def test_items_are_listed_newest_first_without_bodies(node: StoreNode) -> None:
    old = added(node, state="review", received=later(days=400), findings=b"sealed findings")
    new = added(node, state="rejected", received=later(days=401))
    added(node, state="processed", received=later(days=402))
    states: tuple[InboxState, ...] = ("review", "rejected")
    with node.unit() as unit:
        assert unit.inbox.listed(states, 2) == [replace(new, body=b""), replace(old, body=b"")]
        assert unit.inbox.listed(states, 1) == [replace(new, body=b"")]
        assert unit.inbox.listed(states, 1, after=new.received) == [replace(old, body=b"")]
        assert unit.inbox.listed((), 9) == []


def test_the_newest_applied_number_counts_only_what_took_effect(node: StoreNode) -> None:
    alias = new_id()
    states: dict[InboxState, int] = {
        "processed": 3,
        "review": 5,
        "rejected": 7,
        "superseded": 8,
        "received": 9,
    }
    for state, seq in states.items():
        added(node, alias=alias, state=state, seq=seq)
    added(node, alias=alias, state="processed", seq=11, kind="receipt")
    added(node, alias=alias, state="processed", seq=12, partner="ec")
    with node.unit() as unit:
        assert unit.inbox.newest_applied("co", alias, "summary") == 5
        assert unit.inbox.newest_applied("co", new_id(), "summary") == 0


def test_bodies_of_finished_items_are_purged_by_age(node: StoreNode) -> None:
    old_days = NOON - timedelta(days=9000)
    finished = [added(node, state="processed", received=old_days - timedelta(days=day)) for day in range(3)]
    waiting = added(node, received=old_days)
    recent = added(node, state="processed")
    before = old_days + timedelta(days=1)
    with node.committed() as unit:
        assert unit.inbox.purge_bodies(before, 2) == 2
        assert unit.inbox.purge_bodies(before, 10) == 1
        assert unit.inbox.purge_bodies(before, 10) == 0
    assert [get(node, item) for item in finished] == [replace(item, body=b"") for item in finished]
    assert get(node, waiting) == waiting
    assert get(node, recent) == recent


def test_received_items_are_counted_by_state(node: StoreNode) -> None:
    with node.unit() as unit:
        before = unit.inbox.counts()
    added(node, state="duplicate")
    with node.unit() as unit:
        assert unit.inbox.counts() == before | {"duplicate": before.get("duplicate", 0) + 1}


def test_kinds_that_are_not_wanted_take_no_place_in_the_list(node: StoreNode) -> None:
    work = added(node, state="review", received=later(days=800))
    added(node, state="review", received=later(days=801), kind="receipt")
    with node.unit() as unit:
        found = unit.inbox.listed(("review",), 1, without_kinds=("receipt",))
    assert found == [replace(work, body=b"")]


def test_the_only_copy_of_what_was_not_understood_is_never_purged(node: StoreNode) -> None:
    old = NOON - timedelta(days=9500)
    lost, kept = (added(node, state="review", received=old) for _ in range(2))
    request = added(node, state="processed", kind="request", received=old)
    document = ReceivedDocument(kept.id, new_id(), "co", kept.id, NOON, "d1", b"sealed", b"findings")
    with node.committed() as unit:
        unit.documents.add(document)
        assert unit.inbox.purge_bodies(old + timedelta(days=1), 10) == 1
    assert get(node, kept) == replace(kept, body=b"")
    assert (get(node, lost), get(node, request)) == (lost, request)
