"""Whom a submission is about: one Patient of this node, by reference, by identifier, or in the Bundle."""

from collections.abc import Iterator
from typing import Any

from fhir import wire
from fhir.documents.parts import Provided
from fhir.outcome import Issue
from registry.domain.model import Caller
from registry.errors import Unprocessable
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.matching import identified
from registry.usecases.exchange.receiving.match import match

_TEXT = "Every part of a submission names one and the same Patient of this node."


def person(services: Services, unit: Unit, caller: Caller, given: Provided) -> str:
    """Return the id of the person; raise Unprocessable when it is not exactly one within reach."""
    found: set[str] = set()
    for part in given.parts:
        if part.type not in ("DocumentReference", "List"):
            continue
        subject = part.resource.get("subject")
        if not isinstance(subject, dict):
            if part.type == "DocumentReference":
                raise _refused(f"{part.path}.subject")
            continue
        owner = _of(services, unit, caller, subject, given)
        if not owner or not reach.visible(services, unit, caller, (owner,), "Patient"):
            raise _refused(f"{part.path}.subject")
        found.add(owner)
    if len(found) != 1:
        raise _refused("Bundle")
    return found.pop()


def master_identifier(resource: wire.JsonObject) -> tuple[str, str]:
    """Return system and value of a document's own id."""
    named = resource.get("masterIdentifier")
    named = named if isinstance(named, dict) else {}
    return str(named.get("system", "")), str(named.get("value", ""))


def _of(services: Services, unit: Unit, caller: Caller, subject: dict[str, Any], given: Provided) -> str:
    reference = str(subject.get("reference", ""))
    for patient in given.patients:
        if reference and reference == patient.full_url:
            found = match(services, unit, patient.resource)
            return found.owner_id if found.kind == "one" else ""
    ours = f"{services.settings.base_url}/fhir/"
    kind, _, rest = reference.removeprefix(ours).partition("/")
    if kind == "Patient" and rest:
        row = unit.records.current("Patient", rest.partition("/")[0])
        return row.owner_id if row is not None and not row.deleted else ""
    return next(filter(None, (identified.one(services, unit, caller, name) for name in _names(subject))), "")


def _names(subject: dict[str, Any]) -> Iterator[str]:
    """Yield the identifier of a logical reference as `system|value`."""
    identifier = subject.get("identifier")
    if isinstance(identifier, dict) and identifier.get("system") and identifier.get("value"):
        yield f"{identifier['system']}|{identifier['value']}"


def _refused(path: str) -> Unprocessable:
    issue = Issue("error", "not-found", path, "patient-of-this-node", _TEXT)
    return Unprocessable(_TEXT, (issue,))
