"""Bring together what is known of one person: our own resources and every document received, each with its
source.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from fhir import bundle, treatment, wire
from fhir.treatment.model import Source, TreatmentRecord
from registry.domain.model import ReceivedDocument, SealedResource
from registry.errors import NotFound
from registry.ports import Services, Unit
from registry.usecases.care.record import sealing

# The finding of a document whose person is not the one it was sent for.
CONTRADICTION = "match-contradiction"


@dataclass(frozen=True)
class OpenedDocument:
    """A received document with its exact bytes and what the reader made of it."""

    row: ReceivedDocument
    body: bytes
    received: bundle.Received
    source: Source

    @property
    def is_summary(self) -> bool:
        """Tell whether it is a whole document, which replaces the one its partner sent before."""
        return self.received.kind == "document"


@dataclass(frozen=True)
class Gathered:
    """The Patient, own resources with their source, and this node's id.

    `received` lists every document, newest first; `documents` are those that may still say something, opened:
    none that is in question.
    """

    patient: wire.JsonObject
    own: tuple[tuple[wire.JsonObject, Source], ...]
    documents: tuple[OpenedDocument, ...]
    node: str = ""
    received: tuple[tuple[ReceivedDocument, Source], ...] = ()

    def record(self) -> TreatmentRecord:
        """Read everything into one treatment record."""
        others = [
            (item.resolved, document.source)
            for document, items in still_said(self.documents)
            for item in items
            if item.resource.get("resourceType") != "Patient"
        ]
        return treatment.read([*self.own, *others], self.node)


def still_said(
    documents: Iterable[OpenedDocument],
) -> Iterator[tuple[OpenedDocument, list[bundle.ReadResource]]]:
    """Yield documents, newest first, with what each still says.

    A newer summary replaces the older ones of its partner, a newer resource the older one of the same id;
    everything else adds up: a laboratory's second result does not take back the allergy sent before it.
    """
    summarised: set[str] = set()
    told: set[tuple[str, str, str]] = set()
    for document in documents:
        partner = document.row.partner
        if document.is_summary and partner in summarised:
            continue
        if document.is_summary:
            summarised.add(partner)
        named = [
            (partner, item.type, str(item.resource.get("id") or "")) for item in document.received.resources
        ]
        kept = zip(document.received.resources, named, strict=True)
        yield document, [item for item, name in kept if not name[2] or name not in told]
        told.update(named)


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
    received = tuple(
        (row, _source(services, row))
        for row in unit.documents.of(owner_id)
        if as_of is None or row.received <= as_of
    )
    clear = [each for each in received if not in_question(services, each[0], as_of)]
    documents = tuple(_open(services, row, source) for row, source in _heard(clear))
    return Gathered(patient, tuple(own), documents, services.node.code, received)


def in_question(services: Services, row: ReceivedDocument, as_of: datetime | None = None) -> bool:
    """Tell whether a document speaks against its being about this person, and nobody has looked yet."""
    if row.reviewed is not None and (as_of is None or row.reviewed <= as_of):
        return False
    if not row.findings:
        return False
    opened = services.vault.open(row.owner_id, document_place(row.id, "findings"), row.findings)
    return any(rule == CONTRADICTION for _, _, _, rule, _ in json.loads(opened))


def _heard(
    received: Iterable[tuple[ReceivedDocument, Source]],
) -> Iterator[tuple[ReceivedDocument, Source]]:
    """Yield what has to be opened: of another node, whose messages are whole summaries, only the newest."""
    answered: set[str] = set()
    for row, source in received:
        if source.kind == "partner" and row.partner in answered:
            continue
        answered.add(row.partner)
        yield row, source


def _rows(unit: Unit, owner_id: str, as_of: datetime | None) -> list[SealedResource]:
    """Return the current versions, or those that were current at a moment."""
    if as_of is None:
        return unit.records.of_owner(owner_id)
    then: dict[tuple[str, str], SealedResource] = {}
    for row in unit.records.history_of_owner(owner_id):
        if row.updated <= as_of:
            then[row.type, row.id] = row
    return [row for row in then.values() if not row.deleted]


def _source(services: Services, row: ReceivedDocument) -> Source:
    policy = services.node.partner(row.partner)
    name = policy.name if policy else row.partner
    if policy and policy.kind == "puente":
        return Source("partner", name, row.received, f"document/{row.id}")
    return Source("document", name, row.received, f"document/{row.id}")


def _open(services: Services, row: ReceivedDocument, source: Source) -> OpenedDocument:
    body = services.vault.open(row.owner_id, document_place(row.id, "body"), row.body)
    return OpenedDocument(row, body, bundle.read(body), source)
