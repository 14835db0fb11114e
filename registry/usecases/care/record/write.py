"""The one path by which a resource version is written, whatever asked for it."""

from collections.abc import Sequence

from fhir import profiles, wire
from fhir.outcome import Issue, has_errors
from registry.domain.model import AuditEntry, Caller, Person, SealedResource, SearchToken, Stored
from registry.errors import BadInput, Conflict, NotFound, Unprocessable, VersionConflict
from registry.ports import Services, Unit
from registry.usecases.care.record import sealing

MOVES_CARE_STATE = frozenset({"MedicationDispense", "Appointment", "Task", "Coverage", "Patient"})
NEVER_WRITTEN = frozenset({"AuditEvent", "Bundle", "CapabilityStatement", "OperationOutcome"})


def check(services: Services, resource: wire.JsonObject) -> None:
    """Raise Unprocessable with every issue that stops a write."""
    if resource.get("resourceType") in NEVER_WRITTEN:
        raise BadInput("Resources of this type are not created here.")
    found = [*profiles.issues(resource), *_care_rules(services, resource)]
    if has_errors(found):
        raise Unprocessable("The resource breaks rules of the standard.", found)


def _care_rules(services: Services, resource: wire.JsonObject) -> list[Issue]:
    """Return what the standard allows and care does not: a dispense in the future."""
    handed_over = resource.get("whenHandedOver")
    if resource.get("resourceType") != "MedicationDispense" or not isinstance(handed_over, str):
        return []
    if handed_over[:10] <= services.today().isoformat():
        return []
    text = "A dispense cannot be handed over on a day that has not come yet."
    return [
        Issue("error", "business-rule", "MedicationDispense.whenHandedOver", "dispense-not-in-future", text)
    ]


def create(
    services: Services, unit: Unit, caller: Caller, resource: wire.JsonObject, resource_id: str = ""
) -> Stored:
    """Write version 1 of a checked resource under a new id (or the one given)."""
    new_id = resource_id or services.ids.new()
    if resource["resourceType"] == "Patient":
        person = Person(new_id, provisional=False, created=unit.now())
        return create_person(services, unit, caller, resource, person)
    owner = sealing.owner_of(unit, resource, new_id)
    return _put(services, unit, caller, resource, (new_id, owner, 1))


def create_all(
    services: Services, unit: Unit, caller: Caller, new: Sequence[tuple[wire.JsonObject, str]]
) -> list[Stored]:
    """Write version 1 of many checked resources, none of them a Patient, under the ids given."""
    known: set[str] = set()
    versions = []
    for resource, resource_id in new:
        owner = sealing.owner_of(unit, resource, resource_id, known)
        versions.append(_version(services, unit, caller, resource, (resource_id, owner, 1)))
    unit.records.add_first([(sealed, entry) for _, sealed, entry in versions])
    return [stored for stored, _, _ in versions]


def create_person(
    services: Services, unit: Unit, caller: Caller, patient: wire.JsonObject, person: Person
) -> Stored:
    """Write a checked Patient together with the person it stands for (provisional or not)."""
    if person.id in sealing.SERVICE_OWNERS:
        raise BadInput("A Patient cannot have this id: the node uses it itself.")
    unit.people.add(person)
    return _put(services, unit, caller, patient, (person.id, person.id, 1))


def put(
    services: Services,
    unit: Unit,
    caller: Caller,
    resource: wire.JsonObject,
    resource_id: str,
    if_match: int | None = None,
) -> Stored:
    """Update the resource with this id, or create it under this id when nobody has it yet (update as
    create).
    """
    known = unit.records.current(str(resource["resourceType"]), resource_id)
    if known is None and if_match is None:
        return create(services, unit, caller, resource, resource_id)
    return update(services, unit, caller, resource, resource_id, if_match)


def update(
    services: Services,
    unit: Unit,
    caller: Caller,
    resource: wire.JsonObject,
    resource_id: str,
    if_match: int | None = None,
) -> Stored:
    """Write the next version of a stored resource; `if_match` is the version the caller has seen."""
    resource_type = str(resource["resourceType"])
    row = unit.records.current(resource_type, resource_id)
    if row is None:
        raise NotFound("There is no such resource to update.")
    if if_match is not None and if_match != row.version:
        raise VersionConflict("Somebody wrote a newer version of this resource. Read it again first.")
    owner = sealing.owner_of(unit, resource, resource_id)
    if owner != row.owner_id:
        raise Conflict("A resource cannot move to another patient.")
    return _put(services, unit, caller, resource, (resource_id, owner, row.version + 1))


def _put(
    services: Services, unit: Unit, caller: Caller, resource: wire.JsonObject, identity: tuple[str, str, int]
) -> Stored:
    stored, sealed, entry = _version(services, unit, caller, resource, identity)
    unit.records.add(sealed, entry)
    if stored.type == "Patient":
        tokens = patient_tokens(services, resource)
        unit.people.index(stored.owner_id, (stored.type, stored.id), tokens)
    return stored


def _version(
    services: Services, unit: Unit, caller: Caller, resource: wire.JsonObject, identity: tuple[str, str, int]
) -> tuple[Stored, SealedResource, AuditEntry]:
    """Return one version plain and sealed, and the audit entry of its write."""
    resource_id, owner, version = identity
    resource_type = str(resource["resourceType"])
    updated = unit.now()
    body = wire.canonical(wire.with_identity(resource, resource_id, str(version), updated))
    stored = Stored(resource_type, resource_id, version, owner, updated, body)
    sealed = sealing.seal_resource(services, unit, stored)
    entry = AuditEntry(
        caller,
        action="create" if version == 1 else "update",
        owner_id=owner,
        object_ref=f"{resource_type}/{resource_id}",
        version=version,
        body_digest=sealing.digest(sealed.body),
    )
    return stored, sealed, entry


def patient_tokens(services: Services, resource: wire.JsonObject) -> list[SearchToken]:
    """Return every search token of a Patient: identifiers, names, full birth date."""
    tokens: list[SearchToken] = []
    for identifier in resource.get("identifier", ()):
        if value := identifier.get("value"):
            tokens += services.index.identifiers(str(identifier.get("system", "")), str(value))
    for name in resource.get("name", ()):
        words = " ".join([*name.get("given", ()), str(name.get("family", "")), str(name.get("text", ""))])
        tokens += services.index.names(words)
    tokens += services.index.birth_date(str(resource.get("birthDate", "")))
    return list(dict.fromkeys(tokens))
