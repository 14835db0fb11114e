"""Who carries a document: by exact identifier, within a caller's reach; the opened record decides."""

from contextlib import suppress

from fhir import wire
from registry.domain.model import Caller, SearchToken, Stored
from registry.errors import Unreadable
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.people.lookup import document_tokens
from registry.usecases.care.record import sealing

MOST = 20


def split(identifier: str) -> tuple[str, str]:
    """Return system (empty: any) and value of a token `system|value` or `value`."""
    system, mark, value = identifier.rpartition("|")
    return (system, value) if mark else ("", identifier)


def people(services: Services, unit: Unit, caller: Caller, identifier: str) -> dict[str, wire.JsonObject]:
    """Return the Patients by id that carry a document given as `system|value` or `value`.

    Confirmed people only, unless none is: a provisional one carries what some document said.
    """
    token = _token(services, identifier)
    owners = unit.people.any_of([token], MOST) if token else []
    within = reach.visible(services, unit, caller, owners, "Patient")
    found = {
        owner: carrier
        for owner in owners
        if owner in within and (carrier := _carrier(services, unit, owner, token)) is not None
    }
    confirmed = {owner: carrier for owner, carrier in found.items() if _is_confirmed(unit, owner)}
    return confirmed or found


def one(services: Services, unit: Unit, caller: Caller, identifier: str) -> str:
    """Return the id of the only person that carries a document, or an empty text."""
    found = people(services, unit, caller, identifier)
    return next(iter(found)) if len(found) == 1 else ""


def _token(services: Services, identifier: str) -> SearchToken | None:
    system, value = split(identifier)
    tokens = services.index.identifiers(system, value) if value else []
    return (tokens[0] if system else tokens[-1]) if tokens else None


def _carrier(services: Services, unit: Unit, owner: str, token: SearchToken | None) -> wire.JsonObject | None:
    stored = patient(services, unit, owner)
    if stored is None:
        return None
    found = wire.parse(stored.body)
    return found if token in document_tokens(services, found) else None


def patient(services: Services, unit: Unit, owner: str) -> Stored | None:
    """Return the current Patient of a person; None when it was deleted or the person was erased."""
    row = unit.records.current("Patient", owner)
    if row is None or row.deleted:
        return None
    with suppress(Unreadable):
        return sealing.open_resource(services, row)
    return None


def _is_confirmed(unit: Unit, owner: str) -> bool:
    person = unit.people.get(owner)
    return person is not None and not person.provisional
