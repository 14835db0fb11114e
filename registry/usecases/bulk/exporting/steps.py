"""Do an export in steps: each reads some hundred people, seals their lines, commits lines and place together.

A worker that dies in the middle of a step has committed neither; two workers cannot both commit one step.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from fhir import elements
from fhir.outcome import Issue
from registry.domain.bulk.job import Job
from registry.domain.model import NODE_OWNER, AuditEntry, Caller
from registry.errors import BadInput, NotReady, Refusal
from registry.ports import Services, Unit
from registry.ports.jobs import Progress
from registry.usecases.access import reach
from registry.usecases.bulk import ending, writing
from registry.usecases.bulk.claiming import claim
from registry.usecases.bulk.exporting import gathering
from registry.usecases.bulk.exporting import request as requests
from registry.usecases.bulk.exporting.gathering import Gathered, Wanted
from registry.usecases.bulk.exporting.request import ExportRequest, Place, Stage
from registry.usecases.care.record import sealing

PEOPLE_AT_ONCE = 200
ROWS_AT_ONCE = 4000
LEASE_SECONDS = 20
WORK_SECONDS = 25.0
# Stage -> whose resources, which types these are, and the stage after it.
_SERVICES: dict[str, tuple[str, frozenset[str], Stage]] = {
    "directory": (sealing.DIRECTORY_OWNER, sealing.DIRECTORY, "node"),
    "node": (NODE_OWNER, sealing.OF_THE_NODE, "people"),
}


def work(
    services: Services, job_id: str, worker: str, clock: Callable[[], float] = time.monotonic
) -> str | None:
    """Do steps of a job for up to 25 seconds; return its state, or None when somebody else has it."""
    job = claim(services, job_id, worker, LEASE_SECONDS)
    if job is None:
        return None
    try:
        caller, request = requests.unseal(services, job)
        return _steps(services, caller, request, job, clock)
    except NotReady:
        raise  # later, by the next worker
    except Refusal as refusal:
        return ending.fail(services, job, refusal.code)


def _steps(
    services: Services, caller: Caller, request: ExportRequest, job: Job, clock: Callable[[], float]
) -> str | None:
    until = clock() + WORK_SECONDS
    while clock() < until:
        following = step(services, caller, request, job)
        if following is None:
            return None
        if following.state == "done":
            return ending.finish(services, job, caller)
        job = following
    return ending.pause(services, job)


def step(services: Services, caller: Caller, request: ExportRequest, job: Job) -> Job | None:
    """Do one step; return the job after it, or None when it was cancelled or went on elsewhere."""
    place = requests.place_of(job.cursor)
    if place.stage != "people":
        return _of_nobody(services, caller, request, job)
    owners, after = _page(services, request, place.after[0])
    if not owners:
        return replace(job, state="done")
    with services.unit() as unit:
        allowed = _allowed(services, unit, caller, owners)
    with services.unit() as unit:
        gathered = gathering.of_people(services, unit, _wanted(request, request.types), allowed)
        if _allowed(services, unit, caller, owners) != allowed:
            return job  # a consent changed while we read: once more
        if reach.is_confined(services, caller):
            gathering.note_owners(gathered, allowed)
        job = replace(job, done=job.done + len(owners), total=job.total or _total(unit, request))
        return _commit(services, unit, (caller, job), gathered, replace(place, after=(after, "")))


def _of_nobody(services: Services, caller: Caller, request: ExportRequest, job: Job) -> Job | None:
    """Export what belongs to no person; only exports of the whole system have it."""
    place = requests.place_of(job.cursor)
    owner, kinds, following = _SERVICES[place.stage]
    named = tuple(name for name in request.types if name in kinds)
    later = Place(following, files=place.files)
    with services.unit() as unit:
        shown = owner in reach.visible(services, unit, caller, [owner], "Group")
        if request.level != "system" or (request.types and not named) or not shown:
            return _commit(services, unit, (caller, job), Gathered(), later)
        page = gathering.Page(owner, place.after, ROWS_AT_ONCE)
        gathered, after = gathering.of_service(services, unit, _wanted(request, named), page)
        return _commit(
            services, unit, (caller, job), gathered, replace(place, after=after) if after else later
        )


def _wanted(request: ExportRequest, types: tuple[str, ...]) -> Wanted:
    view = elements.asked("", request.elements) if request.elements else gathering.WHOLE
    if isinstance(view, Issue):
        raise BadInput(view.text, (view,))
    return Wanted(types, request.since, view)


def _allowed(services: Services, unit: Unit, caller: Caller, owners: Sequence[str]) -> gathering.Allowed:
    """Return who may be shown to this caller: whose identity, and whose clinical data."""
    return {
        kind: frozenset(reach.visible(services, unit, caller, owners, kind))
        for kind in ("Patient", "Observation")
    }


def _page(services: Services, request: ExportRequest, after: str) -> tuple[list[str], str]:
    """Return the next people to export, and how the place after them is written."""
    if request.patients is not None:
        following = int(after or "0") + PEOPLE_AT_ONCE
        return list(request.patients[following - PEOPLE_AT_ONCE : following]), str(following)
    with services.unit() as unit:
        page = unit.shelves.people(after, PEOPLE_AT_ONCE)
    return page, page[-1] if page else ""


def _total(unit: Unit, request: ExportRequest) -> int:
    return unit.people.count() if request.patients is None else len(request.patients)


def _commit(
    services: Services, unit: Unit, held: tuple[Caller, Job], gathered: Gathered, place: Place
) -> Job | None:
    """Commit lines and place together; None when the job was cancelled or another worker was faster."""
    caller, job = held
    parts, files = writing.parts_of(services, job.id, gathered.lines, place.files)
    cursor = replace(place, files=files).text()
    if not unit.jobs.advance(job, Progress(cursor, job.done, job.total), LEASE_SECONDS):
        return None
    unit.jobs.add_parts(parts)
    unit.audit.add_all([_shown(caller, job, *each) for each in sorted(gathered.people.items())])
    unit.commit()
    return replace(job, cursor=cursor, step=job.step + 1)


def _shown(caller: Caller, job: Job, owner_id: str, count: int) -> AuditEntry:
    details = (("resources", count),)
    return AuditEntry(caller, "export", owner_id=owner_id, object_ref=f"job/{job.id}", details=details)
