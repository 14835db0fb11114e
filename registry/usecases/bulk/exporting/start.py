"""Ask for an export (Bulk Data Access, https://hl7.org/fhir/uv/bulkdata/export.html)."""

from fhir import wire
from registry.domain.access import rules
from registry.domain.bulk.job import Job
from registry.domain.model import AuditEntry, Caller
from registry.errors import Unprocessable
from registry.ports import Services
from registry.usecases.access import reach
from registry.usecases.bulk import busy
from registry.usecases.bulk.exporting import request as requests
from registry.usecases.bulk.exporting.request import ExportRequest
from registry.usecases.care.record import sealing


def start(services: Services, caller: Caller, request: ExportRequest) -> Job:
    """Note an export to do; raise NotAllowed without the scopes, TooMany while others of this client run."""
    rules.check_can(caller, "read")
    for each in request.types or ("*",):
        rules.check_scope(caller, each, "r")
        rules.check_scope(caller, each, "s")
    job_id = services.ids.new()
    sealed = requests.seal(services, job_id, caller, request)
    with services.unit() as unit:
        busy.check_idle(unit, caller)
        snapshot = unit.shelves.oldest_writer()
        job = Job(job_id, "export", caller.id, "working", unit.now(), snapshot, sealed)
        unit.jobs.add(job)
        details = (("level", request.level), ("types", len(request.types)))
        unit.audit.add(AuditEntry(caller, "export", object_ref=f"job/{job_id}", details=details))
        unit.commit()
    return job


def members(services: Services, caller: Caller, group_id: str) -> tuple[str, ...]:
    """Return the people of a Group of this node; raise NotFound, or Unprocessable when it has none."""
    rules.check_can(caller, "read")
    rules.check_scope(caller, "Group", "r")
    with services.unit() as unit:
        row = unit.records.current("Group", group_id)
        if row is not None:
            reach.check(services, unit, caller, row.owner_id, "Group")
        stored = sealing.open_resource(services, row)
        unit.audit.add(AuditEntry(caller, "read", owner_id=stored.owner_id, object_ref=f"Group/{group_id}"))
        unit.commit()
    group = wire.parse(stored.body)
    if group.get("type") != "person" or group.get("actual") is not True:
        raise Unprocessable("Only a Group of actual persons can be exported.")
    entries = [entry for entry in group.get("member", ()) if not entry.get("inactive")]
    references = [str(entry.get("entity", {}).get("reference", "")) for entry in entries]
    return tuple(dict.fromkeys(text[8:] for text in references if text.startswith("Patient/")))
