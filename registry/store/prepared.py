"""Statements of the hot paths: compiled once for each dialect, then run by the driver itself.

The toolkit's own execution costs several times what the driver needs for a statement that never changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from registry.store.failures import refusal_of

Change = Callable[[Any], Any]
Values = Mapping[str, object]


@dataclass(frozen=True)
class _Ready:
    """A statement in the words of one dialect, and what its values and columns need."""

    words: str
    order: tuple[str, ...] | None
    constants: Mapping[str, object]
    before: tuple[tuple[str, Change], ...]
    after: tuple[tuple[int, Change], ...]
    options: Mapping[str, bool]

    def parameters(self, values: Values) -> Any:
        """Return what the driver takes."""
        given = {**self.constants, **values}
        for name, change in self.before:
            given[name] = change(given[name])
        return given if self.order is None else [given[name] for name in self.order]

    def row(self, found: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return a row with the values its column types stand for."""
        if not self.after:
            return found
        row = list(found)
        for place, change in self.after:
            row[place] = change(row[place])
        return tuple(row)


class Prepared:
    """One statement that never changes, with its values by name."""

    def __init__(self, statement: Executable, *columns: str) -> None:
        """Remember a statement; `columns` are those an INSERT is given."""
        self._statement = statement
        self._columns = columns
        self._ready: dict[str, _Ready] = {}

    def rows(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Run it and return the rows found."""
        ready = self._of(connection)
        return [ready.row(found) for found in self._run(connection, ready, values).fetchall()]

    def changed(self, connection: Connection, values: Values) -> int:
        """Run it and return how many rows it changed."""
        count: int = self._run(connection, self._of(connection), values).rowcount
        return count

    def _run(self, connection: Connection, ready: _Ready, values: Values) -> Any:
        """Run it on a cursor of the driver; raise NotReady or Conflict where its error means that."""
        driver: Any = connection.connection.driver_connection
        try:
            return driver.execute(ready.words, ready.parameters(values), **ready.options)
        except connection.dialect.loaded_dbapi.Error as error:
            lost = connection.dialect.is_disconnect(error, driver, None)
            if lost:
                connection.invalidate(error)
            refusal = refusal_of(error, lost)
            if refusal is None:
                raise
            raise refusal from error

    def _of(self, connection: Connection) -> _Ready:
        dialect = connection.dialect
        found = self._ready.get(dialect.name)
        if found is None:
            # Two threads may both do this once; they find the same.
            found = self._ready[dialect.name] = self._made(dialect)
        return found

    def _made(self, dialect: Dialect) -> _Ready:
        statement: Any = self._statement
        compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=list(self._columns) or None)
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        after = ((place, _reading(column.type, dialect)) for place, column in enumerate(columns))
        before = ((name, _writing(bind.type, dialect)) for name, bind in compiled.binds.items())
        given = {name: value for name, value in compiled.params.items() if value is not None}
        return _Ready(
            words=str(compiled),
            order=tuple(compiled.positiontup) if compiled.positiontup is not None else None,
            constants=given,
            before=tuple((name, change) for name, change in before if change),
            after=tuple((place, change) for place, change in after if change),
            # PostgreSQL writes a sealed body as text twice as long otherwise.
            options={"binary": True} if dialect.name == "postgresql" else {},
        )


def _writing(kind: TypeEngine[Any], dialect: Dialect) -> Change | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _reading(kind: TypeEngine[Any], dialect: Dialect) -> Change | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
