"""Sealed resources with all their versions."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from registry.domain.model import AuditEntry, SealedResource, Versions
from registry.errors import VersionConflict
from registry.ports import Audit
from registry.store import tables
from registry.store.care.versions import select_versions
from registry.store.prepared import Prepared
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_CURRENT = Shape(tables.resource, SealedResource)
_VERSION = Shape(tables.resource_version, SealedResource)
_NEWEST = tables.resource.c
_ALL = tables.resource_version.c

_FIND = Prepared(
    _CURRENT.select.where(_NEWEST.type == bindparam("of_type"), _NEWEST.id == bindparam("of_id"))
)
_OWNED = _CURRENT.select.where(_NEWEST.owner_id == bindparam("of_owner"), ~_NEWEST.deleted).order_by(
    _NEWEST.updated, _NEWEST.type, _NEWEST.id
)
_OF_OWNER = Prepared(_OWNED)
_FIND_VERSION = _VERSION.select.where(
    _ALL.type == bindparam("of_type"), _ALL.id == bindparam("of_id"), _ALL.version == bindparam("of_version")
)
_REPLACE = update(tables.resource).where(
    _NEWEST.type == bindparam("of_type"),
    _NEWEST.id == bindparam("of_id"),
    _NEWEST.version == bindparam("before"),
)
_FIRST = {
    "postgresql": postgresql.insert(tables.resource).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(tables.resource).on_conflict_do_nothing(),
}
_KEEP = insert(tables.resource_version).inline()
_ADD_FIRST = {name: Prepared(statement, *_CURRENT.names) for name, statement in _FIRST.items()}
_ADD_VERSION = Prepared(_KEEP, *_VERSION.names)
_OVERTAKEN = "Somebody else changed this in the meantime. Read it again and repeat your change."


class SqlRecords:
    """The port Records."""

    def __init__(self, transaction: Transaction, audit: Audit) -> None:
        """Write through a unit's transaction."""
        self._transaction = transaction
        self._audit = audit
        dialect = "postgresql" if transaction.postgresql else "sqlite"
        self._first, self._add_first = _FIRST[dialect], _ADD_FIRST[dialect]

    def add(self, row: SealedResource, audit: AuditEntry) -> None:
        """Write a new version; the audit row always states the version and the digest of what was stored."""
        values = _CURRENT.values(row)
        if row.version == 1:
            written = self._transaction.write(self._add_first, values)
        else:
            key = {"of_type": row.type, "of_id": row.id, "before": row.version - 1}
            written = self._transaction.changed(_REPLACE, values | key)
        if not written:
            raise VersionConflict(_OVERTAKEN)
        self._transaction.write(_ADD_VERSION, values)
        self._audit.add(_exact(row, audit))

    def add_first(self, rows: Sequence[tuple[SealedResource, AuditEntry]]) -> None:
        """Write the first versions of many resources, in order."""
        values = [_CURRENT.values(row) for row, _ in rows]
        if values and self._transaction.changed(self._first, values) != len(values):
            raise VersionConflict(_OVERTAKEN)
        if values:
            self._transaction.execute(_KEEP, values)
        self._audit.add_all([_exact(row, audit) for row, audit in rows])

    def current(self, resource_type: str, resource_id: str) -> SealedResource | None:
        """Return the newest version, deleted or not."""
        key = {"of_type": resource_type, "of_id": resource_id}
        return _CURRENT.first(self._transaction.read(_FIND, key))

    def version(self, resource_type: str, resource_id: str, version: int) -> SealedResource | None:
        """Return one version."""
        key = {"of_type": resource_type, "of_id": resource_id, "of_version": version}
        return _VERSION.find(self._transaction.execute(_FIND_VERSION, key).one_or_none())

    def of_owner(self, owner_id: str, types: Sequence[str] = ()) -> list[SealedResource]:
        """Return all current, not deleted resources of an owner, oldest first."""
        if not types:
            return _CURRENT.read_all(self._transaction.read(_OF_OWNER, {"of_owner": owner_id}))
        wanted = _OWNED.where(_NEWEST.type.in_(types))
        return _CURRENT.read_all(self._transaction.execute(wanted, {"of_owner": owner_id}))

    def history_of_owner(self, owner_id: str, types: Sequence[str] = ()) -> list[SealedResource]:
        """Return every version of an owner's resources in the order written."""
        wanted = _VERSION.select.where(_ALL.owner_id == owner_id)
        if types:
            wanted = wanted.where(_ALL.type.in_(types))
        return _VERSION.read_all(self._transaction.execute(wanted.order_by(_ALL.position)))

    def versions(self, asked: Versions, limit: int) -> list[tuple[int, SealedResource]]:
        """Return versions for a history, newest first, each with its position."""
        rows = self._transaction.execute(select_versions(asked, limit))
        return [(row[-1], _VERSION.read(row[:-1])) for row in rows]

    def digests(self) -> Iterator[tuple[str, int, str]]:
        """Yield (object reference, version, sealed body digest) of what is stored now, by reference."""
        reference = self._transaction.in_byte_order(_NEWEST.type + "/" + _NEWEST.id)
        stored = select(reference.label("reference"), _NEWEST.version, _NEWEST.body).order_by("reference")
        for row in self._transaction.stream(stored):
            yield row.reference, row.version, _digest(row.body)


def _exact(row: SealedResource, audit: AuditEntry) -> AuditEntry:
    """Return the entry with what was stored, whatever its writer stated."""
    return replace(
        audit,
        owner_id=audit.owner_id or row.owner_id,
        object_ref=f"{row.type}/{row.id}",
        version=row.version,
        body_digest=_digest(row.body),
    )


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
