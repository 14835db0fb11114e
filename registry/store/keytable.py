"""The table of wrapped data keys, apart from the data; every act is durable before it returns."""

import json
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Engine, bindparam, delete, select, text
from sqlalchemy.dialects import postgresql, sqlite

from registry.store.engine import BEGIN, DEFERRED
from registry.store.prepared import Prepared
from registry.store.tables import owner_key

_C = owner_key.c
_GET = Prepared(
    select(_C.owner_id, _C.dek_version, _C.kek_id, _C.wrapped)
    .where(_C.owner_id == bindparam("of_owner"))
    .order_by(_C.dek_version)
)
_OF_THESE = (
    "SELECT owner_id, dek_version, kek_id, wrapped FROM owner_key WHERE owner_id {} ORDER BY dek_version"
)
_GET_ALL = {
    "postgresql": Prepared(text(_OF_THESE.format("= ANY(CAST(:owners AS text[]))"))),
    "sqlite": Prepared(text(_OF_THESE.format("IN (SELECT value FROM json_each(:owners))"))),
}
_ADD = {
    name: Prepared(made(owner_key).on_conflict_do_nothing(), *owner_key.columns.keys())
    for name, made in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


_ADD_SQLITE = sqlite.insert(owner_key).on_conflict_do_nothing()
_ADD_ALL = Prepared(
    text(
        """
    INSERT INTO owner_key (owner_id, dek_version, kek_id, wrapped)
    SELECT * FROM unnest(
        CAST(:owners AS text[]), CAST(:versions AS integer[]),
        CAST(:keks AS text[]), CAST(:wrapped AS bytea[])
    )
    ON CONFLICT DO NOTHING
    """
    )
)


class Key(Protocol):
    """One wrapped key, as the crypto room defines it."""

    @property
    def owner_id(self) -> str:
        """Return whose key it is."""

    @property
    def dek_version(self) -> int:
        """Return its version."""

    @property
    def kek_id(self) -> str:
        """Return which key wrapped it."""

    @property
    def wrapped(self) -> bytes:
        """Return the wrapped key."""


K = TypeVar("K", bound=Key)


class SqlKeyTable(Generic[K]):
    """The port KeyTable of the crypto room; `make` is its class of rows."""

    def __init__(self, engine: Engine, make: Callable[[str, int, str, bytes], K]) -> None:
        """Work on the key engine, one transaction for each act."""
        # Each act is one statement: PostgreSQL then needs no BEGIN and COMMIT of ours around it.
        alone = {"isolation_level": "AUTOCOMMIT"} if engine.dialect.name == "postgresql" else {}
        self._engine = engine.execution_options(**alone)
        self._make = make

    def get(self, owner_id: str) -> list[K]:
        """Return every version of an owner's key; empty when there is none or it was erased."""
        reading = self._engine.execution_options(**{BEGIN: DEFERRED})
        with reading.connect() as connection:
            return [self._make(*row) for row in _GET.rows(connection, {"of_owner": owner_id})]

    def get_all(self, owner_ids: Sequence[str]) -> list[K]:
        """Return every version of these owners' keys, in one reading."""
        dialect = self._engine.dialect.name
        owners = list(owner_ids) if dialect == "postgresql" else json.dumps(list(owner_ids))
        reading = self._engine.execution_options(**{BEGIN: DEFERRED})
        with reading.connect() as connection:
            return [self._make(*row) for row in _GET_ALL[dialect].rows(connection, {"owners": owners})]

    def add(self, key: K) -> bool:
        """Insert and commit; False, changing nothing, when this owner and version exist already."""
        with self._engine.begin() as connection:
            return _ADD[self._engine.dialect.name].changed(connection, _values(key)) > 0

    def add_all(self, keys: Sequence[K]) -> None:
        """Insert many and commit once; owners and versions that exist already stay as they are."""
        with self._engine.begin() as connection:
            if self._engine.dialect.name == "sqlite":
                connection.execute(_ADD_SQLITE, [_values(key) for key in keys])
                return
            columns: dict[str, object] = {
                "owners": [key.owner_id for key in keys],
                "versions": [key.dek_version for key in keys],
                "keks": [key.kek_id for key in keys],
                "wrapped": [key.wrapped for key in keys],
            }
            _ADD_ALL.changed(connection, columns)

    def delete(self, owner_id: str) -> None:
        """Erase every version of an owner's key for ever, also from free pages and logs of SQLite."""
        with self._engine.begin() as connection:
            connection.execute(delete(owner_key).where(_C.owner_id == owner_id))
        if self._engine.dialect.name == "sqlite":
            self._overwrite()

    def _overwrite(self) -> None:
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()
        finally:
            connection.close()


def _values(key: Key) -> dict[str, object]:
    return {
        "owner_id": key.owner_id,
        "dek_version": key.dek_version,
        "kek_id": key.kek_id,
        "wrapped": key.wrapped,
    }
