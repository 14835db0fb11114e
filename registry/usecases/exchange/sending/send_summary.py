"""Send a care summary: show exactly what would leave, then queue it under the consent."""

from dataclasses import dataclass

from fhir import wire
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, ConsentRow, OutboxItem
from registry.errors import BadInput, NotAllowed
from registry.ports import Services
from registry.usecases.care.chart.gather import gather
from registry.usecases.exchange.sending import build, queue


@dataclass(frozen=True)
class Preview:
    """What leaves, section by section: (title, XHTML of the section). `withheld` names classes of data that
    stay.
    """

    partner: str
    partner_name: str
    consent: ConsentRow | None
    sections: tuple[tuple[str, str], ...]
    size: int
    withheld: tuple[str, ...]


def preview(services: Services, caller: Caller, person_id: str, partner: str) -> Preview:
    """Build the summary as it would leave now; without a consent there is nothing to show but that."""
    rules.check_can(caller, "share")
    policy = services.node.partner(partner)
    if policy is None:
        raise BadInput("This node has no agreement with that partner.")
    with services.unit() as unit:
        gathered = gather(services, unit, person_id)
        consent = queue.valid_consent(services, unit, person_id, partner)
        sections: tuple[tuple[str, str], ...] = ()
        size = 0
        withheld: tuple[str, ...] = policy.data_classes
        if consent is not None:
            body = build.summary(
                services, gathered, consent, f"preview-{person_id}", build.language_of(services, partner)
            )
            size = len(body)
            sections = _sections(wire.parse(body))
            withheld = tuple(name for name in policy.data_classes if name not in consent.data_classes)
        unit.audit.add(AuditEntry(caller, "preview", owner_id=person_id, details=(("partner", partner),)))
        unit.commit()
    return Preview(partner, policy.name, consent, sections, size, withheld)


def _sections(document: wire.JsonObject) -> tuple[tuple[str, str], ...]:
    composition = document["entry"][0]["resource"]
    return tuple((section["title"], section["text"]["div"]) for section in composition.get("section", ()))


def queue_summary(services: Services, caller: Caller, person_id: str, partner: str) -> OutboxItem:
    """Queue the summary; the worker builds it again and checks the consent again when it leaves."""
    rules.check_can(caller, "share")
    policy = services.node.partner(partner)
    if policy is None or policy.kind != "puente":
        raise BadInput("Summaries are sent to partner registries only. Print it for everybody else.")
    with services.unit() as unit:
        if queue.valid_consent(services, unit, person_id, partner) is None:
            raise NotAllowed("Record the person's consent for this country first.")
        item = queue.add(services, unit, caller, queue.Draft(person_id, partner, "summary"))
        unit.commit()
    return item
