"""Long work: jobs with a lease and a cursor, and the sealed parts of their files."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, or_, select, update

from registry.domain.bulk.job import Job, JobFile, JobPart, JobState
from registry.ports.jobs import Progress
from registry.store import tables
from registry.store.prepared import Prepared
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

WORK = {"export": "long.export", "import": "long.import", "rotate": "long.rotate"}
_JOB = Shape(tables.job, Job)
_PART = Shape(tables.job_part, JobPart)
_J = tables.job.c
_P = tables.job_part.c
_GET = _JOB.select.where(_J.id == bindparam("of_id"))
_ADD_PART = Prepared(insert(tables.job_part), *_PART.names)
_FIND_PART = Prepared(
    _PART.select.where(
        _P.job_id == bindparam("of_job"), _P.file == bindparam("of_file"), _P.number == bindparam("of_number")
    )
)
_NO_LEASE: dict[str, object] = {"lease_owner": "", "lease_until": None}
_WORKING = "working"
_ENDED_BADLY = ("failed", "cancelled")
_BEFORE: dict[str, tuple[str, ...]] = {"expired": ("done",), "cancelled": (_WORKING, "done")}
NOBODY = b""


class SqlJobs:
    """The port Jobs."""

    def __init__(self, transaction: Transaction) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction

    def add(self, job: Job) -> None:
        """Add a job and wake a worker for it after the commit."""
        self._transaction.execute(insert(tables.job), _JOB.values(job))
        if job.kind in WORK:
            self._transaction.wake(WORK[job.kind], job.id)

    def get(self, job_id: str) -> Job | None:
        """Return a job."""
        return _JOB.find(self._transaction.execute(_GET, {"of_id": job_id}).one_or_none())

    def of(self, client: str, state: JobState) -> list[Job]:
        """Return the jobs of a client in one state, oldest first."""
        wanted = _JOB.select.where(_J.client == client, _J.state == state).order_by(_J.created, _J.id)
        return _JOB.read_all(self._transaction.execute(wanted))

    def claim(self, job_id: str, worker: str, lease_seconds: int) -> Job | None:
        """Lease a working job that nobody holds (DB clock); None when somebody does or it has ended."""
        claim = (
            update(tables.job)
            .where(_J.id == job_id, self._is_free())
            .values(lease_owner=worker, lease_until=self._in(lease_seconds))
            .returning(*_JOB.columns)
        )
        return _JOB.find(self._transaction.execute(claim).one_or_none())

    def advance(self, job: Job, progress: Progress, lease_seconds: int) -> bool:
        """Commit one step of a job as it was read; False, changing nothing, when it went on without us."""
        step = (
            update(tables.job)
            .where(
                _J.id == job.id,
                _J.state == _WORKING,
                _J.step == job.step,
                _J.lease_owner == job.lease_owner,
            )
            .values(
                step=job.step + 1,
                cursor=progress.cursor,
                done=progress.done,
                total=progress.total,
                error="",
                lease_until=self._in(lease_seconds),
            )
        )
        return self._transaction.changed(step) > 0

    def note(self, job_id: str, error: str) -> None:
        """Keep what went wrong in a step; the next step that is committed clears it."""
        self._transaction.execute(update(tables.job).where(_J.id == job_id).values(error=error))

    def release(self, job_id: str, worker: str) -> None:
        """Give a lease back, so that the next worker need not wait for its end."""
        ours = update(tables.job).where(_J.id == job_id, _J.lease_owner == worker)
        self._transaction.execute(ours.values(_NO_LEASE))

    def finish(self, job_id: str, state: JobState, expires: datetime | None, error: str = "") -> bool:
        """End a working job (or expire one that is done); False when it has ended before."""
        before = _BEFORE.get(state, (_WORKING,))
        changes = _NO_LEASE | {
            "state": state,
            "error": error,
            "expires": expires,
            "finished": self._transaction.now(),
        }
        end = update(tables.job).where(_J.id == job_id, _J.state.in_(before)).values(changes)
        return self._transaction.changed(end) > 0

    def due(self, limit: int) -> list[str]:
        """Return working jobs that nobody holds, oldest first."""
        free = select(_J.id).where(self._is_free(), _J.kind.in_(WORK))
        wanted = free.order_by(_J.created, _J.id).limit(limit)
        return list(self._transaction.execute(wanted).scalars())

    def over(self, limit: int) -> list[str]:
        """Return jobs whose files are to be removed: past their time, failed or cancelled."""
        late = and_(_J.state == "done", _J.expires <= self._transaction.clock())
        kept = and_(or_(_J.state.in_(_ENDED_BADLY), _J.state == "expired"), _J.request != NOBODY)
        wanted = select(_J.id).where(or_(late, kept)).order_by(_J.created, _J.id).limit(limit)
        return list(self._transaction.execute(wanted).scalars())

    def forget(self, job_id: str) -> None:
        """Remove the parts of a job and what was asked for; the row itself stays."""
        self._transaction.execute(delete(tables.job_part).where(_P.job_id == job_id))
        self._transaction.execute(update(tables.job).where(_J.id == job_id).values(request=NOBODY, cursor=""))

    def restart(self, job_id: str) -> None:
        """Let a job that ended begin anew, from its beginning."""
        begun = _NO_LEASE | {"state": _WORKING, "cursor": "", "done": 0, "finished": None, "expires": None}
        self._transaction.execute(update(tables.job).where(_J.id == job_id).values(begun))

    def purge(self, before: datetime) -> int:
        """Remove rows of jobs that were forgotten and made before a time; return how many."""
        old = delete(tables.job).where(_J.state != _WORKING, _J.request == NOBODY, _J.created < before)
        return self._transaction.changed(old)

    def add_parts(self, parts: Sequence[JobPart]) -> None:
        """Keep parts; they belong to the step that is being committed."""
        for part in parts:
            self._transaction.write(_ADD_PART, _PART.values(part))

    def part(self, job_id: str, file: str, number: int) -> JobPart | None:
        """Return one part of a file."""
        key = {"of_job": job_id, "of_file": file, "of_number": number}
        return _PART.first(self._transaction.look(_FIND_PART, key))

    def files(self, job_id: str) -> list[JobFile]:
        """Return the files of a job, by name."""
        name = self._transaction.in_byte_order(cast(ColumnElement[str], _P.file))
        wanted = (
            select(_P.file, func.min(_P.type), func.count(), func.sum(_P.count), func.sum(_P.size))
            .where(_P.job_id == job_id)
            .group_by(_P.file)
            .order_by(name)
        )
        found: list[Any] = list(self._transaction.execute(wanted))
        return [JobFile(row[0], row[1], row[2], int(row[3]), int(row[4])) for row in found]

    def _is_free(self) -> ColumnElement[bool]:
        now = self._transaction.clock()
        return and_(_J.state == _WORKING, or_(_J.lease_until.is_(None), _J.lease_until <= now))

    def _in(self, seconds: float) -> datetime:
        return self._transaction.now() + timedelta(seconds=seconds)
