"""One table as JSON lines: first its name and columns, then its rows; bytes as base64, moments as numbers."""

import base64
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, LargeBinary, String, Table, TableClause, column, table
from sqlalchemy.types import TypeEngine

from registry.errors import BadInput

# The kinds of values in an archive; a column of any other kind does not exist.
KINDS: dict[str, type[TypeEngine[Any]]] = {
    "bytes": LargeBinary,
    "flag": Boolean,
    "day": Date,
    "number": BigInteger,
    "text": String,
}
NOT_AN_ARCHIVE = "The archive has a line that cannot be read."


def kind_of(kind: TypeEngine[Any]) -> str:
    """Return the kind of a column as stored: a moment is a number, a list of codes a text."""
    plain = getattr(kind, "impl_instance", kind)
    for name in ("bytes", "flag", "day"):
        if isinstance(plain, KINDS[name]):
            return name
    return "text" if isinstance(plain, String) else "number"


def plain_table(name: str, columns: Sequence[tuple[str, str]]) -> TableClause:
    """Return a table whose columns give and take values as stored."""
    return table(name, *(column(each, KINDS[kind]()) for each, kind in columns))


def columns_of(source: Table) -> list[tuple[str, str]]:
    """Return the columns of a table with their kinds."""
    return [(each.name, kind_of(each.type)) for each in source.columns]


def head(name: str, columns: Sequence[tuple[str, str]]) -> bytes:
    """Return the line that begins a table."""
    return json.dumps({"table": name, "columns": [list(each) for each in columns]}).encode() + b"\n"


def row_line(row: Sequence[Any]) -> bytes:
    """Return one row as a line."""
    return json.dumps([_written(value) for value in row], ensure_ascii=False).encode() + b"\n"


def read_line(line: bytes) -> tuple[str, list[tuple[str, str]]] | list[Any]:
    """Return what a line is: the beginning of a table (name, columns), or the values of a row."""
    try:
        found = json.loads(line)
    except ValueError:
        raise BadInput(NOT_AN_ARCHIVE) from None
    if isinstance(found, list):
        return found
    return str(found["table"]), [(str(name), str(kind)) for name, kind in found["columns"]]


def read_row(values: Sequence[Any], columns: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the values of a row by column."""
    if len(values) != len(columns):
        raise BadInput(NOT_AN_ARCHIVE)
    return {name: _read(value, kind) for value, (name, kind) in zip(values, columns, strict=True)}


def _written(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date) else value


def _read(value: Any, kind: str) -> Any:
    if value is None:
        return None
    match kind:
        case "bytes":
            return base64.b64decode(value, validate=True)
        case "day":
            return date.fromisoformat(value)
        case _:
            return value
