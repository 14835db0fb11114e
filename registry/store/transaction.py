"""One transaction, begun at the first statement, with the clock, streams and wake-ups of its unit."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Engine,
    Executable,
    Row,
    Table,
    collate,
    literal,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import TimeoutError as PoolTimeout

from registry.errors import NotReady
from registry.ports.outside import Waker
from registry.store.clock import POSTGRESQL_NOW, db_now
from registry.store.engine import BEGIN, DEFERRED
from registry.store.failures import NOT_NOW
from registry.store.prepared import Prepared
from registry.store.tables.columns import Instant

_PAGE = 500
KEEP_COUNT = {"preserve_rowcount": True}
Insert = sqlite.Insert | postgresql.Insert


class Transaction:
    """The open transaction that all repositories of a unit share."""

    def __init__(self, engine: Engine, waker: Waker) -> None:
        """Remember the engine; nothing is opened yet."""
        self._engine = engine
        self._waker = waker
        self._connection: Connection | None = None
        self._reader: Connection | None = None
        self._now: datetime | None = None
        self._wakes: dict[tuple[str, str], None] = {}

    @property
    def postgresql(self) -> bool:
        """Tell whether this is PostgreSQL."""
        return self._engine.dialect.name == "postgresql"

    @property
    def connection(self) -> Connection:
        """Return the connection, begun (IMMEDIATE on SQLite) at its first use."""
        # Not before: preparing work must not hold the lock."""
        if self._connection is None:
            self._connection = self._open()
            self._connection.begin()
        return self._connection

    def execute(
        self,
        statement: Executable,
        values: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None,
    ) -> CursorResult[Any]:
        """Run a statement; raise NotReady or Conflict where the database's error means that."""
        result: CursorResult[Any] = self.connection.execute(statement, values)
        return result

    def read(self, statement: Prepared, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a prepared statement and return the rows found."""
        return statement.rows(self.connection, values)

    def look(self, statement: Prepared, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a prepared reading over the second connection: committed rows, and no writer waits for it."""
        return statement.rows(self._aside(), values)

    def write(self, statement: Prepared, values: Mapping[str, object]) -> int:
        """Run a prepared statement and return how many rows it changed."""
        return statement.changed(self.connection, values)

    def changed(
        self,
        statement: Executable,
        values: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None,
    ) -> int:
        """Run a statement and return how many rows it changed."""
        # Without the option the count of an INSERT is lost on PostgreSQL.
        return self.connection.execute(statement, values, execution_options=KEEP_COUNT).rowcount

    def insert(self, table: Table) -> Insert:
        """Return an insert of this dialect, which knows ON CONFLICT."""
        return postgresql.insert(table) if self.postgresql else sqlite.insert(table)

    def now(self) -> datetime:
        """Return the database's clock, read once."""
        if self._now is None:
            self._now = db_now(self.connection)
        return self._now

    def clock(self) -> ColumnElement[datetime]:
        """Return the same time as part of a statement."""
        return POSTGRESQL_NOW if self.postgresql else literal(self.now(), Instant())

    def in_byte_order(self, column: ColumnElement[str]) -> ColumnElement[str]:
        """Return a text that sorts by its bytes, as in SQLite and Python, whatever the database."""
        return collate(column, "C") if self.postgresql else column

    def lock(self, values: Iterable[bytes]) -> None:
        """Take locks in one order, so that two units never wait for each other; SQLite has one writer."""
        connection = self.connection
        if self.postgresql:
            for number in sorted({_lock_number(value) for value in values}):
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (number,))

    def stream(self, statement: Executable) -> Iterator[Row[Any]]:
        """Yield committed rows of one moment over a second connection: long readings hold up no writer."""
        with self._aside().execute(statement, execution_options={"yield_per": _PAGE}) as result:
            yield from result

    def _aside(self) -> Connection:
        """Return the second connection, begun."""
        if self._reader is None:
            self._reader = self._open().execution_options(**self._snapshot())
            self._reader.begin()
        return self._reader

    def _snapshot(self) -> dict[str, object]:
        """Return how all streams of a unit see the same moment."""
        if self.postgresql:
            return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return {BEGIN: DEFERRED}

    def wake(self, task: str, row_id: str) -> None:
        """Wake a worker for a row after the commit, once."""
        self._wakes[task, row_id] = None

    def truncate_log(self) -> None:
        """Write SQLite's log into its file and empty it; only outside a transaction."""
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()
        finally:
            connection.close()

    def commit(self) -> None:
        """Commit, then wake workers."""
        if self._connection is not None:
            self._connection.commit()
        wakes, self._wakes = self._wakes, {}
        self.end()
        for task, row_id in wakes:
            # The act is stored: a broker that fails must not make it look refused, and sweeps find the row.
            with suppress(Exception):
                self._waker.wake(task, row_id)

    def end(self) -> None:
        """Roll back what was not committed and give the connections back."""
        for connection in (self._reader, self._connection):
            if connection is not None:
                connection.close()
        self._reader = self._connection = None
        self._now = None
        self._wakes.clear()

    def _open(self) -> Connection:
        try:
            return self._engine.connect()
        except PoolTimeout:
            raise NotReady(NOT_NOW) from None


def _lock_number(value: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"lock" + value).digest()[:8], "big", signed=True)
