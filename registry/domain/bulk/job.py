"""A long piece of work, its place in it, and the sealed files it makes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# "files": an import that a command works on itself; no worker takes it.
JobKind = Literal["export", "import", "files", "rotate"]
JobState = Literal["working", "done", "failed", "cancelled", "expired"]


@dataclass(frozen=True)
class Job:
    """One long piece of work. `request` is sealed; `cursor` is a JSON text of ids and numbers only.

    `step` counts what was committed: two workers that both hold the job cannot write the same step.
    """

    id: str
    kind: JobKind
    client: str
    state: JobState
    created: datetime
    snapshot: datetime
    request: bytes
    cursor: str = ""
    step: int = 0
    done: int = 0
    total: int = 0
    error: str = ""
    lease_owner: str = ""
    lease_until: datetime | None = None
    finished: datetime | None = None
    expires: datetime | None = None


@dataclass(frozen=True)
class JobPart:
    """One sealed block of a job's file: `count` whole lines of NDJSON, `size` bytes before deflating."""

    job_id: str
    file: str
    number: int
    type: str
    count: int
    size: int
    body: bytes


@dataclass(frozen=True)
class JobFile:
    """A file as the sum of its parts: lines and bytes before deflating."""

    name: str
    type: str
    parts: int
    count: int
    size: int


def owner(job_id: str) -> str:
    """Return the owner whose key seals a job's request and parts; no Patient can have an id with a colon."""
    return f"job:{job_id}"
