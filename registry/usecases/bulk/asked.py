"""Who asked for a job and for what, sealed under the job's own key."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from registry.domain.bulk import job as jobs
from registry.domain.bulk.job import Job
from registry.domain.model import Caller
from registry.ports import Services


def seal(services: Services, job_id: str, caller: Caller, wanted: Mapping[str, Any]) -> bytes:
    """Return caller and request sealed; the request is plain JSON."""
    plain = json.dumps({"caller": asdict(caller), "request": wanted}).encode()
    return services.vault.seal(jobs.owner(job_id), _where(job_id), plain)


def unseal(services: Services, job: Job) -> tuple[Caller, dict[str, Any]]:
    """Return who asked, and for what; raise Unreadable when the job's key was destroyed."""
    found = json.loads(services.vault.open(jobs.owner(job.id), _where(job.id), job.request))
    who = found["caller"]
    return replace(Caller(**who), scopes=tuple(who["scopes"])), found["request"]


def _where(job_id: str) -> tuple[str, str, str, int]:
    return ("job", job_id, "request", 0)
