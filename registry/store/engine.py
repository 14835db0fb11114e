"""Engines: SQLite in WAL mode with full synchronisation, or PostgreSQL with a small pool.

Source: https://docs.sqlalchemy.org/en/21/dialects/sqlite.html (savepoints and transactional DDL)
"""

import os
import select
import sqlite3
import time
import weakref
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from registry.store.failures import refusal_of, translate

BUSY_SECONDS = 30
POOL_SIZE = 8  # the threads of a web process: any connection beyond is closed after use and costs a new one
POOL_OVERFLOW = 8
TURN_SECONDS = 0.001
KEY_SCHEMA = "keyring"
BEGIN = "begin"
DEFERRED = "BEGIN DEFERRED"
IMMEDIATE = "BEGIN IMMEDIATE"
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
)


def make_engine(url: str) -> Engine:
    """Return the engine of a node's database; a SQLite file is made here, readable by its owner only."""
    return _make(make_url(url), {})


def make_key_engine(url: str) -> Engine:
    """Return the engine of the key table: a file of its own on SQLite, the schema `keyring` on PostgreSQL."""
    return _make(make_url(url), {"options": f"-csearch_path={KEY_SCHEMA}"})


def _make(url: URL, postgresql_options: dict[str, str]) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = _sqlite(url)
    else:
        engine = create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=BUSY_SECONDS,
            hide_parameters=True,
            connect_args=postgresql_options,
        )
        event.listen(engine, "checkout", _check_alive)
    translate(engine)
    _part_after_fork(engine)
    return engine


def _sqlite(url: URL) -> Engine:
    if url.database:
        _create_closed(Path(url.database))
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _check_alive(connection: Any, _record: ConnectionPoolEntry, _proxy: object) -> None:
    """Raise InvalidatePoolError, so that the pool connects anew, when the server has ended a connection.

    An idle connection has nothing to read but the end or a notice of it: looking costs no round trip, which a
    ping would, three times in a request.
    """
    watch = select.poll()
    try:
        watch.register(connection.fileno(), select.POLLIN)
    except connection.Error:
        raise InvalidatePoolError from None
    if watch.poll(0):
        raise InvalidatePoolError


def _create_closed(path: Path) -> None:
    """Make the file before SQLite does, because SQLite would let the group and others read it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _set_up_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver must not begin by itself: units begin below
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A unit that read first and wrote later would fail at once as locked, whatever the timeout.
    words = connection.get_execution_options().get(BEGIN, IMMEDIATE)
    if words != IMMEDIATE:
        connection.exec_driver_sql(words)
        return
    # SQLite itself waits ever longer, up to 100 ms between two looks: who came first would come last.
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + BUSY_SECONDS
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while not _began(driver, is_last=time.monotonic() > until):
            time.sleep(TURN_SECONDS)
    finally:
        driver.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")


def _began(driver: sqlite3.Connection, is_last: bool) -> bool:
    """Begin, or answer that another writer is at work; raise NotReady for that when it was the last try."""
    try:
        driver.execute(IMMEDIATE)
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY and not is_last:
            return False
        raise refusal_of(error) or error from error
    return True


def _part_after_fork(engine: Engine) -> None:
    """Give a forked process connections of its own; those of its parent are kept untouched, never closed."""
    known = weakref.ref(engine)
    inherited: list[object] = []

    def in_child() -> None:
        ours = known()
        if ours is not None:
            # Closing would end the parent's session, so they must not even be collected.
            inherited.append(ours.pool)
            ours.dispose(close=False)

    os.register_at_fork(after_in_child=in_child)
