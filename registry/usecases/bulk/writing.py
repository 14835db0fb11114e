"""Turn lines into sealed parts of files, and read them back part by part."""

from collections.abc import Iterator, Mapping, Sequence

from registry.domain.bulk import blocks
from registry.domain.bulk import job as jobs
from registry.domain.bulk.job import JobPart
from registry.errors import Gone
from registry.ports import Services

LINES_OF_FILE = 250_000
# Kinds of lines beside resources; the last is for this node only.
DELETED = "deleted"
ERRORS = "errors"
OWNERS = "owners"
# For each kind of line its newest file: number, lines and parts.
Files = Mapping[str, tuple[int, int, int]]


def parts_of(
    services: Services, job_id: str, lines: Mapping[str, Sequence[bytes]], files: Files
) -> tuple[list[JobPart], dict[str, tuple[int, int, int]]]:
    """Return sealed parts for these lines, and the newest file of each kind after them."""
    parts, after = [], dict(files)
    for kind, some in sorted(lines.items()):
        number, count, place = after.get(kind, (1, 0, 0))
        if count >= LINES_OF_FILE:
            number, count, place = number + 1, 0, 0
        name = f"{kind}-{number}.ndjson"
        packed = blocks.pack(some)
        sealed = services.vault.seal(jobs.owner(job_id), _where(job_id, name, place), packed)
        size = sum(map(len, some)) + len(some)
        parts.append(JobPart(job_id, name, place, kind, len(some), size, sealed))
        after[kind] = (number, count + len(some), place + 1)
    return parts, after


def read_blocks(services: Services, job_id: str, file: str) -> Iterator[bytes]:
    """Yield the deflated blocks of a file one by one; each is read when it is needed and then forgotten."""
    number = 0
    while True:
        with services.unit() as unit:
            part = unit.jobs.part(job_id, file, number)
        if part is None:
            return
        yield services.vault.open(jobs.owner(job_id), _where(job_id, file, number), part.body)
        number += 1


def read_lines(services: Services, job_id: str, file: str) -> Iterator[bytes]:
    """Yield the lines of a file."""
    for block in read_blocks(services, job_id, file):
        yield from blocks.unpack(block).splitlines()


def check_there(services: Services, job_id: str, file: str) -> None:
    """Raise Gone when a file has no part (any more)."""
    with services.unit() as unit:
        if unit.jobs.part(job_id, file, 0) is None:
            raise Gone("The files of this job were removed.")


def _where(job_id: str, file: str, number: int) -> tuple[str, str, str, int]:
    return ("job_part", f"{job_id}/{file}", "body", number)
