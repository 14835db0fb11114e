"""Measure the interface for systems on each database, request by request through a real server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tests.bench import loading, node, sending
from tests.bench.closed_loop import Broken, drive
from tests.bench.cost import Cost, megabytes, seconds
from tests.bench.figures import Measured, Row, row
from tests.bench.operations import OPERATIONS, Operation, Speaker
from tests.bench.samples import Sample
from tests.bench.wanted import Wanted
from tests.servers import live

WARM_SECONDS = 0.4
ELSEWHERE = "elsewhere"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Target:
    """A server to measure, whom it holds, and its processes (None: they cannot be seen from here)."""

    dialect: str
    base_url: str
    token: Callable[[], str]
    sample: Sample
    size: int
    today: date
    server: int | None = None
    database: int | None = None

    def cost(self) -> Cost | None:
        """Return the processor time spent so far."""
        if self.server is None:
            return None
        return Cost(seconds(self.server), seconds(self.database) if self.database else 0.0)

    def memory(self) -> float | None:
        """Return the memory of the server."""
        return None if self.server is None else megabytes(self.server)


def measure(wanted: Wanted, say: Say) -> Iterator[Row]:
    """Yield a row for each operation and database; raise Broken when a server cannot be measured."""
    if wanted.base_url:
        today = datetime.now(UTC).date()
        say("Sending synthetic people ...")
        sample = sending.send(wanted.base_url, wanted.token, today)
        size = len(sample.people) + len(sample.charts)
        yield from _rows(
            wanted, Target(ELSEWHERE, wanted.base_url, lambda: wanted.token, sample, size, today), say
        )
        return
    with ExitStack() as stack:
        say(f"Loading {wanted.people} synthetic people ({', '.join(wanted.dialects)}) ...")
        nodes = [
            stack.enter_context(node.loading(dialect, wanted.people, wanted.workers))
            for dialect in wanted.dialects
        ]
        for each in nodes:
            each.wait()
        if wanted.crowd:
            say(f"Loading {wanted.crowd} people more, with a Patient only ...")
            for each in nodes:
                node.gather(each, wanted.crowd)
        for each in nodes:
            with live.serving(each.node) as pid:
                yield from _rows(wanted, _target(each, pid, wanted.crowd), say)


def _target(loaded: node.Loaded, pid: int, crowd: int) -> Target:
    settings = loaded.node.settings
    sample = loading.read(loaded.result)
    size = len(sample.people) + len(sample.charts) + crowd
    today = datetime.now(settings.node.time_zone).date()
    return Target(loaded.dialect, settings.base_url, loaded.token, sample, size, today, pid, loaded.database)


def _rows(wanted: Wanted, target: Target, say: Say) -> Iterator[Row]:
    """Measure all operations in turn, several times over, so that a slow minute does not hit only one."""
    chosen = [each for each in OPERATIONS if _is_wanted(each, wanted)]
    if not chosen:
        raise Broken("No operation has such a name.")
    found: dict[str, list[Measured]] = {each.name: [] for each in chosen}
    for round_number in range(wanted.runs):
        speaker = Speaker(target.base_url, target.token())
        for each in chosen:
            say(f"{target.dialect}, run {round_number + 1} of {wanted.runs}: {each.name} ...")
            found[each.name].append(_run(wanted, target, each, speaker))
    for name, measured in found.items():
        yield row(name, target.dialect, target.size, measured)


def _run(wanted: Wanted, target: Target, operation: Operation, speaker: Speaker) -> Measured:
    make = operation.prepare(speaker, target.sample, target.today)
    drive(target.base_url, wanted.connections, make, min(WARM_SECONDS, wanted.seconds), wanted.most)
    before = target.cost()
    run = drive(target.base_url, wanted.connections, make, wanted.seconds, wanted.most)
    after = target.cost()
    return Measured(run, after.since(before) if after and before else None, target.memory())


def _is_wanted(operation: Operation, wanted: Wanted) -> bool:
    return not wanted.operations or any(word in operation.name for word in wanted.operations)
