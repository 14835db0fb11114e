"""The consent projection that the gate reads."""

from collections.abc import Sequence

from sqlalchemy import bindparam

from registry.domain.model import ConsentRow
from registry.store import tables
from registry.store.prepared import Prepared
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_CONSENT = Shape(tables.consent, ConsentRow)
_C = tables.consent.c
_TOWARDS = Prepared(
    _CONSENT.select.where(_C.owner_id == bindparam("of_owner"), _C.partner == bindparam("of_partner"))
)
_AT_ONCE = 500
_GET = _CONSENT.select.where(_C.id == bindparam("of_id"))


class SqlConsents:
    """The port Consents."""

    def __init__(self, transaction: Transaction) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction

    def put(self, row: ConsentRow) -> None:
        """Insert or replace one consent; its place among the others stays that of its first coming."""
        values = _CONSENT.values(row)
        statement = self._transaction.insert(tables.consent).values(
            values | {"stored": self._transaction.clock()}
        )
        changes = {name: value for name, value in values.items() if name != "id"}
        self._transaction.execute(statement.on_conflict_do_update(index_elements=[_C.id], set_=changes))

    def of(self, owner_id: str, partner: str = "") -> list[ConsentRow]:
        """Return the consents of a person, newest first, for one partner or all."""
        wanted = _CONSENT.select.where(_C.owner_id == owner_id)
        if partner:
            wanted = wanted.where(_C.partner == partner)
        ordered = wanted.order_by(_C.start.desc(), _C.stored.desc(), _C.id)
        return _CONSENT.read_all(self._transaction.execute(ordered))

    def towards(self, partner: str, owners: Sequence[str]) -> list[ConsentRow]:
        """Return the consents of these people for one partner, in no order."""
        if len(owners) == 1:
            key = {"of_partner": partner, "of_owner": owners[0]}
            return _CONSENT.read_all(self._transaction.read(_TOWARDS, key))
        found: list[ConsentRow] = []
        for start in range(0, len(owners), _AT_ONCE):
            wanted = _C.owner_id.in_(owners[start : start + _AT_ONCE])
            rows = self._transaction.execute(_CONSENT.select.where(_C.partner == partner, wanted))
            found += _CONSENT.read_all(rows)
        return found

    def get(self, consent_id: str) -> ConsentRow | None:
        """Return one consent."""
        return _CONSENT.find(self._transaction.execute(_GET, {"of_id": consent_id}).one_or_none())
