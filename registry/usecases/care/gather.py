"""Bring together what is known of one person: our own resources and every document received, each with its
source.
"""

from dataclasses import dataclass
from datetime import datetime

from fhir import bundle, treatment, wire
from fhir.treatment.model import Source, TreatmentRecord
from registry.domain.model import ReceivedDocument, SealedResource
from registry.errors import NotFound
from registry.ports import Services, Unit
from registry.usecases.care import sealing


@dataclass(frozen=True)
class OpenedDocument:
    """A received document with its exact bytes and what the reader made of it."""

    row: ReceivedDocument
    body: bytes
    received: bundle.Received
    source: Source


@dataclass(frozen=True)
class Gathered:
    """The Patient, own resources with their source, opened documents (newest first), and this node's id."""

    patient: wire.JsonObject
    own: tuple[tuple[wire.JsonObject, Source], ...]
    documents: tuple[OpenedDocument, ...]
    node: str = ""

    def record(self) -> TreatmentRecord:
        """Read everything into one treatment record; the newest document of each partner speaks for it."""
        newest: dict[str, OpenedDocument] = {}
        for document in self.documents:
            newest.setdefault(document.row.partner, document)
        others = [
            (item.resolved, document.source)
            for document in newest.values()
            for item in document.received.resources
            if item.resource.get("resourceType") != "Patient"
        ]
        return treatment.read([*self.own, *others], self.node)


def document_place(document_id: str, column: str) -> tuple[str, str, str, int]:
    """Return the envelope's place of a received document's column (`body` or `findings`)."""
    return ("received_document", document_id, column, 1)


def gather(services: Services, unit: Unit, owner_id: str, as_of: datetime | None = None) -> Gathered:
    """Open everything about a person, or what was stored at a moment; raise NotFound when there is nobody."""
    if unit.people.get(owner_id) is None:
        raise NotFound("There is no such person in this registry.")
    own_name = services.node.name
    patient: wire.JsonObject = {"resourceType": "Patient", "id": owner_id}
    own: list[tuple[wire.JsonObject, Source]] = []
    for row in _rows(unit, owner_id, as_of):
        stored = sealing.open_resource(services, row)
        resource = wire.parse(stored.body)
        if stored.type == "Patient":
            patient = resource
        own.append((resource, Source("own", own_name, stored.updated, f"{stored.type}/{stored.id}")))
    received = [row for row in unit.documents.of(owner_id) if as_of is None or row.received <= as_of]
    documents = tuple(_open(services, row) for row in received)
    return Gathered(patient, tuple(own), documents, services.node.code)


def _rows(unit: Unit, owner_id: str, as_of: datetime | None) -> list[SealedResource]:
    """Return the current versions, or those that were current at a moment."""
    if as_of is None:
        return unit.records.of_owner(owner_id)
    then: dict[tuple[str, str], SealedResource] = {}
    for row in unit.records.history_of_owner(owner_id):
        if row.updated <= as_of:
            then[row.type, row.id] = row
    return [row for row in then.values() if not row.deleted]


def _open(services: Services, row: ReceivedDocument) -> OpenedDocument:
    body = services.vault.open(row.owner_id, document_place(row.id, "body"), row.body)
    policy = services.node.partner(row.partner)
    kind = "partner" if policy and policy.kind == "puente" else "document"
    name = policy.name if policy else row.partner
    source = Source("partner" if kind == "partner" else "document", name, row.received, f"document/{row.id}")
    return OpenedDocument(row, body, bundle.read(body), source)
