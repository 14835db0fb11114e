"""The partner door for plain FHIR, and the keeping of every document received by whatever way.

A document is kept as received, sealed; what can be read is shown with its findings; a person who is not known
becomes provisional and is shown as such (contract of the partner door).
"""

import hashlib
import json
from dataclasses import dataclass

from fhir import bundle, wire
from fhir.outcome import Issue
from registry.domain.access import rules
from registry.domain.model import (
    INBOX_OWNER,
    Alias,
    AuditEntry,
    Caller,
    InboxItem,
    InboxState,
    Person,
    ReceivedDocument,
)
from registry.errors import BadInput
from registry.ports import Services, Unit
from registry.usecases.care.chart.gather import CONTRADICTION, document_place
from registry.usecases.care.people import person_view
from registry.usecases.care.record import care_state, write
from registry.usecases.exchange.receiving import likeness, readable
from registry.usecases.exchange.receiving.hints import hints
from registry.usecases.exchange.receiving.match import identifier_tokens, match
from registry.usecases.subscriptions import events

Result = tuple[InboxState, str, tuple[Issue, ...]]


@dataclass(frozen=True)
class DoorAnswer:
    """Where to ask about a document that was taken in; `repeated` when the same bytes came before."""

    inbox_id: str
    repeated: bool


@dataclass(frozen=True)
class DoorStatus:
    """What has become of a document: state, person, findings, and how many resources of each group a page
    shows.
    """

    state: InboxState
    document_id: str
    person_id: str
    findings: tuple[Issue, ...]
    seen: dict[str, int]


def accept_document(services: Services, caller: Caller, data: bytes, resource_type: str) -> DoorAnswer:
    """Seal and store a Bundle or single resource of a partner; raise BadInput when it is not FHIR JSON at
    all.
    """
    rules.check_can(caller, "receive")
    rules.check_scope(caller, resource_type, "c")
    try:
        resource = wire.parse(data, services.settings.message_limit)
    except wire.BadJson as error:
        raise BadInput("The body is not acceptable FHIR JSON.", (error.issue,)) from None
    if resource.get("resourceType") != resource_type:
        raise BadInput(f"The body must be a {resource_type}.")
    digest = hashlib.sha256(data).hexdigest()
    item_id = services.ids.new()
    with services.unit() as unit:
        item = InboxItem(
            id=item_id,
            partner=caller.organization,
            msg_id=f"sha256:{digest}",
            kind="fhir",
            seq=0,
            alias="",
            digest=digest,
            state="received",
            received=unit.now(),
            body=services.vault.seal(INBOX_OWNER, ("inbox", item_id, "body", 1), data),
        )
        known = unit.inbox.add(item)
        reference = f"document/{known.id if known else item_id}"
        unit.audit.add(AuditEntry(caller, "receive", object_ref=reference, details=(("digest", digest),)))
        if known is None:
            unit.wake("exchange.process", item_id)
        unit.commit()
    return DoorAnswer(known.id if known else item_id, known is not None)


def process(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    """Keep a door document and put it before a person."""
    state, owner, findings = keep(services, unit, caller, item, plain)
    return ("review" if state == "processed" else state), owner, findings


def keep(services: Services, unit: Unit, caller: Caller, item: InboxItem, plain: bytes) -> Result:
    """Store a document under its person (known alias, exact identifier, or a new provisional person)."""
    try:
        received = bundle.read(plain)
    except wire.BadJson as error:
        return "rejected", "", (error.issue,)
    findings = (*received.findings, *hints(services, received))
    owner = unit.aliases.owner(item.partner, item.alias) if item.alias else None
    more: tuple[Issue, ...] = ()
    if owner is None:
        owner, more = _person(services, unit, caller, item, received.patient)
        if item.alias:
            unit.aliases.add(Alias(item.partner, owner, item.alias, "them"))
    unit.lock([owner.encode()])
    more = (*more, *_against(services, unit, owner, received.patient or {}))
    findings = (*findings, *more)
    _store(services, unit, item, owner, plain, findings)
    if not more:
        events.document_counts(services, unit, owner)
    care_state.refresh(services, unit, owner)
    return ("review" if more else "processed"), owner, findings


def keep_for(services: Services, unit: Unit, item: InboxItem, owner: str, plain: bytes) -> tuple[Issue, ...]:
    """Store a document under a person who is known already; return what was found. BadJson: it is none."""
    received = bundle.read(plain)
    against = _against(services, unit, owner, received.patient or {})
    findings = (*received.findings, *hints(services, received), *against)
    _store(services, unit, item, owner, plain, findings)
    care_state.refresh(services, unit, owner)
    return findings


def _against(services: Services, unit: Unit, owner: str, patient: wire.JsonObject) -> tuple[Issue, ...]:
    """Say what in a document speaks against its being about this person, whoever the partner says it is.

    Such a document is kept and shown, but says nothing in the chart before somebody has looked.
    """
    ours = person_view.patient_of(services, unit, owner)
    compared = (
        ("birthDate", "birth date", likeness.of_birth(ours, patient)),
        ("gender", "sex", likeness.of_sex(ours, patient)),
        ("name", "name", likeness.of_name(services, ours, patient)),
    )
    return tuple(
        Issue(
            "warning",
            "business-rule",
            f"Patient.{element}",
            CONTRADICTION,
            f"The {word} in this document is not the one of the person it was sent for.",
        )
        for element, word, agreement in compared
        if agreement == "other"
    )


def _person(
    services: Services, unit: Unit, caller: Caller, item: InboxItem, patient: wire.JsonObject | None
) -> tuple[str, tuple[Issue, ...]]:
    tokens = _lock_values(services, patient)
    unit.lock(tokens)
    found = match(services, unit, patient or {})
    if found.kind == "one":
        return found.owner_id, ()
    text = {
        "none": "Nobody here carries these identifiers: kept as a provisional person to be confirmed.",
        "unclear": "More than one person could be meant: kept as a provisional person to be decided.",
    }[found.kind]
    owner = _provisional(services, unit, caller, item, patient or {})
    return owner, (Issue("information", "informational", "Patient", f"match-{found.kind}", text),)


def _lock_values(services: Services, patient: wire.JsonObject | None) -> list[bytes]:
    return [token.value for token in identifier_tokens(services, patient or {})]


def _provisional(
    services: Services, unit: Unit, caller: Caller, item: InboxItem, patient: wire.JsonObject
) -> str:
    """Create a Patient with what can be read; what cannot be stored as a valid Patient stays in the
    document.
    """
    owner = services.ids.new()
    person = Person(owner, provisional=True, created=unit.now(), origin_partner=item.partner)
    write.create_person(services, unit, caller, readable.patient(patient), person)
    return owner


def _store(
    services: Services, unit: Unit, item: InboxItem, owner: str, plain: bytes, findings: tuple[Issue, ...]
) -> None:
    document_id = item.id
    text = json.dumps([[i.severity, i.code, i.path, i.rule, i.text] for i in findings]).encode()
    unit.documents.add(
        ReceivedDocument(
            id=document_id,
            owner_id=owner,
            partner=item.partner,
            inbox_id=item.id,
            received=item.received,
            digest=item.digest,
            body=services.vault.seal(owner, document_place(document_id, "body"), plain),
            findings=services.vault.seal(owner, document_place(document_id, "findings"), text),
        )
    )
