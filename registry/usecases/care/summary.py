"""The care summary of a person for this node's own people and systems ($summary, printing)."""

from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller
from registry.ports import Services
from registry.usecases.care.gather import gather
from registry.usecases.exchange import build


def summary(services: Services, caller: Caller, person_id: str, language: str = "es") -> bytes:
    """Return an IPS document of everything this node recorded about a person."""
    rules.check_can(caller, "read")
    rules.check_scope(caller, "Patient", "r")
    with services.unit() as unit:
        gathered = gather(services, unit, person_id)
        resources = [resource for resource, _ in gathered.own]
        body = build.document(services, gathered, resources, services.ids.new(), language)
        unit.audit.add(AuditEntry(caller, "summary", owner_id=person_id, object_ref=f"Patient/{person_id}"))
        unit.commit()
    return body
