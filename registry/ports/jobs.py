"""Port of long work: jobs in resumable steps, and the sealed files they make."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from registry.domain.bulk.job import Job, JobFile, JobPart, JobState
from registry.domain.model import Person, SealedResource, SearchToken


@dataclass(frozen=True)
class Progress:
    """Where a job is after a step: JSON cursor, resources done, resources known to be there."""

    cursor: str
    done: int
    total: int


class Jobs(Protocol):
    """Long work; the row is the truth, the broker only wakes workers."""

    def add(self, job: Job) -> None:
        """Add a job and wake a worker for it after the commit."""

    def get(self, job_id: str) -> Job | None:
        """Return a job."""

    def of(self, client: str, state: JobState) -> list[Job]:
        """Return the jobs of a client in one state, oldest first."""

    def claim(self, job_id: str, worker: str, lease_seconds: int) -> Job | None:
        """Lease a working job that nobody holds (DB clock); None when somebody does or it has ended."""

    def advance(self, job: Job, progress: Progress, lease_seconds: int) -> bool:
        """Commit one step of a job as it was read; False, changing nothing, when it went on without us."""

    def note(self, job_id: str, error: str) -> None:
        """Keep what went wrong in a step; the next step that is committed clears it."""

    def release(self, job_id: str, worker: str) -> None:
        """Give a lease back, so that the next worker need not wait for its end."""

    def finish(self, job_id: str, state: JobState, expires: datetime | None, error: str = "") -> bool:
        """End a working job (or expire one that is done); False when it has ended before."""

    def due(self, limit: int) -> list[str]:
        """Return working jobs that nobody holds, oldest first."""

    def over(self, limit: int) -> list[str]:
        """Return jobs whose files are to be removed: past their time, failed or cancelled."""

    def forget(self, job_id: str) -> None:
        """Remove the parts of a job and what was asked for; the row itself stays."""

    def restart(self, job_id: str) -> None:
        """Let a job that ended begin anew, from its beginning."""

    def purge(self, before: datetime) -> int:
        """Remove rows of jobs that were forgotten and made before a time; return how many."""

    def add_parts(self, parts: Sequence[JobPart]) -> None:
        """Keep parts; they belong to the step that is being committed."""

    def part(self, job_id: str, file: str, number: int) -> JobPart | None:
        """Return one part of a file."""

    def files(self, job_id: str) -> list[JobFile]:
        """Return the files of a job, by name."""


Row = tuple[str, str, int, str, bytes]
Key = tuple[str, str]


class Shelves(Protocol):
    """Big readings beside the transaction, big writings in it. A row: (type, id, version, owner, body)."""

    def people(self, after: str, limit: int) -> list[str]:
        """Return a page of owner ids after one, in the order of the database's own index."""

    def rows_of(self, owners: Sequence[str], types: Sequence[str], since: datetime | None) -> list[Row]:
        """Return current resources of these owners (of all types when none is named), committed ones only."""

    def deleted_of(self, owners: Sequence[str], types: Sequence[str], since: datetime) -> list[Key]:
        """Return (type, id) of resources of these owners deleted since a moment."""

    def page_of(
        self, owner: str, after: Key, limit: int, types: Sequence[str], since: datetime | None
    ) -> list[Row]:
        """Return the next current resources of one owner with many of them, by type and id."""

    def oldest_writer(self) -> datetime:
        """Return a moment before which everything is committed and can be read."""

    def known(self, keys: Sequence[Key]) -> dict[Key, SealedResource]:
        """Return the newest versions of these resources, deleted ones too, as this transaction sees them."""

    def add_people(self, people: Sequence[Person]) -> None:
        """Add many people."""

    def add_tokens(self, tokens: Sequence[tuple[str, Key, Sequence[SearchToken]]]) -> None:
        """Add the search tokens of new resources: (owner, resource, tokens)."""
