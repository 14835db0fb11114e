"""What came in and waits for a person's eyes: the list, one document with its findings, and the review."""

from dataclasses import dataclass
from datetime import datetime

from fhir import bundle
from fhir.outcome import Issue
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, InboxItem, InboxState
from registry.errors import Conflict, NotFound
from registry.ports import Services, Unit
from registry.usecases.care.chart.gather import document_place
from registry.usecases.care.people import person_view
from registry.usecases.care.record import care_state
from registry.usecases.exchange.receiving import describe, receive
from registry.usecases.exchange.receiving.door import DoorStatus
from registry.usecases.subscriptions import events

ALL_STATES: tuple[InboxState, ...] = (
    "received",
    "review",
    "processed",
    "rejected",
    "superseded",
    "duplicate",
)
DOCUMENTS = frozenset({"fhir", "summary"})


@dataclass(frozen=True)
class IncomingItem:
    """One line of the list."""

    id: str
    partner: str
    partner_name: str
    kind: str
    received: datetime
    state: InboxState
    person_id: str
    person_name: str
    provisional: bool
    errors: int
    warnings: int
    reviewed: bool


@dataclass(frozen=True)
class Section:
    """One group of the document; `key` is one of describe.SHOWN."""

    key: str
    rows: tuple[describe.Row, ...]


@dataclass(frozen=True)
class IncomingView:
    """One document: its line, its findings and everything that could be read."""

    item: IncomingItem
    findings: tuple[Issue, ...]
    sections: tuple[Section, ...]


def incoming(
    services: Services,
    caller: Caller,
    states: tuple[InboxState, ...] = ALL_STATES,
    limit: int = 50,
    after: datetime | None = None,
) -> list[IncomingItem]:
    """Return what came in, newest first; `after` continues a page at the last line's time."""
    rules.check_can(caller, "review")
    with services.unit() as unit:
        items = [
            _line(services, unit, item)
            for item in unit.inbox.listed(states, limit, after, without_kinds=("receipt",))
        ]
        unit.audit.add(AuditEntry(caller, "list-incoming", details=(("count", len(items)),)))
        unit.commit()
    return items


def open_incoming(services: Services, caller: Caller, inbox_id: str) -> IncomingView:
    """Open one received document with its findings."""
    rules.check_can(caller, "review")
    with services.unit() as unit:
        item = unit.inbox.get(inbox_id)
        if item is None:
            raise NotFound("There is no such message.")
        line = _line(services, unit, item)
        findings = receive.findings_of(services, item)
        sections = _sections(services, unit, item)
        unit.audit.add(AuditEntry(caller, "read", owner_id=item.owner_id, object_ref=f"document/{item.id}"))
        unit.commit()
    return IncomingView(line, findings, sections)


def status(services: Services, caller: Caller, inbox_id: str) -> DoorStatus:
    """Tell a partner what has become of its document: findings to act on, nothing about who it was matched
    to.
    """
    rules.check_can(caller, "receive")
    with services.unit() as unit:
        item = unit.inbox.get(inbox_id)
        if item is None or (caller.role == "partner" and item.partner != caller.organization):
            raise NotFound("There is no such document.")
        findings = tuple(i for i in receive.findings_of(services, item) if not i.rule.startswith("match-"))
        seen = {section.key: len(section.rows) for section in _sections(services, unit, item)}
        unit.audit.add(AuditEntry(caller, "read", object_ref=f"document/{item.id}"))
        unit.commit()
    person = item.owner_id if caller.role != "partner" else ""
    return DoorStatus(
        item.state, item.id, person, findings, {key: seen.get(key, 0) for key in describe.SHOWN}
    )


def mark_reviewed(services: Services, caller: Caller, inbox_id: str, confirm_person: bool = False) -> None:
    """Note that a person has looked; with `confirm_person` the provisional person becomes one of ours."""
    rules.check_can(caller, "review")
    with services.unit() as unit:
        item = unit.inbox.get(inbox_id)
        if item is None:
            raise NotFound("There is no such message.")
        if (item.kind, item.state) == ("request", "review"):
            raise Conflict("Answer the question or refuse it: the partner waits.")
        document = unit.documents.get(inbox_id)
        if document is not None:
            unit.documents.reviewed(inbox_id, caller.id)
            # What was in question counts from now on.
            care_state.refresh(services, unit, document.owner_id)
            if document.reviewed is None and item.state == "review":
                events.document_counts(services, unit, document.owner_id)
        if item.state == "review":
            unit.inbox.finish(inbox_id, "processed", item.owner_id, item.findings)
        if confirm_person and item.owner_id:
            unit.people.confirm(item.owner_id)
        details = (("confirmed", int(confirm_person)),)
        unit.audit.add(
            AuditEntry(caller, "review", "ok", item.owner_id, f"document/{inbox_id}", details=details)
        )
        unit.commit()


def _line(services: Services, unit: Unit, item: InboxItem) -> IncomingItem:
    policy = services.node.partner(item.partner)
    findings = receive.findings_of(services, item)
    person = unit.people.get(item.owner_id) if item.owner_id else None
    document = unit.documents.get(item.id) if item.kind in DOCUMENTS else None
    return IncomingItem(
        id=item.id,
        partner=item.partner,
        partner_name=policy.name if policy else item.partner,
        kind=item.kind,
        received=item.received,
        state=item.state,
        person_id=person.id if person else "",
        person_name=person_view.name_of(services, unit, person.id) if person else "",
        provisional=person.provisional if person else False,
        errors=sum(1 for issue in findings if issue.severity in ("error", "fatal")),
        warnings=sum(1 for issue in findings if issue.severity == "warning"),
        reviewed=document is not None and document.reviewed is not None,
    )


def _sections(services: Services, unit: Unit, item: InboxItem) -> tuple[Section, ...]:
    document = unit.documents.get(item.id)
    if document is None:
        return ()
    body = services.vault.open(document.owner_id, document_place(document.id, "body"), document.body)
    rows: dict[str, dict[str, describe.Row]] = {key: {} for key in describe.SHOWN}
    for entry in bundle.read(body).resources:
        if group := describe.group_of(entry.resource):
            line = describe.row(entry.resolved, entry.path)
            rows[group][entry.path] = line
    return tuple(Section(key, tuple(found.values())) for key, found in rows.items() if found)
