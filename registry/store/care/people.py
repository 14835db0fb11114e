"""People and the blind index that finds them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from registry.domain.model import Person, SearchToken
from registry.store import tables
from registry.store.prepared import Prepared
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_PERSON = Shape(tables.person, Person)
_PEOPLE = tables.person.c
_TOKENS = tables.search_token.c
_GET = Prepared(_PERSON.select.where(_PEOPLE.id == bindparam("of_id")))
_ADD = Prepared(insert(tables.person), *_PERSON.names)
_INDEX = insert(tables.search_token)
_FORGET = delete(tables.search_token).where(
    _TOKENS.resource_type == bindparam("of_type"), _TOKENS.resource_id == bindparam("of_id")
)
# All at once: a person has about twenty tokens, and PostgreSQL would be told of them one by one.
_REPLACE_POSTGRESQL = Prepared(
    text(
        """
    WITH gone AS (
        DELETE FROM search_token WHERE resource_type = :resource_type AND resource_id = :resource_id
    )
    INSERT INTO search_token (owner_id, resource_type, resource_id, param, kind, value)
    SELECT CAST(:owner_id AS text), CAST(:resource_type AS text), CAST(:resource_id AS text), found.*
    FROM unnest(CAST(:params AS text[]), CAST(:kinds AS text[]), CAST(:values AS bytea[])) AS found
    """
    )
)
_CARRIERS = Prepared(
    select(_TOKENS.owner_id)
    .distinct()
    .where(
        _TOKENS.param == bindparam("of_param"),
        _TOKENS.kind == bindparam("of_kind"),
        _TOKENS.value == bindparam("of_value"),
    )
    .order_by(_TOKENS.owner_id)
    .limit(bindparam("most"))
)


class SqlPeople:
    """The port People."""

    def __init__(self, transaction: Transaction) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction

    def add(self, person: Person) -> None:
        """Add a person with the id of its Patient resource."""
        self._transaction.write(_ADD, _PERSON.values(person))

    def get(self, owner_id: str) -> Person | None:
        """Return a person."""
        return _PERSON.first(self._transaction.read(_GET, {"of_id": owner_id}))

    def confirm(self, owner_id: str) -> None:
        """Mark a provisional person as confirmed."""
        self._transaction.execute(
            update(tables.person).where(_PEOPLE.id == owner_id).values(provisional=False)
        )

    def index(self, owner_id: str, resource: tuple[str, str], tokens: Sequence[SearchToken]) -> None:
        """Replace the search tokens of one resource (type, id)."""
        resource_type, resource_id = resource
        found = list(dict.fromkeys(tokens))
        place = {"owner_id": owner_id, "resource_type": resource_type, "resource_id": resource_id}
        if self._transaction.postgresql and found:
            columns: dict[str, object] = {
                "params": [token.param for token in found],
                "kinds": [token.kind for token in found],
                "values": [token.value for token in found],
            }
            self._transaction.write(_REPLACE_POSTGRESQL, place | columns)
            return
        self._transaction.execute(_FORGET, {"of_type": resource_type, "of_id": resource_id})
        rows = [place | {"param": each.param, "kind": each.kind, "value": each.value} for each in found]
        if rows:
            self._transaction.execute(_INDEX, rows)

    def candidates(self, tokens: Sequence[SearchToken], limit: int) -> list[str]:
        """Return owners that carry every one of the tokens."""
        if len(tokens) < 2:
            return self._of_only(tokens, limit)
        first, *others = dict.fromkeys(tokens)
        owners = select(_TOKENS.owner_id).distinct().where(_is(first))
        for token in others:
            owners = owners.where(_TOKENS.owner_id.in_(_carriers(token)))
        return list(self._transaction.execute(owners.order_by(_TOKENS.owner_id).limit(limit)).scalars())

    def any_of(self, tokens: Sequence[SearchToken], limit: int) -> list[str]:
        """Return owners that carry at least one of the tokens, most matches first."""
        if len(tokens) < 2:
            return self._of_only(tokens, limit)
        # Two resources of one owner may carry the same token: it counts once.
        hits = (
            select(_TOKENS.owner_id, _TOKENS.param, _TOKENS.kind, _TOKENS.value)
            .distinct()
            .where(or_(*(_is(token) for token in dict.fromkeys(tokens))))
            .subquery()
        )
        ranked = (
            select(hits.c.owner_id)
            .group_by(hits.c.owner_id)
            .order_by(func.count().desc(), hits.c.owner_id)
            .limit(limit)
        )
        return list(self._transaction.execute(ranked).scalars())

    def _of_only(self, tokens: Sequence[SearchToken], limit: int) -> list[str]:
        """Return owners that carry the only token; the usual search, as one statement that never changes."""
        if not tokens:
            return []
        (token,) = tokens
        if token.older:
            both = select(_TOKENS.owner_id).distinct().where(_is(token)).order_by(_TOKENS.owner_id)
            return list(self._transaction.execute(both.limit(limit)).scalars())
        wanted = {"of_param": token.param, "of_kind": token.kind, "of_value": token.value, "most": limit}
        return [owner for (owner,) in self._transaction.read(_CARRIERS, wanted)]

    def ids(self, after: str = "", limit: int = 500) -> list[str]:
        """Return a page of owner ids in order, for jobs that pass over everybody."""
        order = self._transaction.in_byte_order(_PEOPLE.id)
        page = select(_PEOPLE.id).where(order > after).order_by(order).limit(limit)
        return list(self._transaction.execute(page).scalars())

    def count(self) -> int:
        """Return the number of people."""
        number: int = self._transaction.execute(select(func.count()).select_from(tables.person)).scalar_one()
        return number


def _is(token: SearchToken) -> ColumnElement[bool]:
    return and_(_TOKENS.param == token.param, _TOKENS.kind == token.kind, _TOKENS.value.in_(token.values))


def _carriers(token: SearchToken) -> Select[Any]:
    other = tables.search_token.alias()
    return select(other.c.owner_id).where(
        other.c.param == token.param, other.c.kind == token.kind, other.c.value.in_(token.values)
    )
