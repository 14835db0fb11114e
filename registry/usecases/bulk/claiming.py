"""Take a job to work on: whoever claims it first has it for a while, so that no step is done twice."""

from registry.domain.bulk.job import Job
from registry.ports import Services


def claim(services: Services, job_id: str, worker: str, seconds: int) -> Job | None:
    """Return the job leased to this worker, or None when it is done or somebody else has it."""
    with services.unit() as unit:
        job = unit.jobs.claim(job_id, worker, seconds)
        unit.commit()
    return job
