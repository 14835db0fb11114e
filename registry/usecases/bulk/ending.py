"""How a job ends or rests: done, failed, or waiting for the next worker; and what is swept away."""

from datetime import timedelta

from registry.domain.bulk import job as jobs
from registry.domain.bulk.job import Job
from registry.domain.model import AuditEntry, Caller
from registry.ports import Services

KEPT_ROWS = timedelta(days=30)
AT_ONCE = 50
FAILURES = 3
# An import only marks care states as old: let them be computed now, not at the next turn.
CARE_STATE = "long.care_state"


def finish(services: Services, job: Job, caller: Caller) -> str:
    """End a job whose work is done; its files can be fetched for some hours from now."""
    with services.unit() as unit:
        expires = unit.now() + timedelta(hours=services.settings.bulk_hours)
        if unit.jobs.finish(job.id, "done", expires):
            details = (("kind", job.kind), ("steps", job.step))
            if job.kind != "export":
                unit.wake(CARE_STATE, "")
            unit.audit.add(AuditEntry(caller, "job-done", object_ref=f"job/{job.id}", details=details))
            unit.commit()
    return "done"


def fail(services: Services, job: Job, error: str) -> str:
    """End a job that cannot be done; `error` is a code."""
    with services.unit() as unit:
        unit.jobs.finish(job.id, "failed", None, error)
        unit.commit()
    return "failed"


def give_back(services: Services, job_id: str) -> str | None:
    """Let a job wait whose step failed unexpectedly; the third time at the same place ends it."""
    with services.unit() as unit:
        job = unit.jobs.get(job_id)
        if job is None or job.state != "working":
            return None
        times = int(job.error.rpartition(" ")[2] or 0) + 1
        if times < FAILURES:
            unit.jobs.note(job_id, f"internal {times}")
        else:
            unit.jobs.finish(job_id, "failed", None, "internal")
        unit.commit()
    return "working" if times < FAILURES else "failed"


def pause(services: Services, job: Job) -> str:
    """Give the job back for another worker to go on, and wake one."""
    with services.unit() as unit:
        unit.jobs.release(job.id, job.lease_owner)
        unit.wake(f"long.{job.kind}", job.id)
        unit.commit()
    return "working"


def due(services: Services, most: int) -> list[tuple[str, str]]:
    """Return (task, job) of jobs that wait for a worker."""
    with services.unit() as unit:
        found = [unit.jobs.get(job_id) for job_id in unit.jobs.due(most)]
    return [(f"long.{job.kind}", job.id) for job in found if job is not None]


def remove(services: Services) -> int:
    """Destroy the files of jobs that are over, with the key that opens them; return how many jobs."""
    with services.unit() as unit:
        over = unit.jobs.over(AT_ONCE)
    for job_id in over:
        if _has_key(services, job_id):
            services.vault.erase(jobs.owner(job_id))
        with services.unit() as unit:
            unit.jobs.finish(job_id, "expired", None)
            unit.jobs.forget(job_id)
            unit.commit()
    with services.unit() as unit:
        unit.jobs.purge(unit.now() - KEPT_ROWS)
        unit.commit()
    return len(over)


def _has_key(services: Services, job_id: str) -> bool:
    """Tell whether something was sealed for a job: erasing rewrites the key file of SQLite each time."""
    with services.unit() as unit:
        job = unit.jobs.get(job_id)
        return bool(job and job.request) or bool(unit.jobs.files(job_id))
