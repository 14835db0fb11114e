"""Big readings and writings: whole owners by the hundred, without the cost of one statement for each row."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, text, tuple_

from registry.domain.model import Person, SealedResource, SearchToken
from registry.ports.jobs import Key, Row
from registry.store import tables
from registry.store.prepared import Prepared
from registry.store.shapes import Shape
from registry.store.tables.columns import microseconds, moment
from registry.store.transaction import Transaction

_CURRENT = Shape(tables.resource, SealedResource)
_PERSON = Shape(tables.person, Person)
_R = tables.resource.c
# PostgreSQL counts parameters in two bytes, SQLite allows a few ten thousand.
_MOST_KEYS = 1000
_PEOPLE = Prepared(text("SELECT id FROM person WHERE id > :after ORDER BY id LIMIT :most"))
_ROW = "SELECT type, id, version, owner_id, body FROM resource WHERE NOT deleted AND updated >= :since"
_GONE = "SELECT type, id FROM resource WHERE deleted AND updated >= :since"
_ONE_OF = {
    "postgresql": "{column} = ANY(CAST(:{values} AS text[]))",
    "sqlite": "{column} IN (SELECT value FROM json_each(:{values}))",
}
# Of a transaction that runs, the start; readers that run long only make the answer earlier, never wrong.
_OLDEST = Prepared(
    text(
        "SELECT CAST(EXTRACT(EPOCH FROM min(xact_start)) * 1000000 AS BIGINT) FROM pg_stat_activity "
        "WHERE datname = current_database() AND backend_type = 'client backend'"
    )
)


def _one_of(dialect: str, column: str, values: str) -> str:
    return _ONE_OF[dialect].format(column=column, values=values)


def _for_owners(beginning: str, dialect: str, of_types: bool) -> Prepared:
    narrowed = f" AND {_one_of(dialect, 'type', 'types')}" if of_types else ""
    return Prepared(text(f"{beginning} AND {_one_of(dialect, 'owner_id', 'owners')}{narrowed}"))


def _for_one(dialect: str, of_types: bool) -> Prepared:
    narrowed = f" AND {_one_of(dialect, 'type', 'types')}" if of_types else ""
    after = "owner_id = :owner AND (type, id) > (:after_type, :after_id) ORDER BY type, id LIMIT :most"
    return Prepared(text(f"{_ROW}{narrowed} AND {after}"))


_DIALECTS = ("postgresql", "sqlite")
_WAYS = [(name, of_types) for name in _DIALECTS for of_types in (False, True)]
_ROWS = {way: _for_owners(_ROW, *way) for way in _WAYS}
_DELETED = {way: _for_owners(_GONE, *way) for way in _WAYS}
_PAGE = {way: _for_one(*way) for way in _WAYS}


class SqlShelves:
    """The port Shelves."""

    def __init__(self, transaction: Transaction) -> None:
        """Read beside a unit's transaction, write in it."""
        self._transaction = transaction
        self._dialect = "postgresql" if transaction.postgresql else "sqlite"

    def people(self, after: str, limit: int) -> list[str]:
        """Return a page of owner ids after one; any other order would sort everybody for each page."""
        rows = self._transaction.look(_PEOPLE, {"after": after, "most": limit})
        return [owner for (owner,) in rows]

    def rows_of(self, owners: Sequence[str], types: Sequence[str], since: datetime | None) -> list[Row]:
        """Return current resources of these owners, committed ones only."""
        values = {"owners": self._list(owners)} | self._narrowed(types, since)
        return self._transaction.look(_ROWS[self._dialect, bool(types)], values)

    def deleted_of(self, owners: Sequence[str], types: Sequence[str], since: datetime) -> list[Key]:
        """Return (type, id) of resources of these owners deleted since a moment."""
        values = {"owners": self._list(owners)} | self._narrowed(types, since)
        return self._transaction.look(_DELETED[self._dialect, bool(types)], values)

    def page_of(
        self, owner: str, after: Key, limit: int, types: Sequence[str], since: datetime | None
    ) -> list[Row]:
        """Return the next current resources of one owner with many of them, by type and id."""
        place = {"owner": owner, "after_type": after[0], "after_id": after[1], "most": limit}
        values = place | self._narrowed(types, since)
        return self._transaction.look(_PAGE[self._dialect, bool(types)], values)

    def oldest_writer(self) -> datetime:
        """Return a moment before which everything is committed; SQLite has one writer, which is this one."""
        now = self._transaction.now()
        if self._dialect == "sqlite":
            return now
        ((oldest,),) = self._transaction.read(_OLDEST, {})
        return min(now, moment(oldest)) if oldest is not None else now

    def known(self, keys: Sequence[Key]) -> dict[Key, SealedResource]:
        """Return the newest versions of these resources, deleted ones too."""
        found: dict[Key, SealedResource] = {}
        for start in range(0, len(keys), _MOST_KEYS):
            some = keys[start : start + _MOST_KEYS]
            wanted = select(*_CURRENT.columns).where(tuple_(_R.type, _R.id).in_(some))
            for row in _CURRENT.read_all(self._transaction.execute(wanted)):
                found[row.type, row.id] = row
        return found

    def add_people(self, people: Sequence[Person]) -> None:
        """Add many people."""
        if people:
            self._transaction.execute(insert(tables.person), [_PERSON.values(each) for each in people])

    def add_tokens(self, tokens: Sequence[tuple[str, Key, Sequence[SearchToken]]]) -> None:
        """Add the search tokens of new resources: (owner, resource, tokens)."""
        rows = [
            {
                "owner_id": owner,
                "resource_type": key[0],
                "resource_id": key[1],
                "param": token.param,
                "kind": token.kind,
                "value": token.value,
            }
            for owner, key, found in tokens
            for token in dict.fromkeys(found)
        ]
        if rows:
            self._transaction.execute(insert(tables.search_token), rows)

    def _list(self, values: Sequence[str]) -> object:
        return list(values) if self._dialect == "postgresql" else json.dumps(list(values))

    def _narrowed(self, types: Sequence[str], since: datetime | None) -> dict[str, object]:
        narrowed: dict[str, object] = {"since": microseconds(since) if since else 0}
        return narrowed | ({"types": self._list(types)} if types else {})
