"""The database's clock, one function per dialect: processes on several machines agree only on this one."""

from datetime import UTC, datetime
from typing import cast

from sqlalchemy import ColumnElement, Connection, literal_column, select

from registry.store.prepared import Prepared
from registry.store.tables.columns import Instant

_NOW = "CAST(EXTRACT(EPOCH FROM transaction_timestamp()) * 1000000 AS BIGINT)"

# The same time inside a statement, without a round trip to ask for it first.
POSTGRESQL_NOW: ColumnElement[datetime] = literal_column(_NOW, Instant())
_ASK = Prepared(select(POSTGRESQL_NOW))


def db_now(connection: Connection) -> datetime:
    """Return the time of the database (UTC); on PostgreSQL that of the start of the transaction."""
    if connection.dialect.name == "postgresql":
        ((now,),) = _ASK.rows(connection, {})
        return cast(datetime, now)
    # SQLite runs inside this process and reads the same clock; its own functions know milliseconds only.
    return datetime.now(UTC)
