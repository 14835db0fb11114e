"""Insert-only audit events, their chain and signed checkpoints."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, literal, select

from registry.domain.access import trail
from registry.domain.model import AuditEntry, AuditRow, Checkpoint
from registry.store import tables
from registry.store.access.events import COLUMNS, canonical, plain, values_of
from registry.store.clock import POSTGRESQL_NOW
from registry.store.prepared import Prepared
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_CHECKPOINT = Shape(tables.audit_checkpoint, Checkpoint)
_E = tables.audit_event.c
_C = tables.audit_chain.c
_W = tables.audit_waiting.c
_ADD = insert(tables.audit_event)
_ADD_AT_ITS_CLOCK = _ADD.values(at=POSTGRESQL_NOW)
_NAMES = tuple(column.name for column in COLUMNS)
_ADD_ONE = Prepared(_ADD, *_NAMES)
_ADD_ONE_AT_ITS_CLOCK = Prepared(_ADD_AT_ITS_CLOCK, *(name for name in _NAMES if name != "at"))
_EVENTS = select(*COLUMNS)
_TIP = select(_C.seq, _C.hash).order_by(_C.seq.desc()).limit(1)
_CHAIN_LOCK = b"audit-chain"


class SqlAudit:
    """The port Audit."""

    def __init__(
        self, transaction: Transaction, pseudonym: Callable[[str], str], new_id: Callable[[], str]
    ) -> None:
        """Write through a unit's transaction; people appear under their pseudonym only."""
        self._transaction = transaction
        self._pseudonym = pseudonym
        self._new_id = new_id

    def add(self, entry: AuditEntry) -> str:
        """Write an event in this transaction; return its id."""
        event_id = self._new_id()
        values = self._values(entry, event_id)
        if self._transaction.postgresql:
            self._transaction.write(_ADD_ONE_AT_ITS_CLOCK, values)
        else:
            self._transaction.write(_ADD_ONE, values | {"at": self._transaction.now()})
        return event_id

    def add_all(self, entries: Sequence[AuditEntry]) -> None:
        """Write many events in this transaction, in order."""
        if entries:
            self._insert([self._values(entry, self._new_id()) for entry in entries])

    def chain(self, limit: int) -> int:
        """Chain events that have no link yet, in order of time; one chainer at a time."""
        self._transaction.lock([_CHAIN_LOCK])
        tip = self._transaction.execute(_TIP).one_or_none()
        seq, previous = (tip.seq, tip.hash) if tip else (0, trail.START)
        links = []
        for event in self._transaction.execute(_without_link().limit(limit)).all():
            following = trail.link(previous, canonical(event))
            seq += 1
            links.append({"seq": seq, "event_id": event.event_id, "prev_hash": previous, "hash": following})
            previous = following
        if links:
            self._transaction.execute(insert(tables.audit_chain), links)
        chained = select(_C.event_id).where(_C.event_id == _W.event_id)
        self._transaction.execute(delete(tables.audit_waiting).where(chained.exists()))
        return len(links)

    def waiting(self) -> int:
        """Return how many events wait for the chainer."""
        return self._count(select(func.count()).select_from(tables.audit_waiting))

    def forgotten(self) -> int:
        """Return how many events have no link and do not wait for one: somebody hid them from the chainer."""
        linked = select(literal(1)).where(_C.event_id == _E.event_id)
        queued = select(literal(1)).where(_W.event_id == _E.event_id)
        events = select(func.count()).select_from(tables.audit_event)
        return self._count(events.where(~linked.exists(), ~queued.exists()))

    def rows(self) -> Iterator[AuditRow]:
        """Yield chained events in order; `canonical` is empty where the event is missing."""
        chain = tables.audit_chain.outerjoin(tables.audit_event, _C.event_id == _E.event_id)
        links = select(_C.event_id.label("chained"), _C.seq, _C.prev_hash, _C.hash, *COLUMNS)
        for row in self._transaction.stream(links.select_from(chain).order_by(_C.seq)):
            event = b"" if row.event_id is None else canonical(row)
            yield AuditRow(row.chained, event, row.seq, row.prev_hash, row.hash)

    def about(
        self, owner_id: str, limit: int, before: tuple[datetime, str] | None = None
    ) -> list[dict[str, str]]:
        """Return the newest events about a person, in plain fields; those before a (time, id) to go on."""
        wanted = _EVENTS.where(_E.patient_pseudonym == self._pseudonym(owner_id))
        if before is not None:
            at, event_id = before
            wanted = wanted.where((_E.at < at) | ((_E.at == at) & (_E.event_id < event_id)))
        return self._newest(wanted, limit)

    def event(self, event_id: str) -> dict[str, str] | None:
        """Return one event in plain fields, or None."""
        row = self._transaction.execute(_EVENTS.where(_E.event_id == event_id)).one_or_none()
        return None if row is None else plain(row)

    def recent(self, limit: int) -> list[dict[str, str]]:
        """Return the newest events of the node, in plain fields."""
        return self._newest(_EVENTS, limit)

    def body_digests(self) -> Iterator[tuple[str, int, str]]:
        """Yield (object reference, version, sealed body digest) of every write, by reference and time."""
        order = self._transaction.in_byte_order(_E.object_ref)
        writes = select(_E.object_ref, _E.version, _E.body_digest).where(_E.version > 0, _E.body_digest != "")
        for row in self._transaction.stream(writes.order_by(order, _E.at, _E.event_id)):
            yield row.object_ref, row.version, row.body_digest

    def size(self) -> int:
        """Return the length of the chain."""
        return self._count(select(func.coalesce(func.max(_C.seq), literal(0))))

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a signed checkpoint."""
        self._transaction.execute(insert(tables.audit_checkpoint), _CHECKPOINT.values(checkpoint))

    def checkpoints(self) -> list[Checkpoint]:
        """Return all checkpoints, oldest first."""
        ordered = _CHECKPOINT.select.order_by(tables.audit_checkpoint.c.size)
        return _CHECKPOINT.read_all(self._transaction.execute(ordered))

    def newest_checkpoint_at(self) -> datetime | None:
        """Return the time of the newest checkpoint."""
        newest = select(tables.audit_checkpoint.c.at).order_by(tables.audit_checkpoint.c.size.desc()).limit(1)
        at: datetime | None = self._transaction.execute(newest).scalar_one_or_none()
        return at

    def _values(self, entry: AuditEntry, event_id: str) -> dict[str, Any]:
        patient = self._pseudonym(entry.owner_id) if entry.owner_id else ""
        return values_of(entry, event_id, patient)

    def _insert(self, rows: list[dict[str, Any]]) -> None:
        if self._transaction.postgresql:
            self._transaction.execute(_ADD_AT_ITS_CLOCK, rows)
        else:
            now = self._transaction.now()
            self._transaction.execute(_ADD, [row | {"at": now} for row in rows])

    def _newest(self, wanted: Select[Any], limit: int) -> list[dict[str, str]]:
        ordered = wanted.order_by(_E.at.desc(), _E.event_id.desc()).limit(limit)
        return [plain(row) for row in self._transaction.execute(ordered)]

    def _count(self, statement: Select[Any]) -> int:
        number: int = self._transaction.execute(statement).scalar_one()
        return number


def _without_link() -> Select[Any]:
    """Select waiting events by time, never "later than the last": slow units commit earlier ones."""
    linked = select(literal(1)).where(_C.event_id == _E.event_id)
    waiting = _EVENTS.join(tables.audit_waiting, _W.event_id == _E.event_id).where(~linked.exists())
    return waiting.order_by(_E.at, _E.event_id)
