"""Record and withdraw a person's consent for one corridor."""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta

from fhir import corridor as corridor_fhir
from fhir import wire
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, ConsentRow
from registry.errors import BadInput, NotAllowed, NotFound
from registry.ports import Services, Unit
from registry.usecases.care.record import sealing, write
from registry.usecases.exchange import close_transfer
from registry.usecases.exchange.sending import queue

LONGEST_DAYS = 730


@dataclass(frozen=True)
class NewConsent:
    """What the person agreed to: with whom, which data, why, for how many days."""

    partner: str
    data_classes: tuple[str, ...] = ("identity", "clinical")
    purpose: str = "TREAT"
    days_valid: int = 180
    discoverable: bool = False
    language: str = "es"


def record_consent(services: Services, caller: Caller, person_id: str, new: NewConsent) -> ConsentRow:
    """Store the Consent resource and its projection; raise when the partner or the data class is not
    allowed.
    """
    rules.check_can(caller, "consent")
    policy = services.node.partner(new.partner)
    if policy is None:
        raise BadInput("This node has no agreement with that partner.")
    if not set(new.data_classes) <= set(policy.data_classes) or not new.data_classes:
        raise BadInput("Choose at least one class of data that the agreement with this partner covers.")
    if new.purpose not in policy.purposes:
        raise NotAllowed("The agreement with this partner does not cover that purpose.")
    if not 1 <= new.days_valid <= LONGEST_DAYS:
        raise BadInput(f"A consent lasts from 1 to {LONGEST_DAYS} days.")
    today = services.today()
    with services.unit() as unit:
        if unit.people.get(person_id) is None:
            raise NotFound("There is no such person in this registry.")
        terms = corridor_fhir.ConsentTerms(
            patient_ref=f"Patient/{person_id}",
            from_id=services.node.code,
            from_name=services.node.name,
            from_country=services.node.country,
            partner_id=policy.id,
            partner_name=policy.name,
            country=policy.country,
            data_classes=new.data_classes,
            purpose=new.purpose,
            start=today,
            end=today + timedelta(days=new.days_valid),
            discoverable=new.discoverable,
            recorded=unit.now(),
            language=new.language,
        )
        resource = corridor_fhir.corridor_consent(terms)
        write.check(services, resource)
        stored = write.create(services, unit, caller, resource)
        row = ConsentRow(
            id=stored.id,
            owner_id=person_id,
            partner=new.partner,
            data_classes=new.data_classes,
            purpose=new.purpose,
            start=terms.start,
            end=terms.end,
            discoverable=new.discoverable,
            state="active",
            given_to="us",
            resource_id=stored.id,
            version=stored.version,
            digest=hashlib.sha256(stored.body).hexdigest(),
        )
        unit.consents.put(row)
        details = (("partner", new.partner), ("state", "active"))
        unit.audit.add(
            AuditEntry(caller, "consent", owner_id=person_id, object_ref=f"Consent/{row.id}", details=details)
        )
        unit.commit()
    return row


def withdraw_consent(services: Services, caller: Caller, consent_id: str) -> ConsentRow:
    """End a consent now: stop what has not left yet, tell the partner, show it in the chart."""
    rules.check_can(caller, "consent")
    with services.unit() as unit:
        row = unit.consents.get(consent_id)
        if row is None:
            raise NotFound("There is no such consent.")
        if row.state != "active":
            return row
        ended = end(services, unit, caller, row)
        stopped: list[str] = []
        if queue.valid_consent(services, unit, row.owner_id, row.partner) is None:
            stopped = stop(services, unit, caller, row)
        if unit.aliases.of(row.partner, row.owner_id) is not None:
            draft = queue.Draft(row.owner_id, row.partner, "consent-withdrawn", consent_id=row.id)
            queue.add(services, unit, caller, draft)
        details: tuple[tuple[str, str | int], ...] = (
            ("partner", row.partner),
            ("state", "withdrawn"),
            ("stopped", len(stopped)),
        )
        unit.audit.add(
            AuditEntry(
                caller, "consent", owner_id=row.owner_id, object_ref=f"Consent/{row.id}", details=details
            )
        )
        unit.commit()
    return ended


def end(services: Services, unit: Unit, caller: Caller, row: ConsentRow) -> ConsentRow:
    """Make a consent inactive, in its resource and in the projection that the gate reads."""
    ended = replace(row, state="withdrawn")
    stored = unit.records.current("Consent", row.resource_id)
    if stored is not None and not stored.deleted:
        resource = {**wire.parse(sealing.open_resource(services, stored).body), "status": "inactive"}
        written = write.update(services, unit, caller, resource, stored.id)
        ended = replace(ended, version=written.version)
    unit.consents.put(ended)
    return ended


def stop(services: Services, unit: Unit, caller: Caller, row: ConsentRow) -> list[str]:
    """Stop what has not left, and give up what was asked and not answered."""
    stopped = unit.outbox.stop(row.owner_id, row.partner)
    for item in unit.outbox.of(row.owner_id):
        if item.partner == row.partner and item.kind == "request":
            close_transfer.give_up(services, unit, caller, item, "cancelled")
    return stopped


def withdrawn_by(
    services: Services, unit: Unit, owner_id: str, partner: str, plain: bytes
) -> list[ConsentRow]:
    """Return our rows of the consent a partner says is withdrawn, wherever the person gave it; all that came
    from that partner when it is unclear.
    """
    active = [row for row in unit.consents.of(owner_id, partner) if row.state == "active"]
    rows = [row for row in active if row.given_to == "partner"]
    try:
        told = corridor_fhir.read_corridor_consent(wire.parse(plain)["entry"][0]["resource"])
    except (wire.BadJson, KeyError, IndexError, TypeError, corridor_fhir.NotACorridorConsent):
        return rows
    same = [row for row in active if _agreed(services, unit, row) == _agreement(told)]
    return same or rows


def _agreed(services: Services, unit: Unit, row: ConsentRow) -> tuple[object, ...] | None:
    stored = unit.records.current("Consent", row.resource_id)
    if stored is None or stored.deleted:
        return None
    resource = wire.parse(sealing.open_resource(services, stored).body)
    try:
        return _agreement(corridor_fhir.read_corridor_consent(resource))
    except corridor_fhir.NotACorridorConsent:
        return None


def _agreement(terms: corridor_fhir.ConsentTerms) -> tuple[object, ...]:
    ends = (terms.from_id, terms.partner_id)
    return *ends, terms.recorded, terms.start, terms.end, terms.purpose, terms.data_classes


def consents(services: Services, caller: Caller, person_id: str) -> list[ConsentRow]:
    """Return a person's consents, newest first."""
    rules.check_can(caller, "read")
    with services.unit() as unit:
        rows = unit.consents.of(person_id)
        unit.audit.add(AuditEntry(caller, "read", owner_id=person_id, object_ref="Consent"))
        unit.commit()
    return rows
