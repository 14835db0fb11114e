"""Delete a resource: a version without a body is written and its search tokens go."""

from dataclasses import dataclass, replace

from registry.domain.model import AuditEntry, Caller, SealedResource
from registry.errors import Conflict, NotFound
from registry.ports import Services, Unit
from registry.usecases.care.record import sealing
from registry.usecases.care.record.write import Expected


@dataclass(frozen=True)
class Removed:
    """What a deletion left: the version that says so, and whether it was written now."""

    type: str
    owner_id: str
    version: int
    now: bool


def remove(
    services: Services,
    unit: Unit,
    caller: Caller,
    reference: tuple[str, str],
    expected: Expected | None = None,
) -> Removed:
    """Delete a resource (type, id); a Patient that has data stays (409: erasure is another act)."""
    resource_type, resource_id = reference
    row = unit.records.current(resource_type, resource_id)
    if row is None:
        raise NotFound("There is no such resource.")
    if row.deleted:
        return Removed(resource_type, row.owner_id, row.version, now=False)
    if expected is not None:
        expected.check(row)
    if resource_type == "Patient" and _has_data(unit, row.owner_id):
        raise Conflict("This patient has data. Delete that first, or ask for erasure.")
    gone: SealedResource = replace(row, version=row.version + 1, updated=unit.now(), deleted=True, body=b"")
    entry = AuditEntry(
        caller,
        "delete",
        owner_id=row.owner_id,
        object_ref=f"{resource_type}/{resource_id}",
        version=gone.version,
        body_digest=sealing.digest(b""),
    )
    unit.records.add(gone, entry)
    unit.people.index(row.owner_id, reference, [])
    return Removed(resource_type, row.owner_id, gone.version, now=True)


def _has_data(unit: Unit, owner_id: str) -> bool:
    return len(unit.records.of_owner(owner_id)) > 1 or bool(unit.documents.of(owner_id))
