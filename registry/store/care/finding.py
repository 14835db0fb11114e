"""Find sealed resources for a search."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, FromClause, bindparam, select

from registry.domain.model import SealedResource, SearchToken
from registry.store import tables
from registry.store.prepared import Prepared
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_CURRENT = Shape(tables.resource, SealedResource)
_ROW = tables.resource.c
_TOKEN = tables.search_token.c
_TYPE = _ROW.type == bindparam("of_type")
_HERE = _CURRENT.select.where(_TYPE, ~_ROW.deleted)
_OF_OWNER = Prepared(_HERE.where(_ROW.owner_id == bindparam("of_owner")))
_BY_ID = Prepared(_HERE.where(_ROW.id == bindparam("of_id")))
_IS = (
    _TOKEN.param == bindparam("of_param"),
    _TOKEN.kind == bindparam("of_kind"),
    _TOKEN.value == bindparam("of_value"),
    _TOKEN.resource_type == bindparam("of_type"),
)
_CARRIERS = select(_TOKEN.resource_id).where(*_IS)
_CARRYING = Prepared(_HERE.where(_ROW.id.in_(_CARRIERS)).limit(bindparam("most")))
_AT_ONCE = 500


class SqlFinding:
    """The port Finding."""

    def __init__(self, transaction: Transaction) -> None:
        """Read through a unit's transaction."""
        self._transaction = transaction

    def of_owner(self, owner_id: str, resource_type: str) -> list[SealedResource]:
        """Return the resources of one type that an owner has."""
        wanted = {"of_owner": owner_id, "of_type": resource_type}
        return _CURRENT.read_all(self._transaction.read(_OF_OWNER, wanted))

    def by_ids(self, resource_type: str, ids: Sequence[str]) -> list[SealedResource]:
        """Return the resources with these ids that there are."""
        if len(ids) == 1:
            wanted = {"of_type": resource_type, "of_id": ids[0]}
            return _CURRENT.read_all(self._transaction.read(_BY_ID, wanted))
        found: list[SealedResource] = []
        for start in range(0, len(ids), _AT_ONCE):
            some = _HERE.where(_ROW.id.in_(ids[start : start + _AT_ONCE]))
            found += _CURRENT.read_all(self._transaction.execute(some, {"of_type": resource_type}))
        return found

    def carrying(self, resource_type: str, token: SearchToken, limit: int) -> list[SealedResource]:
        """Return resources that carry a token."""
        if token.older:
            ids = select(_TOKEN.resource_id).where(*_carries(resource_type, token))
            both = _HERE.where(_ROW.id.in_(ids)).limit(limit)
            return _CURRENT.read_all(self._transaction.execute(both, {"of_type": resource_type}))
        return _CURRENT.read_all(self._transaction.read(_CARRYING, _wanted(resource_type, token, limit)))

    def ids_carrying(
        self, resource_type: str, tokens: Sequence[SearchToken], after: str, limit: int
    ) -> list[str]:
        """Return the next ids of resources that carry every one of the tokens, in an order of the store."""
        first, *others = dict.fromkeys(tokens)
        # Of people the index of tokens holds the ids in order: a Patient is its own owner.
        column = _TOKEN.owner_id if resource_type == "Patient" else _TOKEN.resource_id
        ids = select(column).distinct().where(*_carries(resource_type, first), column > after)
        for token in others:
            other = tables.search_token.alias()
            ids = ids.where(
                _TOKEN.resource_id.in_(
                    select(other.c.resource_id).where(*_carries(resource_type, token, other))
                )
            )
        return list(self._transaction.execute(ids.order_by(column).limit(limit)).scalars())

    def page(self, owner_id: str, resource_type: str, after: str, limit: int) -> list[SealedResource]:
        """Return the next resources of one type that an owner has, in the byte order of their ids."""
        order = self._transaction.in_byte_order(_ROW.id)
        wanted = _HERE.where(_ROW.owner_id == owner_id, order > after).order_by(order).limit(limit)
        return _CURRENT.read_all(self._transaction.execute(wanted, {"of_type": resource_type}))


def _wanted(resource_type: str, token: SearchToken, limit: int) -> dict[str, object]:
    return {
        "of_type": resource_type,
        "of_param": token.param,
        "of_kind": token.kind,
        "of_value": token.value,
        "most": limit,
    }


def _carries(
    resource_type: str, token: SearchToken, table: FromClause = tables.search_token
) -> tuple[ColumnElement[bool], ...]:
    """Return that a row of the index, or of another name of it, is this token of this type."""
    column = table.c
    return (
        column.resource_type == resource_type,
        column.param == token.param,
        column.kind == token.kind,
        column.value.in_(token.values),
    )
