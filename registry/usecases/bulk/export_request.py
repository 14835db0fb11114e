"""What one export was asked for, and its place in the work; both go through JSON."""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Literal

from registry.domain.bulk import job as jobs
from registry.domain.bulk.job import Job
from registry.domain.model import Caller
from registry.ports import Services

Level = Literal["system", "patient", "group"]
Stage = Literal["directory", "node", "people"]


@dataclass(frozen=True)
class ExportRequest:
    """One export: `patients` names those wanted (None: everybody), `types` those wanted (empty: all)."""

    url: str
    level: Level
    types: tuple[str, ...] = ()
    since: datetime | None = None
    patients: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Place:
    """How far an export is: directory and node first (`after` is type and id), then people by id or number.

    `files` says for each type its newest file: number, lines and parts.
    """

    stage: Stage = "directory"
    after: tuple[str, str] = ("", "")
    files: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def text(self) -> str:
        """Return it as a cursor."""
        return json.dumps(asdict(self), separators=(",", ":"))


def place_of(cursor: str) -> Place:
    """Return the place a cursor stands for; an empty cursor is the beginning."""
    if not cursor:
        return Place()
    found = json.loads(cursor)
    files = {name: (kept[0], kept[1], kept[2]) for name, kept in found["files"].items()}
    return Place(found["stage"], (found["after"][0], found["after"][1]), files)


def seal(services: Services, job_id: str, caller: Caller, request: ExportRequest) -> bytes:
    """Return request and caller sealed under the job's own key."""
    asked = asdict(request) | {"since": request.since.isoformat() if request.since else ""}
    plain = json.dumps({"caller": asdict(caller), "request": asked}).encode()
    return services.vault.seal(jobs.owner(job_id), _where(job_id), plain)


def unseal(services: Services, job: Job) -> tuple[Caller, ExportRequest]:
    """Return who asked for a job, and for what."""
    found = json.loads(services.vault.open(jobs.owner(job.id), _where(job.id), job.request))
    who, asked = found["caller"], found["request"]
    caller = replace(Caller(**who), scopes=tuple(who["scopes"]))
    since = datetime.fromisoformat(asked["since"]) if asked["since"] else None
    patients = None if asked["patients"] is None else tuple(asked["patients"])
    return caller, ExportRequest(asked["url"], asked["level"], tuple(asked["types"]), since, patients)


def _where(job_id: str) -> tuple[str, str, str, int]:
    return ("job", job_id, "request", 0)
