"""Record, read and delete single resources (FHIR REST interactions create, read, vread, update, delete)."""

from fhir import wire
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, Stored
from registry.errors import BadInput, Conflict
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.record import conditional, effects, sealing, write
from registry.usecases.care.record.conditional import Condition
from registry.usecases.care.record.remove import Removed, remove
from registry.usecases.care.record.write import Expected, Written


def record(
    services: Services,
    caller: Caller,
    resource: wire.JsonObject,
    *,
    resource_id: str | None = None,
    if_match: int | None = None,
) -> Stored:
    """Create a resource, or update the one with `resource_id`; raise Unprocessable with every issue found."""
    if resource_id:
        return update(services, caller, resource, resource_id, Expected(if_match)).stored
    return create(services, caller, resource).stored


def create(
    services: Services, caller: Caller, resource: wire.JsonObject, unless: Condition | None = None
) -> Written:
    """Create a resource; one that fits the condition `unless` is the answer instead of a new one."""
    _check_may_write(services, caller, resource, "c")
    with services.unit() as unit:
        if unless is not None:
            conditional.lock(services, unit, (unless,))
            found = conditional.match(services, unit, caller, unless)
            if found is not None:
                note_read(unit, caller, found)
                unit.commit()
                return Written(found, resource, "found")
        written = Written(write.create(services, unit, caller, resource), resource, "created")
        effects.follow(services, unit, caller, (written,))
        unit.commit()
    return written


def update(
    services: Services, caller: Caller, resource: wire.JsonObject, resource_id: str, expected: Expected
) -> Written:
    """Write the next version of the resource with this id, or the first one when nobody has it."""
    _check_may_write(services, caller, resource, "u", resource_id)
    with services.unit() as unit:
        written = write.revise(services, unit, caller, resource, resource_id, expected)
        effects.follow(services, unit, caller, (written,))
        unit.commit()
    return written


def update_matching(
    services: Services, caller: Caller, resource: wire.JsonObject, which: Condition, expected: Expected
) -> Written:
    """Update the resource a condition picks; create it when there is none."""
    _check_may_write(services, caller, resource, "u")
    with services.unit() as unit:
        conditional.lock(services, unit, (which,))
        target = target_of(services, unit, caller, resource, which)
        written = write.revise(services, unit, caller, resource, target, expected)
        effects.follow(services, unit, caller, (written,))
        unit.commit()
    return written


def target_of(
    services: Services, unit: Unit, caller: Caller, resource: wire.JsonObject, which: Condition
) -> str:
    """Return the id a conditional update writes to (https://hl7.org/fhir/R4/http.html#cond-update)."""
    given = str(resource.get("id", ""))
    found = conditional.match(services, unit, caller, which)
    if found is not None:
        if given and given != found.id:
            raise BadInput("The resource has another id than the one the condition picks.")
        return found.id
    if given:
        row = unit.records.current(which.type, given)
        if row is not None and not row.deleted:
            raise Conflict("The resource with this id does not fit the condition.")
    return given or services.ids.new()


def read(
    services: Services, caller: Caller, resource_type: str, resource_id: str, version: int | None = None
) -> Stored:
    """Return the current version of a resource, or the one asked for, and note who looked."""
    rules.check_can(caller, "read")
    rules.check_scope(caller, resource_type, "r")
    with services.unit() as unit:
        stored = read_in(services, unit, caller, (resource_type, resource_id), version)
        unit.commit()
    return stored


def read_in(
    services: Services,
    unit: Unit,
    caller: Caller,
    reference: tuple[str, str],
    version: int | None = None,
) -> Stored:
    """Return a version of a resource (type, id) inside a transaction, and note who looked."""
    records = unit.records
    row = records.current(*reference) if version is None else records.version(*reference, version)
    if row is not None:
        reach.check(services, unit, caller, row.owner_id, row.type)
    stored = sealing.open_resource(services, row)
    note_read(unit, caller, stored)
    return stored


def note_read(unit: Unit, caller: Caller, stored: Stored) -> None:
    """Note in the trail that somebody was shown a version."""
    reference = f"{stored.type}/{stored.id}"
    unit.audit.add(
        AuditEntry(caller, "read", owner_id=stored.owner_id, object_ref=reference, version=stored.version)
    )


def delete(
    services: Services,
    caller: Caller,
    resource_type: str,
    resource_id: str,
    expected: Expected | None = None,
) -> int:
    """Write a version without body, and return its number; a Patient that has data stays (409)."""
    _check_may_delete(services, caller, resource_type)
    with services.unit() as unit:
        return _remove(services, unit, caller, (resource_type, resource_id), expected).version


def delete_matching(services: Services, caller: Caller, which: Condition) -> int:
    """Delete the one resource a condition picks and return the version; 0 when there is none."""
    _check_may_delete(services, caller, which.type)
    with services.unit() as unit:
        conditional.lock(services, unit, (which,))
        found = conditional.match(services, unit, caller, which)
        if found is None:
            return 0
        return _remove(services, unit, caller, (which.type, found.id), None).version


def _remove(
    services: Services,
    unit: Unit,
    caller: Caller,
    reference: tuple[str, str],
    expected: Expected | None,
) -> Removed:
    gone = remove(services, unit, caller, reference, expected)
    if gone.now:
        effects.follow(services, unit, caller, (), ((gone.type, gone.owner_id),))
        unit.commit()
    return gone


def _check_may_delete(services: Services, caller: Caller, resource_type: str) -> None:
    rules.check_can(caller, "write")
    rules.check_scope(caller, resource_type, "d")
    reach.check_write(services, caller)


def _check_may_write(
    services: Services, caller: Caller, resource: wire.JsonObject, letter: str, resource_id: str = ""
) -> None:
    rules.check_can(caller, "write")
    rules.check_scope(caller, str(resource.get("resourceType")), letter)
    reach.check_write(services, caller)
    if resource_id and resource.get("id") != resource_id:
        raise BadInput("The id in the resource must be the id in the address.")
    write.check(services, resource)
