"""The key table as a whole: who has keys, under which wrapping key, and how versions come and go."""

from collections.abc import Callable
from typing import Generic

from sqlalchemy import Engine, collate, delete, func, select, update

from registry.store.engine import BEGIN, DEFERRED
from registry.store.keytable import K, SqlKeyTable
from registry.store.tables import owner_key

_C = owner_key.c
_ROW = select(_C.owner_id, _C.dek_version, _C.kek_id, _C.wrapped)


class SqlKeyCare(SqlKeyTable[K], Generic[K]):
    """Each act is durable before it returns; `make` is the crypto room's class of rows."""

    def __init__(self, engine: Engine, make: Callable[[str, int, str, bytes], K]) -> None:
        """Work on the key engine."""
        super().__init__(engine, make)
        self._whole = engine
        self._reading = engine.execution_options(**{BEGIN: DEFERRED})

    def not_under(self, kek_id: str, limit: int) -> list[K]:
        """Return keys that another wrapping key wraps."""
        wanted = _ROW.where(_C.kek_id != kek_id).order_by(_C.owner_id, _C.dek_version).limit(limit)
        with self._reading.connect() as connection:
            return [self._make(*row) for row in connection.execute(wanted)]

    def rewrapped(self, pairs: list[tuple[K, K]]) -> int:
        """Put keys as wrapped anew in the place of the same keys as they were; return how many were there."""
        done = 0
        with self._whole.begin() as connection:
            for old, new in pairs:
                same = (
                    _C.owner_id == old.owner_id,
                    _C.dek_version == old.dek_version,
                    _C.kek_id == old.kek_id,
                )
                changed = update(owner_key).where(*same).values(kek_id=new.kek_id, wrapped=new.wrapped)
                done += connection.execute(changed).rowcount
        return done

    def count(self) -> dict[str, int]:
        """Return how many keys each wrapping key wraps."""
        with self._reading.connect() as connection:
            rows = connection.execute(select(_C.kek_id, func.count()).group_by(_C.kek_id))
            return {row[0]: row[1] for row in rows}

    def owners(self, after: str, limit: int) -> list[str]:
        """Return a page of owners in the order of their bytes."""
        order = collate(_C.owner_id, "C") if self._whole.dialect.name == "postgresql" else _C.owner_id
        wanted = select(order.label("owner")).distinct().where(order > after).order_by("owner").limit(limit)
        with self._reading.connect() as connection:
            return list(connection.execute(wanted).scalars())

    def drop(self, owner_id: str, before: int) -> None:
        """Delete versions older than `before`."""
        with self._whole.begin() as connection:
            old = delete(owner_key).where(_C.owner_id == owner_id, _C.dek_version < before)
            connection.execute(old)

    def scrub(self) -> None:
        """Overwrite what deleted rows left in SQLite's files."""
        if self._whole.dialect.name != "sqlite":
            return
        connection = self._whole.raw_connection()
        try:
            cursor = connection.cursor()
            for words in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                cursor.execute(words)
            cursor.close()
        finally:
            connection.close()
