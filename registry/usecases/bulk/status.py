"""Where a job is, what it made, and its end: only for the client that asked for it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

from registry.domain.access import rules
from registry.domain.bulk.job import Job, JobFile
from registry.domain.model import AuditEntry, Caller
from registry.errors import Gone, NotFound, Unreadable
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.bulk import asked, writing
from registry.usecases.bulk.importing import batches

ABSENT = "There is no such job."
OVER = "The files of this job were removed. Ask for them again."
CHANGED = "A person's consent has changed since this export. Ask for it again."


@dataclass(frozen=True)
class Status:
    """A job with its files; `asked` is the address it was asked for at, once it is done."""

    job: Job
    files: tuple[JobFile, ...] = ()
    asked: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


def status(services: Services, caller: Caller, job_id: str) -> Status:
    """Return where a job is; raise NotFound for jobs of others, Gone when its files were removed."""
    with services.unit() as unit:
        job = _own(unit, caller, job_id)
        if job.state != "done":
            return Status(job)
        files = unit.jobs.files(job_id)
    try:
        _, request = asked.unseal(services, job)
    except Unreadable:
        raise Gone(OVER) from None
    shown = tuple(each for each in files if each.type != writing.OWNERS)
    counts = asdict(batches.place_of(job.cursor).tally) if job.kind == "import" else {}
    return Status(job, shown, str(request["url"]), counts)


def cancel(services: Services, caller: Caller, job_id: str) -> None:
    """End a job, or let go of its files; the sweep removes them. Raise NotFound for jobs of others."""
    with services.unit() as unit:
        job = _own(unit, caller, job_id)
        unit.jobs.finish(job.id, "cancelled", None)
        unit.audit.add(AuditEntry(caller, "job-cancelled", object_ref=f"job/{job.id}"))
        unit.commit()


def blocks_of(services: Services, caller: Caller, job_id: str, name: str) -> Iterator[bytes]:
    """Return the deflated blocks of a file, read one by one while they are sent; note who took it."""
    found = status(services, caller, job_id)
    rules.check_can(caller, "read" if found.job.kind == "export" else "write")
    file = next((each for each in found.files if each.name == name), None)
    if file is None:
        raise NotFound("This job has no such file.")
    if file.type not in (writing.DELETED, writing.ERRORS):
        rules.check_scope(caller, file.type, "r")
    if reach.is_confined(services, caller):
        _check_still_agreed(services, caller, job_id)
    writing.check_there(services, job_id, name)
    with services.unit() as unit:
        details = (("type", file.type), ("resources", file.count))
        unit.audit.add(AuditEntry(caller, "export-file", object_ref=f"job/{job_id}", details=details))
        unit.commit()
    return writing.read_blocks(services, job_id, name)


def _own(unit: Unit, caller: Caller, job_id: str) -> Job:
    job = unit.jobs.get(job_id)
    if job is None or job.client != caller.id or job.state == "cancelled":
        raise NotFound(ABSENT)
    if job.state == "expired":
        raise Gone(OVER)
    return job


def _check_still_agreed(services: Services, caller: Caller, job_id: str) -> None:
    """Raise Gone when somebody in the files does not agree any more: a line cannot be taken out of them."""
    with services.unit() as unit:
        names = [each.name for each in unit.jobs.files(job_id) if each.type == writing.OWNERS]
    for name in names:
        shown: dict[str, set[str]] = {}
        for line in writing.read_lines(services, job_id, name):
            kind, _, owner = line.decode().partition(" ")
            shown.setdefault(kind, set()).add(owner)
        with services.unit() as unit:
            for kind, owners in shown.items():
                if reach.visible(services, unit, caller, owners, kind) != owners:
                    raise Gone(CHANGED)
