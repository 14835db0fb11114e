"""Column types that behave the same on SQLite and PostgreSQL."""

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Column, Date, Dialect, LargeBinary, MetaData, String
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
}


def metadata() -> MetaData:
    """Return new metadata whose constraints have stable names."""
    return MetaData(naming_convention=NAMES)


class Instant(TypeDecorator[datetime]):
    """A moment as whole microseconds since 1970 UTC, so that both dialects sort and compare it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Return microseconds; a moment without time zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs a time zone.")
        return microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        return None if value is None else moment(value)


class Words(TypeDecorator[tuple[str, ...]]):
    """A few codes in order, as a JSON list."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Return the JSON text."""
        return None if value is None else json.dumps(list(value), separators=(",", ":"), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Return the codes."""
        return None if value is None else tuple(json.loads(value))


def microseconds(value: datetime) -> int:
    """Return a moment as microseconds since 1970 UTC."""
    return (value - EPOCH) // MICROSECOND


def moment(value: int) -> datetime:
    """Return microseconds since 1970 UTC as a moment."""
    return EPOCH + value * MICROSECOND


def text(name: str, *, key: bool = False) -> Column[str]:
    """Return a column of text that always holds a value, the empty text for nothing."""
    return Column(name, String(), primary_key=key, nullable=False)


def sealed(name: str) -> Column[bytes]:
    """Return a column of bytes that always holds a value, no bytes for nothing."""
    return Column(name, LargeBinary(), nullable=False)


def instant(name: str, *, optional: bool = False) -> Column[datetime]:
    """Return a column of moments."""
    return Column(name, Instant(), nullable=optional)


def day(name: str, *, optional: bool = False) -> Column[object]:
    """Return a column of local days."""
    return Column(name, Date(), nullable=optional)
