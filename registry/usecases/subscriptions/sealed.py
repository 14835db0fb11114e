"""The Subscription resource itself, sealed and versioned like others; the queue reads the row beside it."""

from dataclasses import dataclass, replace

from fhir import wire
from fhir.subscription import backport, terms
from registry.domain.model import (
    NODE_OWNER,
    AuditEntry,
    Caller,
    SealedResource,
    Stored,
    Subscription,
)
from registry.errors import NotFound, VersionConflict
from registry.ports import Services, Unit
from registry.usecases.care.record import sealing

TYPE = "Subscription"
# Kept under a name that is no type of FHIR: what reads, changes and exports resources by type, for everybody
# who may see such a type, must not reach the address and the secret of a partner.
KEPT_AS = "partner-subscription"
ABSENT = "There is no such resource."


@dataclass(frozen=True)
class Opened:
    """A subscription's row, its resource with headers, and what that asks for."""

    row: Subscription
    resource: wire.JsonObject
    version: int

    @property
    def terms(self) -> terms.Terms:
        """Return what is asked for; its status is the partner's wish, not the state."""
        return terms.read({**self.resource, "status": "requested"})


def locked(unit: Unit, subscription_id: str) -> Subscription | None:
    """Return a subscription that nobody else changes until this unit ends; None when it is deleted."""
    unit.lock([subscription_id.encode()])
    found = unit.subscriptions.get(subscription_id)
    return None if found is None or found.deleted else found


def own(unit: Unit, caller: Caller, subscription_id: str) -> Subscription:
    """Return a subscription of the caller's own, locked; raise NotFound for all others alike."""
    found = locked(unit, subscription_id)
    if found is None or found.client != caller.organization:
        raise NotFound(ABSENT)
    return found


def current(unit: Unit, row: Subscription) -> SealedResource | None:
    """Return the newest version of a subscription's resource, sealed."""
    return unit.records.current(KEPT_AS, row.id)


def opened(services: Services, unit: Unit, row: Subscription) -> Opened:
    """Return the resource of a row with its headers."""
    stored = sealing.open_resource(services, current(unit, row))
    return Opened(row, wire.parse(stored.body), stored.version)


def shown(services: Services, unit: Unit, row: Subscription, version: int | None = None) -> Stored:
    """Return the newest version of the resource, or the one asked for, as its partner reads it: without
    headers.
    """
    found = current(unit, row) if version is None else unit.records.version(KEPT_AS, row.id, version)
    stored = sealing.open_resource(services, found)
    return replace(stored, type=TYPE, body=wire.canonical(terms.shown(wire.parse(stored.body))))


def write(
    services: Services, unit: Unit, caller: Caller, row: Subscription, resource: wire.JsonObject
) -> Stored:
    """Write the next version of the resource with the state of its row; return it as it is read."""
    known = current(unit, row)
    version = known.version + 1 if known else 1
    told = {name: value for name, value in resource.items() if name != "error"}
    told |= {"status": row.state, "meta": {"profile": [backport.PROFILE]}}
    if row.error:
        told["error"] = row.error
    now = unit.now()
    body = wire.canonical(wire.with_identity(told, row.id, str(version), now))
    stored = Stored(KEPT_AS, row.id, version, NODE_OWNER, now, body)
    _add(unit, caller, sealing.seal_resource(services, unit, stored))
    return replace(stored, type=TYPE, body=wire.canonical(terms.shown(wire.parse(body))))


def remove(unit: Unit, caller: Caller, row: Subscription) -> int:
    """Write a version without a body; return its number."""
    known = current(unit, row)
    if known is None:
        raise NotFound(ABSENT)
    gone = replace(known, version=known.version + 1, updated=unit.now(), deleted=True, body=b"")
    _add(unit, caller, gone)
    return gone.version


def check_version(unit: Unit, row: Subscription, if_match: int | None) -> None:
    """Raise VersionConflict when the caller has seen another version."""
    known = current(unit, row)
    if if_match is not None and (known is None or known.version != if_match):
        raise VersionConflict("Somebody wrote a newer version of this resource. Read it again first.")


def change(
    services: Services, unit: Unit, caller: Caller, row: Subscription, state: backport.State, error: str = ""
) -> Subscription:
    """Move a subscription to a state, in its row and in its resource."""
    before = opened(services, unit, row)
    changed = replace(row, state=state, error=error)
    unit.subscriptions.put(changed)
    write(services, unit, caller, changed, before.resource)
    return changed


def _add(unit: Unit, caller: Caller, sealed: SealedResource) -> None:
    action = "delete" if sealed.deleted else "create" if sealed.version == 1 else "update"
    entry = AuditEntry(
        caller,
        action,
        owner_id=sealed.owner_id,
        object_ref=f"{KEPT_AS}/{sealed.id}",
        version=sealed.version,
        body_digest=sealing.digest(sealed.body),
    )
    unit.records.add(sealed, entry)
