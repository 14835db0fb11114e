"""The clear projection that work lists range over."""

from collections.abc import Iterator
from datetime import date, datetime, time, tzinfo

from sqlalchemy import case, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from registry.domain.model import CareState
from registry.store import tables
from registry.store.prepared import Prepared
from registry.store.shapes import Shape
from registry.store.transaction import Insert, Transaction

_STATE = Shape(tables.care_state, CareState)
_C = tables.care_state.c
_SOONEST = case(
    (_C.next_contact.is_(None), _C.run_out),
    (_C.run_out.is_(None), _C.next_contact),
    (_C.run_out < _C.next_contact, _C.run_out),
    else_=_C.next_contact,
)


def _put(insert: Insert) -> Insert:
    changes = {name: insert.excluded[name] for name in _C.keys() if name != "owner_id"}  # noqa: SIM118
    return insert.on_conflict_do_update(index_elements=[_C.owner_id], set_=changes)


_PUT = {
    "postgresql": Prepared(_put(postgresql.insert(tables.care_state)), *_STATE.names),
    "sqlite": Prepared(_put(sqlite.insert(tables.care_state)), *_STATE.names),
}


class SqlCareStates:
    """The port CareStates."""

    def __init__(self, transaction: Transaction, zone: tzinfo) -> None:
        """Work through a unit's transaction; local days are those of the node's zone."""
        self._transaction = transaction
        self._zone = zone

    def put(self, row: CareState) -> None:
        """Insert or replace."""
        statement = _PUT["postgresql" if self._transaction.postgresql else "sqlite"]
        self._transaction.write(statement, _STATE.values(row))

    def get(self, owner_id: str) -> CareState | None:
        """Return the row of one person."""
        wanted = _STATE.select.where(_C.owner_id == owner_id)
        return _STATE.find(self._transaction.execute(wanted).one_or_none())

    def due(self, until: date, limit: int, region: str = "") -> list[CareState]:
        """Return people whose run-out or next contact is on or before a day, soonest first."""
        wanted = _STATE.select.where(or_(_C.run_out <= until, _C.next_contact <= until))
        if region:
            wanted = wanted.where(_C.region == region)
        return _STATE.read_all(self._transaction.execute(wanted.order_by(_SOONEST, _C.owner_id).limit(limit)))

    def stale(self, before: date, limit: int) -> list[str]:
        """Return owners whose row was computed before a local day."""
        midnight = datetime.combine(before, time.min, self._zone)
        wanted = select(_C.owner_id).where(_C.computed < midnight).order_by(_C.computed, _C.owner_id)
        return list(self._transaction.execute(wanted.limit(limit)).scalars())

    def stream(self) -> Iterator[CareState]:
        """Yield all committed rows."""
        for row in self._transaction.stream(_STATE.select.order_by(_C.owner_id)):
            yield _STATE.read(row)
