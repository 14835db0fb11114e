"""Work through lines in batches: each is stored together with its findings and the place after it."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace

from registry.domain.bulk.job import Job
from registry.domain.model import Caller
from registry.errors import Conflict, VersionConflict
from registry.ports import Services
from registry.ports.jobs import Progress
from registry.usecases.bulk import writing
from registry.usecases.bulk.importing import lines as reading
from registry.usecases.bulk.importing import storing
from registry.usecases.bulk.importing.lines import Line

LINES_AT_ONCE = 500
BYTES_AT_ONCE = 4_000_000
LEASE_SECONDS = 20
TRIES = 3


@dataclass(frozen=True)
class Tally:
    """What became of the lines so far."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def plus(self, outcome: storing.Outcome) -> "Tally":
        """Return it with a batch added."""
        return Tally(
            self.created + outcome.created,
            self.updated + outcome.updated,
            self.unchanged + outcome.unchanged,
            self.rejected + len(outcome.findings),
        )


@dataclass(frozen=True)
class Place:
    """How far an import is: which input, bytes and lines of it done, its version (ETag), and the tally."""

    input: int = 0
    offset: int = 0
    line: int = 0
    version: str = ""
    tally: Tally = Tally()
    files: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def text(self) -> str:
        """Return it as a cursor."""
        return json.dumps(asdict(self), separators=(",", ":"))


def place_of(cursor: str) -> Place:
    """Return the place a cursor stands for; an empty cursor is the beginning."""
    if not cursor:
        return Place()
    found = json.loads(cursor)
    files = {name: (kept[0], kept[1], kept[2]) for name, kept in found.pop("files").items()}
    return Place(**found | {"tally": Tally(**found["tally"])}, files=files)


def do(
    services: Services, caller: Caller, job: Job, lines: Sequence[Line], place: Place
) -> tuple[Job, Place] | None:
    """Store a batch and the place after it; None when the job was cancelled or went on elsewhere."""
    read = reading.read(services, lines)
    for _ in range(TRIES - 1):
        # When somebody wrote one of these at the same time, it is known then, and this is an update of it.
        with suppress(Conflict, VersionConflict):
            return _store(services, caller, job, read, place)
    return _store(services, caller, job, read, place)


def _store(
    services: Services,
    caller: Caller,
    job: Job,
    read: tuple[list[reading.Checked], list[reading.Finding]],
    place: Place,
) -> tuple[Job, Place] | None:
    checked, findings = read
    with services.unit() as unit:
        outcome = storing.store(services, unit, caller, checked)
        outcome.findings = sorted([*outcome.findings, *findings], key=lambda each: each.line.number)
        told = {writing.ERRORS: [each.outcome() for each in outcome.findings]} if outcome.findings else {}
        parts, files = writing.parts_of(services, job.id, told, place.files)
        after = replace(place, tally=place.tally.plus(outcome), files=files)
        done = after.tally.created + after.tally.updated + after.tally.unchanged + after.tally.rejected
        if not unit.jobs.advance(job, Progress(after.text(), done, job.total), LEASE_SECONDS):
            return None
        unit.jobs.add_parts(parts)
        unit.commit()
    return replace(job, cursor=after.text(), step=job.step + 1, done=done), after
