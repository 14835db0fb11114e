"""The one path by which a resource version is written, whatever asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fhir import profiles, wire
from fhir.elements.views import SUBSETTED
from fhir.outcome import Issue, has_errors
from registry.domain.model import AuditEntry, Caller, Person, SealedResource, Stored
from registry.errors import BadInput, Conflict, NotFound, Unprocessable, VersionConflict
from registry.ports import Services, Unit
from registry.usecases.care.record import sealing
from registry.usecases.care.search import tokens
from registry.usecases.subscriptions import events

MOVES_CARE_STATE = frozenset({"MedicationDispense", "Appointment", "Task", "Coverage", "Patient"})
NEVER_WRITTEN = frozenset({"AuditEvent", "Bundle", "CapabilityStatement", "OperationOutcome", "Subscription"})
NOT_HERE = "Resources of this type are not created here."
NEWER = "Somebody wrote a newer version of this resource. Read it again first."


@dataclass(frozen=True)
class Expected:
    """What the caller knows of the stored version: its number, or that there is none (`absent`).

    With `required` an existing resource is changed only by somebody who says which version it has.
    """

    version: int | None = None
    absent: bool = False
    required: bool = False

    def check(self, row: SealedResource | None) -> None:
        """Raise VersionConflict (412), or BadInput when the version must be told and is not."""
        there = row is not None and not row.deleted
        if self.absent and there:
            raise VersionConflict("There is a resource at this address already.")
        if self.version is not None and (row is None or row.version != self.version):
            raise VersionConflict(NEWER)
        if self.required and self.version is None and there:
            raise BadInput(
                'Resources of this type change only with If-Match: W/"[version]" of what you read.'
            )


@dataclass(frozen=True)
class Written:
    """What became of a write: the newest version, what it was made from, and what was done."""

    stored: Stored
    resource: wire.JsonObject
    effect: Literal["created", "updated", "unchanged", "found"]

    @property
    def is_new_version(self) -> bool:
        """Tell whether a version was written."""
        return self.effect in ("created", "updated")


def check(services: Services, resource: wire.JsonObject) -> None:
    """Raise Unprocessable with every issue that stops a write."""
    if resource.get("resourceType") in NEVER_WRITTEN:
        raise BadInput(NOT_HERE)
    found = [*profiles.issues(resource), *care_issues(services, resource)]
    if has_errors(found):
        raise Unprocessable("The resource breaks rules of the standard.", found)


def care_issues(services: Services, resource: wire.JsonObject) -> list[Issue]:
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
    unit.shelves.add_tokens(
        [
            (stored.owner_id, (stored.type, stored.id), tokens.of(services, resource))
            for (resource, _), (stored, _, _) in zip(new, versions, strict=True)
        ]
    )
    for stored, _, _ in versions:
        events.written(services, unit, stored)
    return [stored for stored, _, _ in versions]


def import_all(
    services: Services, unit: Unit, caller: Caller, new: Sequence[tuple[wire.JsonObject, str, str]]
) -> list[Stored]:
    """Write version 1 of many checked resources of any type: (resource, id, owner), Patients first."""
    people = [
        Person(new_id, provisional=False, created=unit.now())
        for resource, new_id, _ in new
        if resource["resourceType"] == "Patient"
    ]
    unit.shelves.add_people(people)
    versions = [
        _version(services, unit, caller, resource, (new_id, owner, 1)) for resource, new_id, owner in new
    ]
    unit.records.add_first([(sealed, entry) for _, sealed, entry in versions])
    unit.shelves.add_tokens(
        [
            (owner, (str(resource["resourceType"]), new_id), tokens.of(services, resource))
            for resource, new_id, owner in new
        ]
    )
    return [stored for stored, _, _ in versions]


def create_person(
    services: Services, unit: Unit, caller: Caller, patient: wire.JsonObject, person: Person
) -> Stored:
    """Write a checked Patient together with the person it stands for (provisional or not)."""
    if person.id in sealing.SERVICE_OWNERS:
        raise BadInput("A Patient cannot have this id: the node uses it itself.")
    unit.people.add(person)
    return _put(services, unit, caller, patient, (person.id, person.id, 1))


def revise(
    services: Services,
    unit: Unit,
    caller: Caller,
    resource: wire.JsonObject,
    resource_id: str,
    expected: Expected,
) -> Written:
    """Write the next version of a resource, or the first one when nobody has this id (update as create).

    What is stored already is not written again, so that a repeated update leaves one version.
    """
    _check_whole(resource)
    row = unit.records.current(str(resource["resourceType"]), resource_id)
    expected.check(row)
    if row is None:
        return Written(create(services, unit, caller, resource, resource_id), resource, "created")
    owner = sealing.owner_of(unit, resource, resource_id)
    if owner != row.owner_id:
        raise Conflict("A resource cannot move to another patient.")
    if not row.deleted and (stored := _unchanged(services, unit, caller, resource, row)):
        return Written(stored, resource, "unchanged")
    stored = _put(services, unit, caller, resource, (resource_id, owner, row.version + 1))
    return Written(stored, resource, "created" if row.deleted else "updated")


def _check_whole(resource: wire.JsonObject) -> None:
    """Raise Unprocessable for a part of a resource that was asked for as one: the rest would be lost."""
    tags = resource.get("meta", {}).get("tag", ())
    if any(tag.get("code") == SUBSETTED["code"] and tag.get("system") == SUBSETTED["system"] for tag in tags):
        text = "This is a part of a resource (SUBSETTED): read it whole, change that and send it back."
        path = f"{resource['resourceType']}.meta.tag"
        raise Unprocessable(text, (Issue("error", "business-rule", path, "whole-resource", text),))


def _unchanged(
    services: Services, unit: Unit, caller: Caller, resource: wire.JsonObject, row: SealedResource
) -> Stored | None:
    """Return the stored version when the resource says the same, and note who wrote it again."""
    stored = sealing.open_resource(services, row)
    same = wire.canonical(wire.with_identity(resource, row.id, str(row.version), row.updated))
    if same != stored.body:
        return None
    reference = f"{row.type}/{row.id}"
    details = (("unchanged", 1),)
    unit.audit.add(
        AuditEntry(
            caller,
            "update",
            owner_id=row.owner_id,
            object_ref=reference,
            version=row.version,
            details=details,
        )
    )
    return stored


def update(
    services: Services,
    unit: Unit,
    caller: Caller,
    resource: wire.JsonObject,
    resource_id: str,
    if_match: int | None = None,
) -> Stored:
    """Write the next version of a stored resource; `if_match` is the version the caller has seen."""
    if unit.records.current(str(resource["resourceType"]), resource_id) is None:
        raise NotFound("There is no such resource to update.")
    return revise(services, unit, caller, resource, resource_id, Expected(if_match)).stored


def _put(
    services: Services, unit: Unit, caller: Caller, resource: wire.JsonObject, identity: tuple[str, str, int]
) -> Stored:
    stored, sealed, entry = _version(services, unit, caller, resource, identity)
    unit.records.add(sealed, entry)
    events.written(services, unit, stored)
    found = tokens.of(services, resource)
    if found or stored.version > 1:
        unit.people.index(stored.owner_id, (stored.type, stored.id), found)
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
