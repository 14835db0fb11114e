"""Which database errors mean "not now", which a clash, and which are defects."""

import sqlite3

import psycopg
import pytest

from registry.errors import Conflict, NotReady, Refusal
from registry.store.failures import refusal_of


def of_sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("any")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.errors.DiskFull(), NotReady),
        (psycopg.errors.TooManyConnections(), NotReady),
        (psycopg.errors.AdminShutdown(), NotReady),
        (psycopg.errors.CannotConnectNow(), NotReady),
        (psycopg.errors.DeadlockDetected(), NotReady),
        (psycopg.errors.SerializationFailure(), NotReady),
        (psycopg.errors.LockNotAvailable(), NotReady),
        (psycopg.errors.ReadOnlySqlTransaction(), NotReady),
        (psycopg.errors.IoError(), NotReady),
        (psycopg.OperationalError("no server"), NotReady),
        (psycopg.errors.UniqueViolation(), Conflict),
        (of_sqlite(sqlite3.SQLITE_BUSY), NotReady),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), NotReady),
        (of_sqlite(sqlite3.SQLITE_FULL), NotReady),
        (of_sqlite(sqlite3.SQLITE_IOERR_FSYNC), NotReady),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), NotReady),
        (of_sqlite(sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY), Conflict),
        (of_sqlite(sqlite3.SQLITE_CONSTRAINT_UNIQUE), Conflict),
    ],
)
def test_an_error_becomes_the_right_refusal(error: Exception, kind: type[Refusal]) -> None:
    assert type(refusal_of(error)) is kind


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.SyntaxError(),
        psycopg.errors.NotNullViolation(),
        psycopg.errors.UndefinedTable(),
        of_sqlite(sqlite3.SQLITE_ERROR),
        of_sqlite(sqlite3.SQLITE_CONSTRAINT_NOTNULL),
        of_sqlite(sqlite3.SQLITE_CONSTRAINT_TRIGGER),
        sqlite3.ProgrammingError("no code"),
        ValueError(),
    ],
)
def test_a_defect_is_no_refusal(error: Exception) -> None:
    assert refusal_of(error) is None


def test_a_lost_connection_is_not_ready_whatever_the_error() -> None:
    assert isinstance(refusal_of(psycopg.InterfaceError(), disconnected=True), NotReady)
