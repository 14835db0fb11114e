"""List the documents of a person as DocumentReferences: those stored, and the summary that can be made.

Source: http://hl7.org/fhir/us/core/OperationDefinition/docref
"""

from dataclasses import dataclass

from fhir import wire
from fhir.care_dates import is_within
from fhir.documents import reference
from fhir.documents.reference import Said
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, ReceivedDocument
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.chart.gather import document_place
from registry.usecases.care.documents.retrieve import may_read
from registry.usecases.care.record import sealing


@dataclass(frozen=True)
class Asked:
    """Whose documents; care from `start` to `end` (FHIR dates; neither: the newest of each type), of these
    types (`system|code` or `code`); only those made on demand.
    """

    patient: str
    start: str = ""
    end: str = ""
    types: tuple[str, ...] = ()
    on_demand: bool = False


@dataclass(frozen=True)
class Listed:
    """One document: what is said about it as canonical bytes, and its id when it is stored so."""

    resource: bytes
    id: str = ""


def documents(services: Services, caller: Caller, asked: Asked) -> list[Listed]:
    """Return DocumentReferences, newest first, the summary on demand before all; nothing for nobody."""
    rules.check_can(caller, "read")
    rules.check_scope(caller, "DocumentReference", "r")
    with services.unit() as unit:
        person = unit.records.current("Patient", asked.patient)
        within = reach.visible(services, unit, caller, (asked.patient,), "DocumentReference")
        if person is None or person.deleted or asked.patient not in within:
            return []
        found = [] if asked.on_demand else _stored(services, unit, caller, asked)
        details = (("found", len(found)),)
        unit.audit.add(
            AuditEntry(caller, "list", "ok", asked.patient, f"Patient/{asked.patient}", details=details)
        )
        unit.commit()
    chosen = sorted(found, key=lambda pair: pair[0].date, reverse=True)
    if not (asked.start or asked.end):
        chosen = _newest(chosen)
    return [*_on_demand(services, asked), *(listed for _, listed in chosen)]


def _on_demand(services: Services, asked: Asked) -> list[Listed]:
    made = reference.on_demand(asked.patient, services.settings.base_url, services.clock.now())
    said = reference.said(made)
    return [Listed(wire.canonical(made))] if said.is_one_of(asked.types) else []


def _stored(services: Services, unit: Unit, caller: Caller, asked: Asked) -> list[tuple[Said, Listed]]:
    """Return DocumentReferences of the record, and one made for each document received otherwise."""
    found: list[tuple[Said, Listed]] = []
    told: set[str] = set()
    for row in unit.records.of_owner(asked.patient, ("DocumentReference",)):
        stored = sealing.open_resource(services, row)
        resource = wire.parse(stored.body)
        told |= reference.addresses(resource)
        if resource.get("status") == "current":
            found.append((reference.said(resource), Listed(stored.body, stored.id)))
    for document in unit.documents.of(asked.patient):
        names = {f"Bundle/{document.id}", f"Binary/{document.id}"}
        if not names & told and may_read(services, unit, caller, document):
            made = _received(services, document)
            found.append((reference.said(made), Listed(wire.canonical(made))))
    return [
        (said, listed)
        for said, listed in found
        if said.is_one_of(asked.types) and is_within(said.span, asked.start, asked.end)
    ]


def _received(services: Services, row: ReceivedDocument) -> wire.JsonObject:
    body = services.vault.open(row.owner_id, document_place(row.id, "body"), row.body)
    policy = services.node.partner(row.partner)
    sender = policy.name if policy else row.partner
    place = f"{services.settings.base_url}/fhir/Bundle/{row.id}"
    return reference.of_received(wire.parse(body), row.owner_id, (place, body), (sender, row.received))


def _newest(found: list[tuple[Said, Listed]]) -> list[tuple[Said, Listed]]:
    """Keep the first of each type."""
    kept: dict[tuple[str, ...], tuple[Said, Listed]] = {}
    for said, listed in found:
        kept.setdefault(said.types, (said, listed))
    return list(kept.values())
