"""Ports of keys: approvals by two people, erasures, the rows under a key, and the key table as a whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from registry.domain.keys.approval import Approval
from registry.domain.keys.erased import Tombstone
from registry.domain.keys.sealed import KeyFact, SealedRow


class Approvals(Protocol):
    """Dangerous acts that two people must agree to."""

    def add(self, approval: Approval) -> None:
        """Keep a request."""

    def get(self, approval_id: str) -> Approval | None:
        """Return a request."""

    def waiting(self) -> list[Approval]:
        """Return requests that are neither used nor run out, oldest first."""

    def confirm(self, approval_id: str, by: str) -> bool:
        """Note who confirmed; False when somebody has, or it was used."""

    def use(self, approval_id: str) -> bool:
        """Mark a confirmed request as used and drop what it said; False when it was used before."""


class Erasures(Protocol):
    """Everything of a person outside the sealed resources, and what is left behind."""

    def pseudonym(self, owner_id: str) -> str:
        """Return the name of a person in the audit trail and on a tombstone."""

    def begin(self, owner_id: str, at: datetime) -> Tombstone:
        """Keep a tombstone for a person; an earlier one stays."""

    def end(self, pseudonym: str) -> None:
        """Note that the key is destroyed."""

    def tombstones(self) -> list[Tombstone]:
        """Return every tombstone, oldest first."""

    def remove(self, owner_id: str) -> int:
        """Remove rows and blank bodies of a person in every table; return how many rows were touched."""

    def overwrite(self) -> None:
        """Leave no removed row in files that SQLite keeps beside the database; after the commit."""


class SealedRows(Protocol):
    """Every sealed column of the database, by owner."""

    def stale(self, owner_id: str, version: int, limit: int) -> list[SealedRow]:
        """Return envelopes of an owner that are not sealed with this version of the key."""

    def replace(self, row: SealedRow, blob: bytes) -> bool:
        """Put another envelope in its place; False when the row has changed meanwhile."""

    def carriers(self, after: tuple[str, str], limit: int, since: datetime | None) -> list[tuple[str, str]]:
        """Return the next resources (type, id) that have search tokens; with `since` those written later."""

    def hold(self, keys: Sequence[tuple[str, str]]) -> None:
        """Keep others from writing these resources until the end of this unit."""

    def count_tokens(self) -> int:
        """Return the number of search tokens."""


class KeyRing(Protocol):
    """The keys of owners and the keys that wrap them, for those who look after them."""

    def new_kek(self) -> str:
        """Make a new key that wraps keys; return its id."""

    def current_kek(self) -> str:
        """Return the id of the key that wraps new keys."""

    def rewrap(self, limit: int) -> int:
        """Wrap up to `limit` keys anew that are under another key than the current one; return how many."""

    def under(self) -> dict[str, int]:
        """Return how many keys are wrapped with each wrapping key that is there or in use."""

    def destroy_kek(self, kek_id: str) -> None:
        """Destroy a wrapping key for ever; raise Conflict while it is current or wraps anything."""

    def owners(self, after: str, limit: int) -> list[str]:
        """Return a page of owners that have a key, in order."""

    def version(self, owner_id: str) -> int:
        """Return the newest version of an owner's key; 0 when there is none."""

    def add_version(self, owner_id: str) -> int:
        """Make the next version of an owner's key, which seals from now on; return it."""

    def drop_versions(self, owner_id: str, before: int) -> None:
        """Destroy the versions of an owner's key older than `before`."""

    def scrub(self) -> None:
        """Overwrite what destroyed keys left in files."""

    def facts(self) -> list[KeyFact]:
        """Return the inventory of the node's keys; nothing of their secrets."""

    def copy(self, passphrase: str) -> bytes:
        """Return the whole key folder, sealed for whoever knows the passphrase."""

    def add_pair(self, purpose: str) -> str:
        """Make the next key pair of a purpose, for partners to pin; return its name."""

    def promote(self, purpose: str) -> str:
        """Use the coming key pair of a purpose from the next start on; return its name."""

    def retire(self, name: str) -> None:
        """Destroy an old key pair; raise Conflict for one that is in use or still to come."""

    def add_index_root(self) -> str:
        """Make a new root of the blind index, which writes from now on; return its name."""

    def drop_old_index_roots(self) -> int:
        """Destroy the roots that only read; return how many."""


class Tombstones(Protocol):
    """Tombstones apart from the database, so that a restore knows of erasures after the backup."""

    def add(self, tombstone: Tombstone) -> None:
        """Append and make durable; once for each pseudonym."""

    def all(self) -> Sequence[Tombstone]:
        """Return every tombstone."""
