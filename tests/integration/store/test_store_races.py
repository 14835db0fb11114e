"""Many at once: threads with connections of their own, as web and worker processes have."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier, Event
from typing import TypeVar

from registry.crypto.sealing.owner_keys import WrappedKey
from registry.domain.access import trail
from registry.domain.model import Alias, AuditEntry, Person
from registry.errors import Conflict, VersionConflict
from tests.contract.store.node import (
    CALLER,
    NOON,
    StoreNode,
    incoming,
    new_id,
    outgoing,
    sealed,
    token,
    user,
    wrote,
)

WRITERS = 16
Result = TypeVar("Result")


def at_once(number: int, act: Callable[[int], Result]) -> list[Result]:
    """Run an act in threads that start together; return what each gave."""
    start = Barrier(number)

    def run(index: int) -> Result:
        start.wait()
        return act(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def test_of_many_claims_one_wins(own_node: StoreNode, scaled: Callable[[int], int]) -> None:
    for _ in range(scaled(200)):
        item = outgoing()
        with own_node.committed() as unit:
            unit.outbox.add(item)

        def claim(index: int, item_id: str = item.id) -> bool:
            with own_node.committed() as unit:
                return unit.outbox.claim(item_id, f"w{index}", 90) is not None

        assert at_once(8, claim).count(True) == 1
        with own_node.unit() as unit:
            found = unit.outbox.get(item.id)
        assert found is not None
        assert found.attempts == 1


def test_a_lease_that_ran_out_is_taken_by_one(own_node: StoreNode) -> None:
    item = outgoing()
    with own_node.committed() as unit:
        unit.outbox.add(item)
        unit.outbox.claim(item.id, "dead worker", -1)

    def claim(index: int) -> bool:
        with own_node.committed() as unit:
            return unit.outbox.claim(item.id, f"w{index}", 90) is not None

    assert at_once(8, claim).count(True) == 1


def test_of_sixteen_writers_one_wins_each_version(own_node: StoreNode) -> None:
    first = sealed(new_id())

    def write(version: int, index: int) -> bool:
        try:
            with own_node.committed() as unit:
                unit.records.current(first.type, first.id)
                unit.records.add(replace(first, version=version, body=b"%d" % index), wrote())
        except VersionConflict:
            return False
        return True

    versions = 4
    for version in range(1, versions + 1):
        assert at_once(WRITERS, partial(write, version)).count(True) == 1
    with own_node.unit() as unit:
        history = unit.records.history_of_owner(first.owner_id)
        newest = unit.records.current(first.type, first.id)
        written = list(unit.audit.body_digests())
        assert list(trail.find_rolled_back(written, unit.records.digests())) == []
    assert [row.version for row in history] == list(range(1, versions + 1))
    assert newest == history[-1]
    assert len(written) == versions


def test_one_message_arriving_many_times_is_stored_once(own_node: StoreNode) -> None:
    msg_id = new_id()

    def receive(_index: int) -> str:
        item = incoming(msg_id=msg_id)
        with own_node.committed() as unit:
            stored = unit.inbox.add(item)
        return stored.id if stored else item.id

    assert len(set(at_once(WRITERS, receive))) == 1
    with own_node.unit() as unit:
        assert unit.inbox.counts() == {"received": 1}


def test_the_first_key_of_an_owner_is_made_once(own_node: StoreNode) -> None:
    owner = new_id()

    def add(index: int) -> bool:
        return own_node.keys().add(WrappedKey(owner, 1, "kek-1", b"%02d" % index))

    won = at_once(WRITERS, add)
    assert won.count(True) == 1
    assert own_node.keys().get(owner) == [WrappedKey(owner, 1, "kek-1", b"%02d" % won.index(True))]


def test_sequence_numbers_have_no_gap_and_no_double(own_node: StoreNode) -> None:
    alias = new_id()

    def count(_index: int) -> int:
        with own_node.committed() as unit:
            return unit.aliases.next_seq("co", alias)

    assert sorted(at_once(WRITERS, count)) == list(range(1, WRITERS + 1))


def test_we_mint_one_alias_even_when_two_ask_at_once(own_node: StoreNode) -> None:
    owner = new_id()

    def mint(_index: int) -> bool:
        try:
            with own_node.committed() as unit:
                unit.aliases.add(Alias("co", owner, new_id(), "us"))
        except Conflict:
            return False
        return True

    assert at_once(8, mint).count(True) == 1


def test_an_assertion_and_a_name_are_taken_once(own_node: StoreNode) -> None:
    name, jti = new_id(), new_id()

    def take(_index: int) -> tuple[bool, bool]:
        with own_node.committed() as unit:
            fresh = unit.tokens.remember_jti("co", jti, NOON)
        try:
            with own_node.committed() as unit:
                unit.users.add(user(name=name))
        except Conflict:
            return fresh, False
        return fresh, True

    results = at_once(8, take)
    assert [fresh for fresh, _ in results].count(True) == 1
    assert [added for _, added in results].count(True) == 1


def test_a_lock_serialises_a_search_before_a_registration(own_node: StoreNode) -> None:
    """Identifier-bearing conditional creates: search, and create when nobody was found."""
    word = token(new_id())

    def register(_index: int) -> str:
        with own_node.unit() as unit:
            unit.lock([word.value])
            found = unit.people.candidates([word], 1)
            if found:
                return found[0]
            owner = new_id()
            unit.people.add(Person(owner, provisional=False, created=NOON))
            unit.people.index(owner, ("Patient", owner), [word])
            unit.commit()
            return owner

    assert len(set(at_once(WRITERS, register))) == 1


def test_locks_in_any_order_do_not_block_each_other_for_ever(own_node: StoreNode) -> None:
    values = [b"a", b"b", b"c", b"d"]

    def take(index: int) -> None:
        for turn in range(10):
            with own_node.committed() as unit:
                unit.lock(values[(index + turn) % 4 :] + values[: (index + turn) % 4])

    at_once(8, take)


def test_the_chain_has_no_gap_while_many_write_and_several_chain(
    own_node: StoreNode, scaled: Callable[[int], int]
) -> None:
    each, done = 5 * scaled(1000), Event()

    def write(index: int) -> None:
        for number in range(each):
            with own_node.committed() as unit:
                unit.audit.add(AuditEntry(CALLER, f"act-{index}-{number}", owner_id=new_id()))

    def chain(_index: int) -> int:
        chained = 0
        while not done.is_set():
            with own_node.committed() as unit:
                chained += unit.audit.chain(20)
        return chained

    with ThreadPoolExecutor(2) as chainers:
        running = [chainers.submit(chain, index) for index in range(2)]
        try:
            at_once(4, write)
        finally:
            done.set()
        by_them = sum(one.result() for one in running)
    with own_node.committed() as unit:
        rest = unit.audit.chain(100_000)
    with own_node.unit() as unit:
        rows = list(unit.audit.rows())
        assert (unit.audit.waiting(), unit.audit.forgotten()) == (0, 0)
    assert by_them + rest == len(rows) == 4 * each
    assert len({row.event_id for row in rows}) == 4 * each
    assert trail.find_break(rows) is None


def test_due_items_are_claimed_by_competing_sweeps_once(own_node: StoreNode) -> None:
    items = [outgoing() for _ in range(30)]
    with own_node.committed() as unit:
        for item in items:
            unit.outbox.add(item)

    def sweep(index: int) -> list[str]:
        mine = []
        with own_node.unit() as unit:
            due = unit.outbox.due(100)
        for item_id in due:
            with own_node.committed() as unit:
                if unit.outbox.claim(item_id, f"w{index}", 90):
                    mine.append(item_id)
        return mine

    claimed = [item_id for mine in at_once(4, sweep) for item_id in mine]
    assert sorted(claimed) == sorted(item.id for item in items)
