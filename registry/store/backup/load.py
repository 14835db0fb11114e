"""Fill an empty database from lines, in one transaction, and move its counters past what is lost."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from registry.errors import BadInput
from registry.store.backup.lines import NOT_AN_ARCHIVE, plain_table, read_line, read_row
from registry.store.tables import alias_seq, audit_chain, audit_waiting, resource_version

_PAGE = 500
# Messages sent after the backup took numbers that this database does not know: partners refuse them twice.
SEQ_JUMP = 100_000
Row = dict[str, Any]


def load(engine: Engine, lines: Iterable[bytes], keep: Callable[[str, Row], bool]) -> dict[str, int]:
    """Insert all rows that `keep` (table, row) wants; rows that are there already stay. Return counts."""
    with engine.begin() as connection:
        return _load(connection, lines, keep)


def load_main(engine: Engine, lines: Iterable[bytes]) -> dict[str, int]:
    """Fill the main database and repair what depends on the time that was lost."""
    with engine.begin() as connection:
        counts = _load(connection, lines, lambda *_: True)
        chained = select(audit_chain.c.event_id).where(audit_chain.c.event_id == audit_waiting.c.event_id)
        connection.execute(delete(audit_waiting).where(chained.exists()))
        connection.execute(update(alias_seq).values(seq=alias_seq.c.seq + SEQ_JUMP))
        if engine.dialect.name == "postgresql":
            _move_sequences(connection)
    return counts


def _load(connection: Connection, lines: Iterable[bytes], keep: Callable[[str, Row], bool]) -> dict[str, int]:
    counts: dict[str, int] = {}
    name, columns, rows = "", [], []  # type: str, list[tuple[str, str]], list[Row]
    for line in lines:
        found = read_line(line)
        if isinstance(found, tuple):
            _insert(connection, name, columns, rows)
            name, columns = found
            rows, counts[name] = [], 0
            continue
        if not name:
            raise BadInput(NOT_AN_ARCHIVE)
        row = read_row(found, columns)
        if keep(name, row):
            counts[name] += 1
            rows.append(row)
        if len(rows) >= _PAGE:
            _insert(connection, name, columns, rows)
            rows = []
    _insert(connection, name, columns, rows)
    return counts


def _insert(connection: Connection, name: str, columns: list[tuple[str, str]], rows: list[Row]) -> None:
    if not rows:
        return
    into = plain_table(name, columns)
    if name != "owner_key":
        connection.execute(insert(into), rows)
        return
    made = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(made(into).on_conflict_do_nothing(), rows)


def _move_sequences(connection: Connection) -> None:
    """Let PostgreSQL count on from the highest number that was loaded."""
    name = resource_version.name
    found = connection.execute(text("SELECT pg_get_serial_sequence(:name, 'position')"), {"name": name})
    sequence = found.scalar_one()
    if sequence:
        words = f"SELECT setval('{sequence}', coalesce(max(position), 0) + 1, false) FROM {name}"  # noqa: S608
        connection.execute(text(words))
