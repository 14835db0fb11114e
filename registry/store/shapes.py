"""Rows as values: a table column for each field of a frozen dataclass."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, Row, Select, Table, select

Value = TypeVar("Value")


class Shape(Generic[Value]):
    """How one kind of value stands in one table."""

    def __init__(self, table: Table, kind: type[Value], *left_out: str) -> None:
        """Read the fields of the dataclass; those left out keep their default when read."""
        self._kind = kind
        self._is_whole = not left_out
        self.names = tuple(field.name for field in fields(kind) if field.name not in left_out)  # type: ignore[arg-type]
        self.columns: tuple[Column[Any], ...] = tuple(table.c[name] for name in self.names)
        self.select: Select[Any] = select(*self.columns)

    def read(self, row: Sequence[Any]) -> Value:
        """Return the value of a row selected with these columns."""
        if self._is_whole:
            return self._kind(*row)
        return self._kind(**dict(zip(self.names, row, strict=True)))

    def read_all(self, rows: Any) -> list[Value]:
        """Return the values of rows."""
        return [self.read(row) for row in rows]

    def first(self, rows: Sequence[Sequence[Any]]) -> Value | None:
        """Return the value of the first row, or None without one."""
        return self.read(rows[0]) if rows else None

    def find(self, row: Row[Any] | None) -> Value | None:
        """Return the value of a row, or None without one."""
        return None if row is None else self.read(row)

    def values(self, value: Value) -> dict[str, Any]:
        """Return the columns of a value."""
        return {name: getattr(value, name) for name in self.names}
