"""Change keys while the node works: a job in steps, resumable at any moment, by any worker or command."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Literal, get_args

from registry.domain.access import rules
from registry.domain.bulk.job import Job
from registry.domain.model import AuditEntry, Caller
from registry.errors import BadInput, Conflict, Unreadable
from registry.ports import Services
from registry.ports.jobs import Progress
from registry.usecases.bulk import asked
from registry.usecases.bulk.claiming import claim
from registry.usecases.keys import changes
from registry.usecases.keys.changes import Place

What = Literal["kek", "dek", "index"]
WHATS: tuple[What, ...] = get_args(What)
KIND: Literal["rotate"] = "rotate"
LEASE_SECONDS = 30
WORK_SECONDS = 25.0
# Longer than any process remembers a data key, and than any request lasts.
GRACE = timedelta(seconds=360)


@dataclass(frozen=True)
class Wanted:
    """What is to be changed: whose data key (empty: everybody's), and how long old keys must rest."""

    what: What
    owner: str = ""
    grace: float = GRACE.total_seconds()


def begin(services: Services, caller: Caller, wanted: Wanted) -> str:
    """Make the new key and start the job that moves everything to it; return the job's id."""
    rules.check_can(caller, "keys")
    if wanted.what not in WHATS:
        raise BadInput(f"Change one of: {', '.join(WHATS)}.")
    if wanted.owner and not services.keyring.version(wanted.owner):
        raise BadInput("There is no key of this owner.")
    job_id = services.ids.new()
    request = asked.seal(services, job_id, caller, asdict(wanted))
    with services.unit() as unit:
        unit.lock([b"rotate"])
        if unit.jobs.of(KIND, "working"):
            raise Conflict("Keys are being changed already: puente keys rotate --resume.")
        made = _made(services, wanted.what)
        now = unit.now()
        unit.jobs.add(Job(job_id, KIND, KIND, "working", now, now, request))
        details = (("what", wanted.what), ("made", made))
        unit.audit.add(AuditEntry(caller, "rotate-key", object_ref=f"job/{job_id}", details=details))
        unit.commit()
    return job_id


def _made(services: Services, what: What) -> str:
    match what:
        case "kek":
            return services.keyring.new_kek()
        case "index":
            return services.keyring.add_index_root()
        case _:
            return ""


def unfinished(services: Services) -> str:
    """Return the id of the job that is at work, or an empty string."""
    with services.unit() as unit:
        found = unit.jobs.of(KIND, "working")
    return found[0].id if found else ""


def work(
    services: Services, job_id: str, worker: str, clock: Callable[[], float] = time.monotonic
) -> str | None:
    """Do steps for up to 25 seconds; return the job's state, or None when somebody else has it."""
    job = claim(services, job_id, worker, LEASE_SECONDS)
    if job is None:
        return None
    try:
        caller, request = asked.unseal(services, job)
    except Unreadable:
        return _end(services, job, None)
    wanted = Wanted(**request)
    until = clock() + WORK_SECONDS
    while clock() < until:
        following = _step(services, caller, wanted, job)
        if following is None:
            return None
        if following.state == "done":
            return _end(services, following, caller)
        if changes.place_of(following.cursor).stage == "wait" and following.cursor == job.cursor:
            return _rest(services, job, wake=False)
        job = following
    return _rest(services, job, wake=True)


def _step(services: Services, caller: Caller, wanted: Wanted, job: Job) -> Job | None:
    """Do one step and commit its place; None when the job went on elsewhere."""
    place = changes.place_of(job.cursor)
    following, done = changes.STEPS[wanted.what](services, caller, wanted.owner, place)
    with services.unit() as unit:
        following = _timed(following, place, unit.now().timestamp(), wanted.grace)
        cursor = json.dumps(asdict(following))
        progress = Progress(cursor, job.done + done, job.total)
        if not unit.jobs.advance(job, progress, LEASE_SECONDS):
            return None
        unit.commit()
    state = "done" if following.stage == "done" else job.state
    return replace(job, state=state, cursor=cursor, step=job.step + 1, done=job.done + done)


def _timed(following: Place, before: Place, now: float, grace: float) -> Place:
    """Start the rest when it begins, and end it when its time has come."""
    if following.stage != "wait":
        return following
    if before.stage != "wait":
        return replace(following, until=now + grace)
    return replace(following, stage="again", after=("", "")) if now >= following.until else following


def _rest(services: Services, job: Job, *, wake: bool) -> str:
    with services.unit() as unit:
        unit.jobs.release(job.id, job.lease_owner)
        if wake:
            unit.wake(f"long.{KIND}", job.id)
        unit.commit()
    return "working" if wake else "waiting"


def _end(services: Services, job: Job, caller: Caller | None) -> str:
    with services.unit() as unit:
        if caller is None:
            unit.jobs.finish(job.id, "failed", None, "unreadable")
        elif unit.jobs.finish(job.id, "done", unit.now()):
            details = (("rows", job.done), ("steps", job.step))
            unit.audit.add(AuditEntry(caller, "rotated-key", object_ref=f"job/{job.id}", details=details))
        unit.commit()
    return "failed" if caller is None else "done"
