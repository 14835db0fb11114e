"""One audit event as columns, as canonical bytes and as plain fields to show."""

from typing import Any

from sqlalchemy import Column, Row

from registry.domain.access import trail
from registry.domain.model import AuditEntry
from registry.store import tables
from registry.store.tables.columns import microseconds

COLUMNS: tuple[Column[Any], ...] = tuple(tables.audit_event.columns)
_NAMES = tuple(column.name for column in COLUMNS)


def values_of(entry: AuditEntry, event_id: str, patient: str) -> dict[str, str | int]:
    """Return the columns of an entry, without its time."""
    caller = entry.caller
    return {
        "event_id": event_id,
        "actor": caller.id,
        "acts_for": caller.acts_for,
        "organization": caller.organization,
        "role": caller.role,
        "action": entry.action,
        "purpose": caller.purpose,
        "patient_pseudonym": patient,
        "object_ref": entry.object_ref,
        "outcome": entry.outcome,
        "version": entry.version,
        "body_digest": entry.body_digest,
        "details": trail.compact(dict(entry.details)),
    }


def canonical(event: Row[Any]) -> bytes:
    """Return the bytes that are chained: every column, the time in microseconds since 1970 UTC."""
    fields = {name: getattr(event, name) for name in _NAMES}
    return trail.canonical(fields | {"at": microseconds(event.at)})


def plain(event: Row[Any]) -> dict[str, str]:
    """Return every column as text, the time as RFC 3339 in UTC."""
    fields = {name: str(getattr(event, name)) for name in _NAMES}
    return fields | {"at": event.at.isoformat().replace("+00:00", "Z")}
