"""Do an import in steps: fetch a file from where it was left, store its lines in batches, note the place."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

from registry.domain.bulk.job import Job
from registry.domain.model import Caller
from registry.errors import NotReady, Refusal
from registry.ports import Services
from registry.ports.fetching import CannotFetch, Fetcher, Source
from registry.usecases.bulk import asked, ending
from registry.usecases.bulk.claiming import claim
from registry.usecases.bulk.importing import batches, start
from registry.usecases.bulk.importing.batches import BYTES_AT_ONCE, LEASE_SECONDS, LINES_AT_ONCE, Place
from registry.usecases.bulk.importing.lines import Line
from registry.usecases.bulk.importing.start import Input

WORK_SECONDS = 25.0
GRACE_SECONDS = 15.0
TOO_SLOW = "source-too-slow"
LONG_LINE = "line-too-long"
Clock = Callable[[], float]


def work(
    services: Services, job_id: str, worker: str, fetcher: Fetcher, clock: Clock = time.monotonic
) -> str | None:
    """Do steps of a job for up to 25 seconds; return its state, or None when somebody else has it."""
    job = claim(services, job_id, worker, LEASE_SECONDS)
    if job is None:
        return None
    try:
        caller, wanted = asked.unseal(services, job)
        start.check_may_write(services, caller)
        return _all(services, caller, job, start.inputs_of(wanted), (fetcher, clock))
    except NotReady:
        raise  # later, by the next worker
    except Refusal as refusal:
        return ending.fail(services, job, refusal.code)
    except CannotFetch as error:
        return ending.fail(services, job, error.code)


def _all(
    services: Services, caller: Caller, job: Job, inputs: tuple[Input, ...], tools: tuple[Fetcher, Clock]
) -> str | None:
    fetcher, clock = tools
    until = clock() + WORK_SECONDS
    place = batches.place_of(job.cursor)
    while place.input < len(inputs):
        with ExitStack() as stack:
            one = inputs[place.input]
            source = stack.enter_context(fetcher.open(one.url, place.offset, place.version))
            source = replace(source, chunks=_timed(source.chunks, clock, until + GRACE_SECONDS))
            for lines, offset in _batches(source, one, place, services.settings.message_limit):
                following = replace(place, offset=offset, line=lines[-1].number, version=source.version)
                stored = batches.do(services, caller, job, lines, following)
                if stored is None:
                    return None
                job, place = stored
                if clock() > until:
                    return ending.pause(services, job)
        finished = batches.do(
            services, caller, job, (), replace(place, input=place.input + 1, offset=0, line=0, version="")
        )
        if finished is None:
            return None
        job, place = finished
    return ending.finish(services, job, caller)


def _timed(chunks: Iterator[bytes], clock: Clock, until: float) -> Iterator[bytes]:
    """Yield chunks until a time; a source that sends nothing useful by then would hold a worker for ever."""
    for chunk in chunks:
        if clock() > until:
            raise CannotFetch(TOO_SLOW)
        yield chunk


def _batches(source: Source, one: Input, place: Place, longest: int) -> Iterator[tuple[list[Line], int]]:
    """Yield some hundred lines at a time and the offset after them."""
    number, offset = place.line, place.offset
    lines: list[Line] = []
    size = 0
    for data in lines_of(source, place.offset, longest):
        number, offset, size = number + 1, offset + len(data), size + len(data)
        lines.append(Line(f"{place.input + 1}-{one.type}", number, data))
        if len(lines) == LINES_AT_ONCE or size >= BYTES_AT_ONCE:
            yield lines, offset
            lines, size = [], 0
    if lines:
        yield lines, offset


def lines_of(source: Source, offset: int, longest: int) -> Iterator[bytes]:
    """Yield whole lines from an offset on; what a server sends before it is passed over."""
    skip = offset - source.offset
    rest = b""
    for chunk in source.chunks:
        if skip >= len(chunk):
            skip -= len(chunk)
            continue
        *whole, rest = (rest + chunk[skip:]).split(b"\n")
        skip = 0
        for line in whole:
            yield line + b"\n"
        if len(rest) > longest:
            raise CannotFetch(LONG_LINE)
    if rest:
        yield rest
