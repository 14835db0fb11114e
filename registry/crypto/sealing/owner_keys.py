"""Give each owner (a person or a named service) its own data key, unwrapped in memory for minutes only."""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from registry.crypto.sealing.envelope import KEY_BYTES, DataKey, Place, open_sealed, seal, wrap_aad
from registry.errors import Unreadable

CACHE_ENTRIES = 500
CACHE_SECONDS = 300.0


class KekProvider(Protocol):
    """Wraps data keys with a key that never leaves it; the KEK to use is named in the authenticated data."""

    def wrap(self, dek: bytes, aad: bytes) -> bytes:
        """Wrap a data key of 32 bytes."""

    def unwrap(self, blob: bytes, aad: bytes) -> bytes:
        """Open a wrapped data key; raise Unreadable when anything does not fit."""

    def current_id(self) -> str:
        """Give the id of the KEK that new keys are wrapped with."""


@dataclass(frozen=True)
class WrappedKey:
    """Hold one row of the key table."""

    owner_id: str
    dek_version: int
    kek_id: str
    wrapped: bytes = field(repr=False)


class KeyTable(Protocol):
    """Keeps wrapped keys apart from the data, each act in a transaction of its own.

    `add` must be durable before it returns True: a key that could still roll back would lose what it sealed.
    """

    def get(self, owner_id: str) -> list[WrappedKey]:
        """Return every version of an owner's key; empty when there is none or it was erased."""

    def get_all(self, owner_ids: Sequence[str]) -> list[WrappedKey]:
        """Return every version of these owners' keys."""

    def add(self, key: WrappedKey) -> bool:
        """Insert and commit; False, changing nothing, when this owner and version exist already."""

    def add_all(self, keys: Sequence[WrappedKey]) -> None:
        """Insert many and commit once; owners and versions that exist already stay as they are."""

    def delete(self, owner_id: str) -> None:
        """Erase every version of an owner's key for ever."""


@dataclass(frozen=True)
class _Entry:
    until: float
    keys: dict[int, DataKey] = field(repr=False)


class OwnerKeys:
    """Look up, create and briefly remember data keys; may be shared between threads, not processes."""

    def __init__(
        self,
        provider: KekProvider,
        table: KeyTable,
        clock: Callable[[], float] = time.monotonic,
        entries: int = CACHE_ENTRIES,
        seconds: float = CACHE_SECONDS,
    ) -> None:
        self._provider = provider
        self._table = table
        self._clock = clock
        self._entries = entries
        self._seconds = seconds
        self._lock = threading.Lock()
        self._cache: OrderedDict[str, _Entry] = OrderedDict()
        self._forgotten = 0

    def dek(self, owner_id: str, create: bool = False) -> DataKey:
        """Give the newest key of an owner; without one make it when asked to, else raise Unreadable."""
        keys = self._known(owner_id)
        if not keys and create:
            keys = self._made(owner_id)
        if not keys:
            raise Unreadable
        return keys[max(keys)]

    def dek_version(self, owner_id: str, version: int) -> DataKey:
        """Give one version of an owner's key, or raise Unreadable."""
        keys = self._known(owner_id)
        if version not in keys and keys:
            # Another process may have made a version since we looked.
            self.forget(owner_id)
            keys = self._known(owner_id)
        if version not in keys:
            raise Unreadable
        return keys[version]

    def deks(self, owner_ids: Sequence[str]) -> dict[str, DataKey]:
        """Give the newest key of each owner that has one; owners without a key are left out."""
        self._load([owner_id for owner_id in dict.fromkeys(owner_ids) if owner_id not in self._cache])
        found = ((owner_id, self._known(owner_id)) for owner_id in owner_ids)
        return {owner_id: keys[max(keys)] for owner_id, keys in found if keys}

    def create(self, owner_ids: Sequence[str]) -> None:
        """Make the first key of each owner that has none, all in one act; others keep theirs."""
        known = self.deks(owner_ids)
        missing = [owner_id for owner_id in dict.fromkeys(owner_ids) if owner_id not in known]
        if missing:
            self._table.add_all([self._new(owner_id) for owner_id in missing])
            self._load(missing)

    def seal(self, place: Place, plaintext: bytes) -> bytes:
        """Seal for the owner named in the place, making the owner's key when there is none."""
        # A person begins with version 1 of a row named after them: making the key at once spares a look.
        if place.revision == 1 and place.row_id == place.owner_id and place.owner_id not in self._cache:
            self._made(place.owner_id)
        return seal(self.dek(place.owner_id, create=True), place, plaintext)

    def open(self, place: Place, blob: bytes) -> bytes:
        """Open what was sealed for the owner at this place, or raise Unreadable."""
        return open_sealed(lambda version: self.dek_version(place.owner_id, version), place, blob)

    def erase(self, owner_id: str) -> None:
        """Destroy an owner's keys: nothing sealed for the owner can be read again."""
        self._table.delete(owner_id)
        self.forget(owner_id)

    def forget(self, owner_id: str) -> None:
        """Drop an owner's keys from memory, so that the table is asked again."""
        with self._lock:
            self._forgotten += 1
            self._cache.pop(owner_id, None)

    def _known(self, owner_id: str) -> dict[int, DataKey]:
        with self._lock:
            entry = self._cache.get(owner_id)
            if entry and entry.until > self._clock():
                self._cache.move_to_end(owner_id)
                return entry.keys
            forgotten = self._forgotten
        until = self._clock() + self._seconds
        keys = {row.dek_version: self._unwrap(row) for row in self._table.get(owner_id)}
        self._remember(owner_id, _Entry(until, keys), forgotten)
        return keys

    def _load(self, owner_ids: Sequence[str]) -> None:
        """Remember the keys of many owners from one reading; more than the memory holds are left out."""
        wanted = owner_ids[: self._entries]
        with self._lock:
            forgotten = self._forgotten
        until = self._clock() + self._seconds
        found: dict[str, dict[int, DataKey]] = {}
        for row in self._table.get_all(wanted) if len(wanted) > 1 else ():
            found.setdefault(row.owner_id, {})[row.dek_version] = self._unwrap(row)
        for owner_id, keys in found.items():
            self._remember(owner_id, _Entry(until, keys), forgotten)

    def _made(self, owner_id: str) -> dict[int, DataKey]:
        """Make the owner's first key; whoever wins, the key to use is the one that is in the table."""
        with self._lock:
            forgotten = self._forgotten
        until = self._clock() + self._seconds
        row = self._new(owner_id)
        if not self._table.add(row):
            return self._known(owner_id)
        keys = {row.dek_version: self._unwrap(row)}
        self._remember(owner_id, _Entry(until, keys), forgotten)
        return keys

    def _remember(self, owner_id: str, entry: _Entry, forgotten: int) -> None:
        with self._lock:
            # A key erased while it was being read or made must not come back into memory.
            if entry.keys and forgotten == self._forgotten:
                self._cache[owner_id] = entry
                self._cache.move_to_end(owner_id)
                while len(self._cache) > self._entries:
                    self._cache.popitem(last=False)

    def _new(self, owner_id: str) -> WrappedKey:
        kek_id = self._provider.current_id()
        wrapped = self._provider.wrap(os.urandom(KEY_BYTES), wrap_aad(kek_id, owner_id, 1))
        return WrappedKey(owner_id, 1, kek_id, wrapped)

    def _unwrap(self, row: WrappedKey) -> DataKey:
        aad = wrap_aad(row.kek_id, row.owner_id, row.dek_version)
        return DataKey(row.dek_version, self._provider.unwrap(row.wrapped, aad))
