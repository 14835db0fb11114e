"""Publish the figures of a period: counted from the sealed records, rounded, written as an open-data package.

No row about a person leaves this process: people are opened one by one, counted and forgotten.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller
from registry.domain.observatory import disclosure
from registry.domain.observatory.package import Package, package
from registry.domain.observatory.periods import BadPeriod, Period, parse
from registry.domain.observatory.tally import Tally
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.care.chart.gather import gather

AT_ONCE = 200


@dataclass(frozen=True)
class Published:
    """What was written: the files, and how many figures they hold."""

    files: tuple[Path, ...]
    figures: int
    people: int


def publish(
    services: Services,
    caller: Caller,
    period: str,
    folder: Path,
    known_on: datetime | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Published:
    """Count a period such as 2026Q3 and write its package under `folder`; raise BadInput for a wrong period.

    `known_on` counts again what was known at that moment, so that a closed period gives the same figures.
    """
    rules.check_can(caller, "publish")
    try:
        wanted = parse(period)
    except BadPeriod as error:
        raise BadInput(str(error)) from None
    if wanted.start > services.today():
        raise BadInput("This period has not begun yet.")
    # Nobody is late yet for a day that has not come: a running period is counted until today.
    tally = count(services, caller, wanted.so_far(services.today()), known_on, progress)
    released = list(disclosure.release(tally.cells()))
    made = package(released, services.node, wanted, until=services.today())
    files = _write(folder, made)
    return Published(files, len(released), tally.people)


@dataclass
class Counted(Tally):
    """A tally that also knows how many people were looked at."""

    people: int = 0


def count(
    services: Services,
    caller: Caller,
    period: Period,
    known_on: datetime | None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Counted:
    """Return the exact counts of a period; they stay inside this process."""
    regions = tuple(sorted({facility.region for facility in services.node.facilities}))
    tally = Counted(period, known_on, regions, services.node.thresholds)
    for page in _pages(services):
        with services.unit() as unit:
            services.vault.prepare(page)
            for owner in page:
                person = unit.people.get(owner)
                if person is None or person.provisional:
                    continue
                state = unit.care.get(owner)
                record = gather(services, unit, owner, known_on).record()
                tally.add(record, state.region if state else "")
                tally.people += 1
            details = (("period", period.label), ("people", len(page)))
            unit.audit.add(AuditEntry(caller, "count", details=details))
            unit.commit()
        progress(tally.people)
    return tally


def _pages(services: Services) -> Iterator[list[str]]:
    after = ""
    while True:
        with services.unit() as unit:
            page = unit.people.ids(after, AT_ONCE)
        if not page:
            return
        yield page
        after = page[-1]


def _write(folder: Path, made: Package) -> tuple[Path, ...]:
    """Write every file under another name first, so that nobody reads half of one."""
    written: list[Path] = []
    for name, data in made.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.part")
        half.write_bytes(data)
        half.replace(path)
        written.append(path)
    return tuple(written)
