"""Turn database errors into refusals: "not now" is NotReady, a clash is Conflict; the rest are defects."""

import sqlite3

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from registry.errors import Conflict, NotReady, Refusal

NOT_NOW = "The database of this node cannot do this now. Nothing was stored; try again in a moment."
CLASH = "It clashes with something that is stored already."

_SQLITE_NOT_NOW = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_SQLITE_CLASH = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_ROWID,
    }
)
# Connection, resources (disk full), operator (shutdown), system (disk), rolled back, lock, read-only.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL_NOT_NOW = ("08", "53", "57", "58", "40", "55P03", "25006")
_POSTGRESQL_CLASH = "23505"


def translate(engine: Engine) -> None:
    """Make every statement and commit of an engine raise refusals instead of driver errors."""
    event.listen(engine, "handle_error", _refuse)


def refusal_of(error: BaseException, disconnected: bool = False) -> Refusal | None:
    """Return the refusal that a driver error means, or None for a defect."""
    if isinstance(error, sqlite3.Error):
        return _refusal_of_sqlite(error)
    state = getattr(error, "sqlstate", None)
    if state == _POSTGRESQL_CLASH:
        return Conflict(CLASH)
    # Without a state the server was not reached at all.
    lost = disconnected or (state is None and type(error).__name__ == "OperationalError")
    if lost or str(state).startswith(_POSTGRESQL_NOT_NOW):
        return NotReady(NOT_NOW)
    return None


def _refusal_of_sqlite(error: sqlite3.Error) -> Refusal | None:
    code = getattr(error, "sqlite_errorcode", 0)
    if code in _SQLITE_CLASH:
        return Conflict(CLASH)
    if code & 0xFF in _SQLITE_NOT_NOW:
        return NotReady(NOT_NOW)
    return None


def _refuse(context: ExceptionContext) -> None:
    refusal = refusal_of(context.original_exception, context.is_disconnect)
    if refusal is not None:
        raise refusal from context.original_exception
