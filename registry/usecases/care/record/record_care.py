"""Record, read and delete single resources (FHIR REST interactions create, read, vread, update, delete)."""

from dataclasses import replace

from fhir import wire
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, SealedResource, Stored
from registry.errors import BadInput, Conflict, NotFound
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.record import care_state, sealing, write
from registry.usecases.exchange import close_transfer


def record(
    services: Services,
    caller: Caller,
    resource: wire.JsonObject,
    *,
    resource_id: str | None = None,
    if_match: int | None = None,
) -> Stored:
    """Create a resource, or update the one with `resource_id`; raise Unprocessable with every issue found."""
    rules.check_can(caller, "write")
    rules.check_scope(caller, str(resource.get("resourceType")), "u" if resource_id else "c")
    reach.check_write(services, caller)
    if resource_id and resource.get("id") != resource_id:
        raise BadInput("The id in the resource must be the id in the address.")
    write.check(services, resource)
    with services.unit() as unit:
        if resource_id:
            stored = write.put(services, unit, caller, resource, resource_id, if_match)
        else:
            stored = write.create(services, unit, caller, resource)
        if stored.type == "MedicationDispense":
            close_transfer.by_first_dispense(services, unit, caller, stored)
        if stored.type == "Patient" and stored.version == 1:
            care_state.begin(services, unit, [(stored, resource)])
        elif stored.type in write.MOVES_CARE_STATE:
            care_state.refresh(services, unit, stored.owner_id)
        unit.commit()
    return stored


def read(
    services: Services, caller: Caller, resource_type: str, resource_id: str, version: int | None = None
) -> Stored:
    """Return the current version of a resource, or the one asked for, and note who looked."""
    rules.check_can(caller, "read")
    rules.check_scope(caller, resource_type, "r")
    with services.unit() as unit:
        if version is None:
            row = unit.records.current(resource_type, resource_id)
        else:
            row = unit.records.version(resource_type, resource_id, version)
        if row is not None:
            reach.check(services, unit, caller, row.owner_id, resource_type)
        stored = sealing.open_resource(services, row)
        reference = f"{resource_type}/{resource_id}"
        unit.audit.add(
            AuditEntry(caller, "read", owner_id=stored.owner_id, object_ref=reference, version=stored.version)
        )
        unit.commit()
    return stored


def delete(services: Services, caller: Caller, resource_type: str, resource_id: str) -> int:
    """Write a version without body; a Patient that has data stays (409: erasure is another act)."""
    rules.check_can(caller, "write")
    rules.check_scope(caller, resource_type, "d")
    reach.check_write(services, caller)
    with services.unit() as unit:
        row = unit.records.current(resource_type, resource_id)
        if row is None:
            raise NotFound("There is no such resource.")
        if row.deleted:
            return row.version
        if resource_type == "Patient" and _has_data(unit, row.owner_id):
            raise Conflict("This patient has data. Delete that first, or ask for erasure.")
        gone: SealedResource = replace(
            row, version=row.version + 1, updated=unit.now(), deleted=True, body=b""
        )
        reference = f"{resource_type}/{resource_id}"
        entry = AuditEntry(
            caller,
            "delete",
            owner_id=row.owner_id,
            object_ref=reference,
            version=gone.version,
            body_digest=sealing.digest(b""),
        )
        unit.records.add(gone, entry)
        unit.people.index(row.owner_id, (resource_type, resource_id), [])
        if resource_type in write.MOVES_CARE_STATE:
            care_state.refresh(services, unit, row.owner_id)
        unit.commit()
    return gone.version


def _has_data(unit: Unit, owner_id: str) -> bool:
    return len(unit.records.of_owner(owner_id)) > 1 or bool(unit.documents.of(owner_id))
