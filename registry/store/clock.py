"""The database's clock, one function per dialect: processes on several machines agree only on this one."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, literal_column

from registry.store.tables.columns import Instant, moment

_NOW = "CAST(EXTRACT(EPOCH FROM transaction_timestamp()) * 1000000 AS BIGINT)"

# The same time inside a statement, without a round trip to ask for it first.
POSTGRESQL_NOW: ColumnElement[datetime] = literal_column(_NOW, Instant())


def db_now(connection: Connection) -> datetime:
    """Return the time of the database (UTC); on PostgreSQL that of the start of the transaction."""
    if connection.dialect.name == "postgresql":
        return moment(connection.exec_driver_sql(f"SELECT {_NOW}").scalar_one())
    # SQLite runs inside this process and reads the same clock; its own functions know milliseconds only.
    return datetime.now(UTC)
