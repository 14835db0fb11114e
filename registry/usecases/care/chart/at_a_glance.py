"""One person at a glance: everything known, from every source, days of medicine first."""

import json

from fhir.treatment.model import Source, TreatmentRecord
from registry.domain.access import rules
from registry.domain.care import contact, continuity, flags, regimen, risk
from registry.domain.model import AuditEntry, Caller, ReceivedDocument
from registry.errors import NotFound
from registry.ports import Services
from registry.usecases.care.chart.chart_model import Chart, DocumentView
from registry.usecases.care.chart.gather import document_place, gather
from registry.usecases.care.people import person_view

MOST_DELIVERIES = 20


def chart(services: Services, caller: Caller, person_id: str, language: str = "es") -> Chart:
    """Return the chart of a person and note who looked; raise NotFound for nobody of ours."""
    rules.check_can(caller, "read")
    with services.unit() as unit:
        person = unit.people.get(person_id)
        if person is None:
            raise NotFound("There is no such person in this registry.")
        gathered = gather(services, unit, person_id)
        record = gathered.record()
        head = person_view.view(services, person, gathered.patient, record.person.origin_country, language)
        unit.audit.add(AuditEntry(caller, "view", owner_id=person_id, object_ref=f"Patient/{person_id}"))
        today = services.today()
        thresholds = services.node.thresholds
        supply = continuity.supply(record.dispenses, today, thresholds)
        made = Chart(
            person=head,
            today=today,
            supply=supply,
            regimen=regimen.current(record, today),
            last_dispense=supply.last,
            dispenses=tuple(reversed(record.dispenses)),
            last_viral_load=record.viral_loads[-1] if record.viral_loads else None,
            viral_loads=tuple(reversed(record.viral_loads)),
            cd4=next((result for result in reversed(record.results) if result.kind == "cd4"), None),
            allergies=record.allergies,
            problems=record.problems,
            medications=record.medications,
            results=tuple(reversed(record.results)),
            vaccines=tuple(reversed(record.vaccines)),
            contacts=tuple(reversed(record.contacts)),
            flags=_flags(services, record),
            risk=risk.assess(record, supply, today, thresholds),
            next_contact=contact.next_planned(record, supply, own=True),
            consents=tuple(unit.consents.of(person_id)),
            transfers=tuple(unit.transfers.of(person_id)),
            deliveries=tuple(unit.outbox.of(person_id)[:MOST_DELIVERIES]),
            documents=tuple(_document(services, row, source) for row, source in gathered.received),
            partners=services.node.partners,
        )
        unit.commit()
    return made


def _flags(services: Services, record: TreatmentRecord) -> tuple[flags.Flag, ...]:
    """Rules nobody has verified yet are shown in the demo only."""
    unverified = services.settings.environment != "production"
    return flags.flags(record, services.today(), services.node.thresholds, include_unverified=unverified)


def _document(services: Services, row: ReceivedDocument, source: Source) -> DocumentView:
    place = document_place(row.id, "findings")
    findings = json.loads(services.vault.open(row.owner_id, place, row.findings)) if row.findings else []
    return DocumentView(
        id=row.id,
        inbox_id=row.inbox_id,
        partner=row.partner,
        partner_name=source.name,
        received=row.received,
        errors=sum(1 for finding in findings if finding[0] in ("error", "fatal")),
        warnings=sum(1 for finding in findings if finding[0] == "warning"),
        reviewed=row.reviewed is not None,
    )
