"""Owners' data keys: one winner when made at once, gone when erased, remembered for minutes only."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from registry.crypto.sealing.envelope import Place, split_lp, unwrap, wrap, wrap_aad
from registry.crypto.sealing.owner_keys import OwnerKeys, WrappedKey
from registry.errors import Unreadable


class InsecureMemoryProvider:
    """Wrap with keys kept in memory, for tests."""

    def __init__(self) -> None:
        self.current = "kek-0001"
        self.keks = {"kek-0001": b"1" * 32, "kek-0002": b"2" * 32}

    def wrap(self, dek: bytes, aad: bytes) -> bytes:
        return wrap(self.keks[split_lp(aad)[1]], dek, aad)

    def unwrap(self, blob: bytes, aad: bytes) -> bytes:
        return unwrap(self.keks[split_lp(aad)[1]], blob, aad)

    def current_id(self) -> str:
        return self.current


class MemoryTable:
    """Keep wrapped keys in a dict; count reads."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], WrappedKey] = {}
        self.reads = 0
        self.lock = threading.Lock()

    def get(self, owner_id: str) -> list[WrappedKey]:
        with self.lock:
            self.reads += 1
            return [row for row in self.rows.values() if row.owner_id == owner_id]

    def get_all(self, owner_ids: Sequence[str]) -> list[WrappedKey]:
        with self.lock:
            self.reads += 1
            return [row for row in self.rows.values() if row.owner_id in owner_ids]

    def add(self, key: WrappedKey) -> bool:
        with self.lock:
            known = self.rows.setdefault((key.owner_id, key.dek_version), key)
            return known is key

    def add_all(self, keys: Sequence[WrappedKey]) -> None:
        for key in keys:
            self.add(key)

    def delete(self, owner_id: str) -> None:
        with self.lock:
            self.rows = {place: row for place, row in self.rows.items() if row.owner_id != owner_id}


