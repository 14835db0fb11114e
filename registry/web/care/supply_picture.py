"""The supply of tablets as a picture: positions on a line of days, no rule of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from babel import dates

from registry.domain.care.continuity import Step, Supply
from registry.web.frame import languages

WIDTH = 640
LEFT, RIGHT = 8, 632
BACK, AHEAD, FURTHEST = 120, 21, 270
NARROW = 3
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Bar:
    """A run of days: `kind` is had, has (to come), gap or mark; `own` is false when given elsewhere."""

    x: float
    width: float
    kind: str
    own: bool = True


@dataclass(frozen=True)
class Tick:
    """The first day of a month."""

    x: float
    label: str


@dataclass(frozen=True)
class Picture:
    """Everything the drawing needs, in units of its view box."""

    bars: tuple[Bar, ...]
    marks: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    today: float
    run_out: float | None
    next_contact: float | None


@dataclass(frozen=True)
class _Line:
    first: date
    last: date

    def at(self, day: date) -> float:
        inside = min(max(day, self.first), self.last)
        share = (inside - self.first) / (self.last - self.first)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def bar(self, start: date, end: date, kind: str, own: bool = True) -> Bar:
        x = self.at(start)
        return Bar(x, max(round(self.at(end) - x, 1), NARROW), kind, own)


def draw(supply: Supply, next_contact: date | None) -> Picture | None:
    """Place dispenses, tablets and gaps on a line; None when nothing is known to draw."""
    used = [step for step in supply.steps if step.dispense and step.start and step.run_out and step.days]
    if not used and not supply.uncovered:
        return None
    line = _line(supply, used, next_contact)
    return Picture(
        bars=tuple(_bars(line, supply)),
        marks=tuple(_marks(line, used)),
        ticks=tuple(_ticks(line)),
        today=line.at(supply.on),
        run_out=line.at(supply.run_out) if supply.run_out and supply.run_out >= line.first else None,
        next_contact=line.at(next_contact) if next_contact and next_contact >= supply.on else None,
    )


def _line(supply: Supply, used: list[Step], next_contact: date | None) -> _Line:
    starts = [step.start for step in used if step.start] or [supply.on]
    first = max(min(starts) - 5 * _DAY, supply.on - BACK * _DAY)
    ends = [day for day in (supply.run_out, next_contact) if day] + [supply.on + 9 * _DAY]
    return _Line(first, min(max(ends) + AHEAD * _DAY, supply.on + FURTHEST * _DAY))


def _bars(line: _Line, supply: Supply) -> Iterator[Bar]:
    """Give the days with tablets between the gaps, the days still covered, then the gaps."""
    starts = [step.start for step in supply.steps if step.start and step.run_out]
    covered_until = min(supply.run_out or supply.on, supply.on)
    day = max(min(starts, default=supply.on), line.first)
    for gap in supply.uncovered:
        if gap.start > day:
            yield line.bar(day, gap.start, "had")
        day = max(day, gap.end + _DAY)
    if covered_until > day:
        yield line.bar(day, covered_until, "had")
    if supply.run_out and supply.run_out > supply.on:
        yield line.bar(supply.on, supply.run_out, "has")
    for gap in supply.uncovered:
        if gap.end >= line.first:
            yield line.bar(gap.start, gap.end + _DAY, "gap")


def _marks(line: _Line, used: list[Step]) -> Iterator[Bar]:
    for step in used:
        given = step.dispense.handed_over if step.dispense else None
        if step.dispense and given and given.earliest >= line.first:
            yield Bar(line.at(given.earliest), 0, "mark", step.dispense.source.kind == "own")


def _ticks(line: _Line) -> Iterator[Tick]:
    month = line.first.replace(day=1)
    while month <= line.last:
        if month >= line.first and line.at(month) < RIGHT - 20:
            yield Tick(line.at(month), dates.format_skeleton("MMM", month, locale=languages.locale()))
        month = (month + 32 * _DAY).replace(day=1)
