"""Import files of this machine: each remembers by its digest how far it came, so that it may be stopped."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import orjson

from registry.domain.access import rules
from registry.domain.bulk.job import Job
from registry.domain.model import Caller
from registry.errors import Conflict
from registry.ports import Services
from registry.usecases.bulk import ending, writing
from registry.usecases.bulk.importing import batches
from registry.usecases.bulk.importing.batches import BYTES_AT_ONCE, LINES_AT_ONCE, Place, Tally
from registry.usecases.bulk.importing.lines import Line
from registry.usecases.care.record import sealing

CHUNK = 1_000_000
BUSY = "Somebody imports this file now, or did until a moment ago. Try again in half a minute."
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Imported:
    """What became of one file; `before` says that an earlier run had finished it."""

    job_id: str
    tally: Tally
    before: bool = False


def in_order(paths: Iterable[Path]) -> list[Path]:
    """Return files so that what others refer to comes first: directory, Patients, the rest."""
    return sorted(paths, key=lambda path: (_rank(path), path.name))


def run(
    services: Services, caller: Caller, path: Path, progress: Progress, *, again: bool = False
) -> Imported:
    """Import one file from where it was left; `progress` hears of bytes done. `again` begins anew."""
    rules.check_can(caller, "write")
    job = _held(services, caller, path, again=again)
    place = batches.place_of(job.cursor)
    if job.state == "done":
        progress(path.stat().st_size)
        return Imported(job.id, place.tally, before=True)
    progress(place.offset)
    try:
        with path.open("rb") as file:
            file.seek(place.offset)
            for lines, offset in _batches(file, path.name, place, services.settings.message_limit):
                following = replace(place, offset=offset, line=lines[-1].number)
                stored = batches.do(services, caller, job, lines, following)
                if stored is None:
                    raise Conflict(BUSY)
                progress(offset - place.offset)
                job, place = stored
    except BaseException:
        _let_go(services, job)
        raise
    ending.finish(services, job, caller)
    return Imported(job.id, place.tally)


def findings(services: Services, job_id: str) -> Iterator[bytes]:
    """Yield what was found in a file: an OperationOutcome for each line that was not stored."""
    with services.unit() as unit:
        names = [each.name for each in unit.jobs.files(job_id) if each.type == writing.ERRORS]
    for name in names:
        yield from writing.read_lines(services, job_id, name)


def _batches(file: BinaryIO, name: str, place: Place, longest: int) -> Iterator[tuple[list[Line], int]]:
    """Yield some hundred lines at a time and the offset after them; a line too long is cut, so refused."""
    number, offset = place.line, place.offset
    lines: list[Line] = []
    size = 0
    while data := file.readline(longest + 2):
        length = len(data)
        while not data.endswith(b"\n") and (rest := file.readline(CHUNK)):
            length += len(rest)
            if rest.endswith(b"\n"):
                break
        number, offset, size = number + 1, offset + length, size + len(data)
        lines.append(Line(name, number, data))
        if len(lines) == LINES_AT_ONCE or size >= BYTES_AT_ONCE:
            yield lines, offset
            lines, size = [], 0
    if lines:
        yield lines, offset


def _held(services: Services, caller: Caller, path: Path, *, again: bool) -> Job:
    """Return the job of a file, leased to us unless it is done; make it when this file is new."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    job_id = f"file-{digest[:40]}"
    with services.unit() as unit:
        job = unit.jobs.get(job_id)
        if job is not None and job.state == "done" and again:
            unit.jobs.forget(job_id)
            unit.jobs.restart(job_id)
            job = unit.jobs.get(job_id)
        if job is None:
            now = unit.now()
            job = Job(job_id, "files", caller.id, "working", now, now, b"", total=path.stat().st_size)
            unit.jobs.add(job)
        if job.state == "done":
            return job
        held = unit.jobs.claim(job_id, services.ids.new(), batches.LEASE_SECONDS)
        if held is None:
            raise Conflict(BUSY)
        unit.commit()
    return held


def _let_go(services: Services, job: Job) -> None:
    with services.unit() as unit:
        unit.jobs.release(job.id, job.lease_owner)
        unit.commit()


def _rank(path: Path) -> int:
    """Return when a file's turn is, by the type of its first line."""
    with path.open("rb") as file:
        first = file.readline(CHUNK)
    try:
        found = orjson.loads(first)
        kind = found.get("resourceType") if isinstance(found, dict) else None
    except orjson.JSONDecodeError:
        kind = None
    return 0 if kind in sealing.DIRECTORY else 1 if kind == "Patient" else 2
