"""What one export was asked for, and its place in the work; both go through JSON."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal

from registry.domain.bulk.job import Job
from registry.domain.model import Caller
from registry.ports import Services
from registry.usecases.bulk import asked

Level = Literal["system", "patient", "group"]
Stage = Literal["directory", "node", "people"]


@dataclass(frozen=True)
class ExportRequest:
    """One export: `patients` names those wanted (None: everybody), `types` those wanted (empty: all).

    `elements` names the elements wanted, with commas (empty: whole resources).
    """

    url: str
    level: Level
    types: tuple[str, ...] = ()
    since: datetime | None = None
    patients: tuple[str, ...] | None = None
    elements: str = ""


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
    wanted = asdict(request) | {"since": request.since.isoformat() if request.since else ""}
    return asked.seal(services, job_id, caller, wanted)


def unseal(services: Services, job: Job) -> tuple[Caller, ExportRequest]:
    """Return who asked for a job, and for what."""
    caller, found = asked.unseal(services, job)
    since = datetime.fromisoformat(found["since"]) if found["since"] else None
    patients = None if found["patients"] is None else tuple(found["patients"])
    types = tuple(found["types"])
    return caller, ExportRequest(found["url"], found["level"], types, since, patients, found["elements"])
