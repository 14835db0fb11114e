"""A migrated database to test the store on, and the values the tests put into it."""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, QueuePool

from registry.crypto.sealing.owner_keys import WrappedKey
from registry.domain.model import (
    AuditEntry,
    Caller,
    InboxItem,
    OutboxItem,
    SealedResource,
    SearchToken,
    Transfer,
    User,
)
from registry.ports import Unit
from registry.store.engine import make_engine, make_key_engine
from registry.store.keytable import SqlKeyTable
from registry.store.unit import SqlUnit

CALLER = Caller(id="user-1", role="clinician", organization="clinic-1", purpose="TREAT")
NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
LIMA = ZoneInfo("America/Lima")


def new_id() -> str:
    """Return an id no other test uses: tests of a module share one database."""
    return str(uuid.uuid4())


class Ids:
    """Random ids."""

    def new(self) -> str:
        """Return one."""
        return new_id()


@dataclass
class Woken:
    """Remembers who was woken, and may be broken."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False

    def wake(self, task: str, row_id: str) -> None:
        """Note the call."""
        self.calls.append((task, row_id))
        if self.broken:
            raise ConnectionError


def pseudonym(owner_id: str) -> str:
    """Return another name for an owner."""
    return hashlib.sha256(owner_id.encode()).hexdigest()[:32]


@dataclass
class StoreNode:
    """One database and its key table."""

    url: str
    key_url: str
    woken: Woken = field(default_factory=Woken)

    def __post_init__(self) -> None:
        """Open both engines."""
        self.engine: Engine = make_engine(self.url)
        self.key_engine: Engine = make_key_engine(self.key_url)

    @property
    def dialect(self) -> str:
        """Return sqlite or postgresql."""
        return self.engine.dialect.name

    def unit(self) -> Unit:
        """Return a new unit, as use cases get it."""
        return SqlUnit(self.engine, pseudonym=pseudonym, waker=self.woken, ids=Ids(), zone=LIMA)

    @contextmanager
    def committed(self) -> Iterator[Unit]:
        """Give a unit that is committed at the end."""
        with self.unit() as unit:
            yield unit
            unit.commit()

    def keys(self) -> SqlKeyTable[WrappedKey]:
        """Return the key table."""
        return SqlKeyTable(self.key_engine, WrappedKey)

    def run(self, statement: str, *values: object) -> list[Any]:
        """Run plain SQL as somebody with a database client would; `?` stands for a value."""
        if self.dialect == "postgresql":
            statement = statement.replace("?", "%s")
        with self.engine.begin() as connection:
            result = connection.exec_driver_sql(statement, values)
            return list(result) if result.returns_rows else []

    def open_connections(self) -> int:
        """Return how many connections are in use."""
        assert isinstance(self.engine.pool, QueuePool)
        return self.engine.pool.checkedout()

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()
        self.key_engine.dispose()


def store_node(url: str, folder: Path) -> StoreNode:
    """Return a node on a database; its keys are in a second file on SQLite."""
    return StoreNode(url, f"sqlite:///{folder / 'keys.sqlite'}" if url.startswith("sqlite") else url)


def wrote(action: str = "create") -> AuditEntry:
    """Return the audit entry of a write."""
    return AuditEntry(CALLER, action)


def sealed(owner_id: str, version: int = 1, **changes: Any) -> SealedResource:
    """Return a version of a resource with a body of its own."""
    values: dict[str, Any] = {
        "type": "Observation",
        "id": new_id(),
        "version": version,
        "owner_id": owner_id,
        "updated": NOON,
        "deleted": False,
        "body": b"\x01\x01" + uuid.uuid4().bytes,
    }
    return SealedResource(**values | changes)


def token(word: str, param: str = "identifier", kind: str = "exact") -> SearchToken:
    """Return a search token of 16 bytes."""
    return SearchToken(param, kind, hashlib.sha256(f"{param}{kind}{word}".encode()).digest()[:16])


def outgoing(**changes: Any) -> OutboxItem:
    """Return an item to send."""
    values: dict[str, Any] = {
        "id": new_id(),
        "partner": "co",
        "owner_id": new_id(),
        "alias": new_id(),
        "seq": 1,
        "msg_id": new_id(),
        "kind": "summary",
        "state": "pending",
        "created": NOON,
    }
    return OutboxItem(**values | changes)


def incoming(**changes: Any) -> InboxItem:
    """Return a received item."""
    values: dict[str, Any] = {
        "id": new_id(),
        "partner": "co",
        "msg_id": new_id(),
        "kind": "summary",
        "seq": 1,
        "alias": new_id(),
        "digest": "d1",
        "state": "received",
        "received": NOON,
        "body": b"sealed",
        "note": "signed note",
    }
    return InboxItem(**values | changes)


def transfer(**changes: Any) -> Transfer:
    """Return a proposed transfer to us."""
    values: dict[str, Any] = {
        "id": new_id(),
        "owner_id": new_id(),
        "partner": "co",
        "direction": "in",
        "state": "proposed",
        "alias": new_id(),
        "task_id": new_id(),
        "request_msg_id": new_id(),
        "created": NOON,
        "updated": NOON,
    }
    return Transfer(**values | changes)


def user(**changes: Any) -> User:
    """Return somebody who signs in."""
    values: dict[str, Any] = {
        "id": new_id(),
        "name": f"ana-{new_id()}",
        "display": "Ana",
        "role": "clinician",
        "organization": "clinic-1",
        "facility": "f1",
        "region": "r1",
        "language": "es",
        "password_hash": "$argon2id$",
        "totp": b"sealed secret",
    }
    return User(**values | changes)


def later(**difference: float) -> datetime:
    """Return noon plus some time."""
    return NOON + timedelta(**difference)
