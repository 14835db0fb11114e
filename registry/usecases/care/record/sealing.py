"""Resources between plain and sealed: who owns a resource, and where its envelope belongs."""

import hashlib

from fhir import wire
from fhir.outcome import Issue
from registry.domain.model import INBOX_OWNER, NODE_OWNER, SealedResource, Stored
from registry.errors import Gone, NotFound, Unprocessable
from registry.ports import Services, Unit

DIRECTORY_OWNER = "directory"
# Keys of the node itself are found by these names: no person may share one.
SERVICE_OWNERS = frozenset({DIRECTORY_OWNER, INBOX_OWNER, NODE_OWNER})
DIRECTORY = frozenset(
    [
        "Endpoint",
        "HealthcareService",
        "Location",
        "Measure",
        "Medication",
        "Organization",
        "Practitioner",
        "PractitionerRole",
    ]
)
# Lists of people: they belong to nobody in it, and partners must not learn who is on them.
OF_THE_NODE = frozenset({"Group"})
# Sealed for the person they name; without one they are the node's own, which no other programme reads.
MAY_BE_OF_NOBODY = frozenset(
    [
        "Binary",
        "Composition",
        "Device",
        "DocumentReference",
        "Group",
        "List",
        "MeasureReport",
        "Provenance",
    ]
)
PATIENT_ELEMENTS = ("subject", "patient", "for", "beneficiary", "individual")


def place(resource_type: str, resource_id: str, version: int) -> tuple[str, str, str, int]:
    """Return (table, row, column, revision), which an envelope is bound to."""
    return ("fhir_resource", f"{resource_type}/{resource_id}", "body", version)


def seal_resource(services: Services, unit: Unit, stored: Stored) -> SealedResource:
    """Seal one version under its owner's key."""
    where = place(stored.type, stored.id, stored.version)
    body = services.vault.seal(stored.owner_id, where, stored.body)
    return SealedResource(
        stored.type, stored.id, stored.version, stored.owner_id, stored.updated, False, body
    )


def open_resource(services: Services, row: SealedResource | None) -> Stored:
    """Open one version; raise NotFound or Gone when there is nothing to open."""
    if row is None:
        raise NotFound("There is no such resource.")
    if row.deleted:
        raise Gone("This resource has been deleted.")
    body = services.vault.open(row.owner_id, place(row.type, row.id, row.version), row.body)
    return Stored(row.type, row.id, row.version, row.owner_id, row.updated, body)


def digest(sealed: bytes) -> str:
    """Return the SHA-256 of a sealed body (empty when deleted), which the audit row of a write carries."""
    return hashlib.sha256(sealed).hexdigest()


def patient_reference(resource: wire.JsonObject) -> str:
    """Return the id in the resource's reference to a Patient of this node, or an empty string."""
    for element in PATIENT_ELEMENTS:
        value = resource.get(element)
        if isinstance(value, dict) and isinstance(reference := value.get("reference"), str):
            kind, _, rest = reference.partition("/")
            if kind == "Patient" and rest:
                return rest.split("/")[0]
    participants = resource.get("participant")
    if isinstance(participants, list):
        for participant in participants:
            if isinstance(participant, dict) and (
                found := patient_reference({"subject": participant.get("actor")})
            ):
                return found
    return ""


def owner_of(unit: Unit, resource: wire.JsonObject, resource_id: str, known: set[str] | None = None) -> str:
    """Return whose key seals the resource; raise Unprocessable when its patient is not of this node.

    `known` remembers the patients this unit has found already.
    """
    resource_type = str(resource["resourceType"])
    if resource_type == "Patient":
        return resource_id
    if resource_type in DIRECTORY:
        return DIRECTORY_OWNER
    if resource_type in OF_THE_NODE:
        return NODE_OWNER
    owner = patient_reference(resource)
    if not owner and resource_type in MAY_BE_OF_NOBODY:
        return _owner_of_targets(unit, resource)
    if known is not None and owner in known:
        return owner
    patient = unit.records.current("Patient", owner) if owner else None
    if patient is None or patient.deleted:
        path = f"{resource_type}.subject"
        text = "The resource must refer to a Patient of this server as Patient/[id]."
        raise Unprocessable(text, (Issue("error", "business-rule", path, "patient-of-this-node", text),))
    if known is not None:
        known.add(owner)
    return owner


def _owner_of_targets(unit: Unit, resource: wire.JsonObject) -> str:
    """Return the one person whose resources a Provenance or Binary is about, else the node itself."""
    secured = resource.get("securityContext")
    targets = [secured] if secured else resource.get("target", ())
    if resource["resourceType"] not in ("Binary", "Provenance") or not isinstance(targets, list):
        return NODE_OWNER
    owners = set()
    for target in targets:
        reference = target.get("reference") if isinstance(target, dict) else None
        kind, _, rest = str(reference or "").partition("/")
        row = unit.records.current(kind, rest.partition("/")[0]) if rest else None
        if row is not None and row.owner_id not in SERVICE_OWNERS:
            owners.add(row.owner_id)
        elif secured:
            path = "Binary.securityContext"
            text = "The security context must be a resource of a Patient of this server."
            raise Unprocessable(text, (Issue("error", "business-rule", path, "patient-of-this-node", text),))
    return owners.pop() if len(owners) == 1 else NODE_OWNER
