"""Patch a resource: change its newest version by instructions (https://hl7.org/fhir/R4/http.html#patch)."""

import base64
import binascii
from collections.abc import Callable

from fhir import patch, wire
from registry.domain.access import rules
from registry.domain.model import Caller
from registry.errors import BadInput, NotFound, Unprocessable
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.record import conditional, effects, sealing, write
from registry.usecases.care.record.conditional import Condition
from registry.usecases.care.record.write import Expected, Written

Change = Callable[[wire.JsonObject], wire.JsonObject]
JSON_PATCH = "application/json-patch+json"


def by_json_patch(data: bytes, limit: int) -> Change:
    """Return the change that a JSON Patch document makes."""
    try:
        operations = wire.parse_list(data, limit)
    except wire.BadJson as error:
        raise BadInput(error.issue.text, (error.issue,)) from None
    return lambda resource: _changed(lambda: patch.changed_by_operations(resource, operations))


def by_parameters(parameters: wire.JsonObject) -> Change:
    """Return the change that a Parameters resource (FHIRPath Patch) makes."""
    if parameters.get("resourceType") != "Parameters":
        raise BadInput("A patch in FHIR JSON is a Parameters resource.")
    return lambda resource: _changed(lambda: patch.changed_by_parameters(resource, parameters))


def of_entry(resource: wire.JsonObject, limit: int) -> Change:
    """Return the change of a Bundle entry: Parameters, or a Binary with a JSON Patch document."""
    if resource.get("resourceType") != "Binary":
        return by_parameters(resource)
    return by_json_patch(json_patch_of(resource), limit)


def json_patch_of(resource: wire.JsonObject) -> bytes:
    """Return the JSON Patch document in a Binary."""
    if str(resource.get("contentType", "")).partition(";")[0].strip() != JSON_PATCH:
        raise BadInput(f"The Binary of a PATCH entry has contentType {JSON_PATCH}.")
    try:
        return base64.b64decode(str(resource.get("data", "")), validate=True)
    except binascii.Error:
        raise BadInput("The data of a Binary is base64.") from None


def _changed(change: Callable[[], wire.JsonObject]) -> wire.JsonObject:
    try:
        return change()
    except patch.BadPatch as error:
        kind = Unprocessable if error.failed else BadInput
        raise kind(error.issue.text, (error.issue,)) from None


def apply(
    services: Services,
    caller: Caller,
    which: tuple[str, str] | Condition,
    change: Change,
    expected: Expected,
) -> Written:
    """Patch the resource of an id, or the one a condition picks; the result is checked like an update."""
    rules.check_can(caller, "write")
    resource_type = which.type if isinstance(which, Condition) else which[0]
    rules.check_scope(caller, resource_type, "u")
    reach.check_write(services, caller)
    with services.unit() as unit:
        if isinstance(which, Condition):
            conditional.lock(services, unit, (which,))
            picked = conditional.match(services, unit, caller, which)
            if picked is None:
                raise NotFound("No resource fits the condition.")
            which = (resource_type, picked.id)
        written = in_unit(services, unit, caller, which, change, expected)
        effects.follow(services, unit, caller, (written,))
        unit.commit()
    return written


def in_unit(
    services: Services,
    unit: Unit,
    caller: Caller,
    reference: tuple[str, str],
    change: Change,
    expected: Expected,
) -> Written:
    """Patch one resource (type, id); what changes nothing writes no version."""
    row = unit.records.current(*reference)
    stored = sealing.open_resource(services, row)
    expected.check(row)
    changed = change(wire.parse(stored.body, limit=len(stored.body)))
    write.check(services, changed)
    return write.revise(services, unit, caller, changed, reference[1], Expected(stored.version))
