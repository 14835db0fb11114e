"""Look after keys (port KeyRing): make, wrap anew, count and destroy them. Secrets are never shown."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from registry.crypto.sealing import key_changes, key_copy, key_files
from registry.crypto.sealing.envelope import KEY_BYTES, wrap_aad
from registry.crypto.sealing.owner_keys import KeyTable, WrappedKey
from registry.crypto.tokens.jwk import kid_of
from registry.crypto.wrapping.providers import KekSources
from registry.domain.keys.sealed import KeyFact
from registry.errors import Conflict, NotFound

_USES = {"signing": "sig", "encryption": "enc", "token": "token", "checkpoint": "audit"}


class KeyCare(KeyTable, Protocol):
    """The key table as a whole."""

    def not_under(self, kek_id: str, limit: int) -> list[WrappedKey]:
        """Return keys that another wrapping key wraps."""

    def rewrapped(self, pairs: list[tuple[WrappedKey, WrappedKey]]) -> int:
        """Put keys as wrapped anew in the place of the same keys as they were; return how many."""

    def count(self) -> dict[str, int]:
        """Return how many keys each wrapping key wraps."""

    def owners(self, after: str, limit: int) -> list[str]:
        """Return a page of owners in order."""

    def drop(self, owner_id: str, before: int) -> None:
        """Delete versions older than `before`."""

    def scrub(self) -> None:
        """Overwrite what deleted rows left in files."""


class NodeKeyRing:
    """The keys of one node: sources of wrapping keys, the key table, the key folder."""

    def __init__(
        self, sources: KekSources, table: KeyCare, forget: Callable[[str], None], folder: Path
    ) -> None:
        """Take the adapters; `forget` drops an owner's keys from this process's memory."""
        self._sources = sources
        self._table = table
        self._forget = forget
        self._folder = folder

    def new_kek(self) -> str:
        """Make a new key that wraps keys; return its id."""
        return self._sources.new()

    def current_kek(self) -> str:
        """Return the id of the key that wraps new keys."""
        return self._sources.current_id()

    def rewrap(self, limit: int) -> int:
        """Wrap up to `limit` keys anew that are under another key than the current one; return how many."""
        current = self._sources.current_id()
        old = self._table.not_under(current, limit)
        return self._table.rewrapped([(row, self._moved(row, current)) for row in old])

    def under(self) -> dict[str, int]:
        """Return how many keys are wrapped with each wrapping key that is there or in use."""
        return dict.fromkeys(self._sources.ids(), 0) | self._table.count()

    def destroy_kek(self, kek_id: str) -> None:
        """Destroy a wrapping key for ever; raise Conflict while it is current or wraps anything."""
        if kek_id not in self._sources.ids():
            raise NotFound("There is no such wrapping key.")
        if kek_id == self._sources.current_id():
            raise Conflict("This is the key that wraps new keys: rotate first.")
        if self._table.count().get(kek_id, 0):
            raise Conflict("Keys are still wrapped with it: wait for the rotation to end.")
        self._sources.destroy(kek_id)

    def owners(self, after: str, limit: int) -> list[str]:
        """Return a page of owners that have a key, in order."""
        return self._table.owners(after, limit)

    def version(self, owner_id: str) -> int:
        """Return the newest version of an owner's key; 0 when there is none."""
        return max((row.dek_version for row in self._table.get(owner_id)), default=0)

    def add_version(self, owner_id: str) -> int:
        """Make the next version of an owner's key, which seals from now on; return it."""
        newest = self.version(owner_id)
        kek_id = self._sources.current_id()
        wrapped = self._sources.wrap(os.urandom(KEY_BYTES), wrap_aad(kek_id, owner_id, newest + 1))
        self._table.add(WrappedKey(owner_id, newest + 1, kek_id, wrapped))
        self._forget(owner_id)
        return newest + 1

    def drop_versions(self, owner_id: str, before: int) -> None:
        """Destroy the versions of an owner's key older than `before`."""
        self._table.drop(owner_id, before)
        self._forget(owner_id)

    def scrub(self) -> None:
        """Overwrite what destroyed keys left in files."""
        self._table.scrub()

    def facts(self) -> list[KeyFact]:
        """Return the inventory of the node's keys; nothing of their secrets."""
        return [*self._kek_facts(), *self._root_facts(), *self._pair_facts()]

    def copy(self, passphrase: str) -> bytes:
        """Return the whole key folder, sealed for whoever knows the passphrase."""
        return key_copy.pack(self._folder, passphrase)

    def add_pair(self, purpose: str) -> str:
        """Make the next key pair of a purpose, for partners to pin; return its name."""
        return key_changes.add_coming(self._folder, purpose)

    def promote(self, purpose: str) -> str:
        """Use the coming key pair of a purpose from the next start on; return its name."""
        return key_changes.promote(self._folder, purpose)

    def retire(self, name: str) -> None:
        """Destroy an old key pair; raise Conflict for one that is in use or still to come."""
        fact = next((fact for fact in self._pair_facts() if fact.name == name), None)
        if fact is None:
            raise NotFound("There is no such key pair.")
        if fact.state != "old" or fact.use == "audit":
            raise Conflict("Only an old key pair of signing, encryption or token can be retired.")
        key_changes.destroy(self._folder, name)

    def add_index_root(self) -> str:
        """Make a new root of the blind index, which writes from now on; return its name."""
        names = key_files.index_roots(self._folder)
        if len(names) > 1:
            return names[-1]  # a change that failed goes on with the key it made
        return key_changes.add_secret(self._folder, key_files.INDEX_ROOT, names)

    def drop_old_index_roots(self) -> int:
        """Destroy the roots that only read; return how many."""
        old = key_files.index_roots(self._folder)[:-1]
        for name in old:
            key_changes.destroy(self._folder, name)
        return len(old)

    def _moved(self, row: WrappedKey, kek_id: str) -> WrappedKey:
        dek = self._sources.unwrap(row.wrapped, wrap_aad(row.kek_id, row.owner_id, row.dek_version))
        wrapped = self._sources.wrap(dek, wrap_aad(kek_id, row.owner_id, row.dek_version))
        return WrappedKey(row.owner_id, row.dek_version, kek_id, wrapped)

    def _kek_facts(self) -> list[KeyFact]:
        current, places = self._sources.current_id(), self._sources.ids()
        return [
            KeyFact(
                kek_id,
                "wrap",
                places.get(kek_id, "missing"),
                self._made(f"{kek_id}.key"),
                "current" if kek_id == current else ("old" if kek_id in places else "missing"),
                rows=rows,
            )
            for kek_id, rows in sorted(self.under().items())
        ]

    def _root_facts(self) -> list[KeyFact]:
        *old, newest = key_files.index_roots(self._folder)
        states = [*((name, "old") for name in old), (newest, "current")]
        return [KeyFact(name, "index", "file", self._made(f"{name}.key"), state) for name, state in states]

    def _pair_facts(self) -> list[KeyFact]:
        found = []
        for purpose, use in _USES.items():
            *old, newest = key_files.names_of(self._folder, purpose)
            states = [*((name, "old") for name in old), (newest, "current")]
            states += [(name, "next") for name in key_files.coming(self._folder, purpose)]
            for name, state in states:
                kid = kid_of(key_files.read_key(self._folder, name))
                short = name.removesuffix(key_files.COMING)
                found.append(KeyFact(short, use, "file", self._made(f"{name}.jwk"), state, kid))
        return found

    def _made(self, name: str) -> str:
        path = self._folder / name
        if not path.is_file():
            return ""
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
