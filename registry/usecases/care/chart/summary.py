"""The care summary of a person for this node's own people and systems ($summary, printing)."""

from fhir.summary import build as build_summary
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller
from registry.ports import Services
from registry.usecases.care.chart import elsewhere
from registry.usecases.care.chart.gather import gather
from registry.usecases.exchange.sending import build

# A token must cover every type whose content the document carries.
CARRIED = ("Patient", *sorted(elsewhere.PASSED_ON))


def summary(services: Services, caller: Caller, person_id: str, language: str = "es") -> bytes:
    """Return an IPS document of everything this node knows of a person."""
    rules.check_can(caller, "read")
    for resource_type in CARRIED:
        rules.check_scope(caller, resource_type, "r")
    with services.unit() as unit:
        gathered = gather(services, unit, person_id)
        unit.audit.add(AuditEntry(caller, "summary", owner_id=person_id, object_ref=f"Patient/{person_id}"))
        unit.commit()
    # Made when the look is noted: this takes longer than writers on SQLite should wait for a reader.
    facts = [*gathered.own, *elsewhere.facts(services, gathered)]
    return build_summary(build.summary_input(services, gathered, facts, services.ids.new(), language))