class Seconds:
    """Tell seconds that a test sets."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def store(table: MemoryTable, clock: Seconds | None = None, entries: int = 500) -> OwnerKeys:
    return OwnerKeys(InsecureMemoryProvider(), table, clock or Seconds(), entries)


def place(owner: str = "p1") -> Place:
    return Place("t", "r", owner, "body", 1)


def test_an_owner_without_a_key_is_unreadable_until_one_is_asked_for() -> None:
    keys = store(MemoryTable())
    with pytest.raises(Unreadable):
        keys.dek("p1")
    made = keys.dek("p1", create=True)
    assert (made.version, len(made.key)) == (1, 32)
    assert keys.dek("p1") == keys.dek_version("p1", 1) == made
    with pytest.raises(Unreadable):
        keys.dek_version("p1", 2)


def test_owners_have_different_keys() -> None:
    keys = store(MemoryTable())
    assert keys.dek("p1", create=True).key != keys.dek("p2", create=True).key


def test_what_one_store_seals_another_one_opens() -> None:
    table = MemoryTable()
    blob = store(table).seal(place(), b"plain")
    assert store(table).open(place(), blob) == b"plain"
    with pytest.raises(Unreadable):
        store(table).open(place("p2"), blob)


def test_keys_made_at_once_end_with_one_winner() -> None:
    table = MemoryTable()
    gate = threading.Barrier(16)

    def seal(number: int) -> bytes:
        mine = store(table)  # as in another process
        gate.wait(timeout=10)
        return mine.seal(place(), str(number).encode())

    with ThreadPoolExecutor(16) as pool:
        blobs = list(pool.map(seal, range(16)))
    assert len(table.rows) == 1
    reader = store(table)
    assert [reader.open(place(), blob) for blob in blobs] == [str(number).encode() for number in range(16)]


def test_threads_share_one_store() -> None:
    keys = store(MemoryTable(), entries=3)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: (n % 5, keys.dek(f"p{n % 5}", create=True)), range(200)))
    assert len({(owner, key.key) for owner, key in found}) == 5


def test_a_key_is_remembered_for_five_minutes_at_most() -> None:
    table, clock = MemoryTable(), Seconds()
    keys = store(table, clock)
    keys.dek("p1", create=True)
    reads = table.reads
    clock.at = 299.9
    keys.dek("p1")
    assert table.reads == reads
    clock.at = 300.0
    keys.dek("p1")
    assert table.reads == reads + 1


def test_the_least_used_key_is_forgotten_first() -> None:
    table = MemoryTable()
    keys = store(table, entries=2)
    for owner in ("p1", "p2"):
        keys.dek(owner, create=True)
    keys.dek("p1")
    keys.dek("p3", create=True)
    reads = table.reads
    keys.dek("p1")
    assert table.reads == reads
    keys.dek("p2")
    assert table.reads == reads + 1


def test_an_erased_owner_is_unreadable_at_once() -> None:
    table = MemoryTable()
    keys = store(table)
    blob = keys.seal(place(), b"plain")
    keys.erase("p1")
    assert table.rows == {}
    with pytest.raises(Unreadable):
        keys.open(place(), blob)


def test_an_owner_erased_elsewhere_is_unreadable_once_forgotten() -> None:
    table = MemoryTable()
    keys = store(table)
    keys.dek("p1", create=True)
    table.delete("p1")
    keys.forget("p1")
    with pytest.raises(Unreadable):
        keys.dek("p1")


def test_a_key_erased_while_it_is_read_does_not_stay_in_memory() -> None:
    class SlowTable(MemoryTable):
        """Erase the owner between reading the rows and giving them back."""

        def get(self, owner_id: str) -> list[WrappedKey]:
            rows = super().get(owner_id)
            if rows and erase_now:
                erase_now.clear()
                keys.erase(owner_id)
            return rows

    erase_now: list[bool] = []
    keys = store(SlowTable())
    keys.dek("p1", create=True)
    keys.forget("p1")
    erase_now.append(True)
    keys.dek("p1")
    with pytest.raises(Unreadable):
        keys.dek("p1")


def test_the_newest_version_seals_and_older_ones_still_open() -> None:
    table = MemoryTable()
    old = store(table).seal(place(), b"old")
    provider = InsecureMemoryProvider()
    table.add(WrappedKey("p1", 2, "kek-0002", provider.wrap(b"d" * 32, wrap_aad("kek-0002", "p1", 2))))
    keys = store(table)
    assert keys.dek("p1").version == 2
    assert keys.open(place(), old) == b"old"
    assert keys.open(place(), keys.seal(place(), b"new")) == b"new"


def test_a_wrapped_key_moved_to_another_owner_is_unreadable() -> None:
    table = MemoryTable()
    store(table).dek("p1", create=True)
    stolen = table.rows["p1", 1]
    table.add(WrappedKey("p2", 1, stolen.kek_id, stolen.wrapped))
    with pytest.raises(Unreadable):
        store(table).dek("p2")


def test_many_owners_at_once_leave_out_those_without_a_key() -> None:
    keys = store(MemoryTable())
    owners: Sequence[str] = ("p1", "p2", "p3")
    made = {owner: keys.dek(owner, create=True) for owner in owners[:2]}
    assert keys.deks(owners) == made


def test_the_keys_of_many_owners_are_read_at_once() -> None:
    table = MemoryTable()
    made = {f"p{number}": store(table).dek(f"p{number}", create=True) for number in range(20)}
    table.reads = 0
    keys = store(table)
    assert keys.deks([*made]) == made
    assert table.reads == 1


def test_many_first_keys_are_made_at_once_and_others_stay() -> None:
    table = MemoryTable()
    before = store(table).dek("p1", create=True)
    keys = store(table)
    keys.create(["p1", "p2", "p3", "p2"])
    assert keys.dek("p1") == before
    assert len(table.rows) == 3
    assert store(table).deks(["p2", "p3"]) == keys.deks(["p2", "p3"])
    keys.create(["p1", "p2"])
    assert len(table.rows) == 3


def test_nothing_secret_is_printed() -> None:
    table = MemoryTable()
    keys = store(table)
    key = keys.dek("p1", create=True)
    shown = repr(key) + repr(table.rows["p1", 1]) + repr(keys)
    assert repr(key.key) not in shown
    assert repr(table.rows["p1", 1].wrapped) not in shown
