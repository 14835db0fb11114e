"""One pass over a person's visits and stock events, in the order of their days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from fhir.treatment.model import Dispense, Ingredients
from registry.domain.care.dispenses import Step, Visit
from registry.domain.care.eras import Era, Relation, next_era, relation, stock_before
from registry.domain.care.medicines import LONG_ACTING, comparable
from registry.domain.care.stock import fill, lose, redose

DAY = timedelta(days=1)
_DOUBTFUL = frozenset({"days-unknown", "partial-date", "long-acting"})
_BUILDS_ON_BEFORE = frozenset({"carried-over", "carry-capped", "component-only", "completed"})


@dataclass(frozen=True)
class Adjustment:
    """A change of stock without a dispense: tablets lost, stolen or shared, or a new daily dose.

    `amount` is tablets lost (None = all) or the new tablets a day; `ingredients` a product (None = all).
    """

    day: date
    kind: Literal["lost", "dose"]
    amount: Decimal | None = None
    ingredients: Ingredients | None = None


@dataclass(frozen=True)
class Gap:
    """A run of days, first and last included; `open` when it still goes on."""

    start: date
    end: date
    open: bool = False

    @property
    def days(self) -> int:
        """Return the number of days."""
        return (self.end - self.start).days + 1


class Walk:
    """Count stock, covered days and gaps while visits and adjustments pass by."""

    def __init__(self, cap: int) -> None:
        self.eras = [Era()]
        self.steps: list[Step] = []
        self.gaps: list[Gap] = []
        self.covered: list[Gap] = []
        self.last: Dispense | None = None
        self._cap = cap
        self._since: date | None = None

    def run(self, visits: Sequence[Visit], adjustments: Sequence[Adjustment], on: date) -> None:
        """Take all events until `on` in order of day; on one day visits come first."""
        events: list[Visit | Adjustment] = [*visits, *(one for one in adjustments if one.day <= on)]
        for event in sorted(events, key=lambda one: (one.day, isinstance(one, Adjustment))):
            self._pass_time(event.day)
            if isinstance(event, Visit):
                self._visit(event)
            else:
                self._adjust(event)
        self._pass_time(on + DAY)
        if self.gaps and self.gaps[-1].end == on:
            self.gaps[-1] = Gap(self.gaps[-1].start, on, open=True)

    def _visit(self, visit: Visit) -> None:
        how = relation(self.eras[-1], visit.products.keys())
        if how == "regimen-changed":
            self.eras.append(next_era(self.eras[-1], visit.products.keys()))
        era = self.eras[-1]
        before = stock_before(era, visit, how)
        if how == "same":
            era.stocks = {}
        era.regimen = era.regimen.union(*visit.products)
        all_reasons: set[str] = set()
        for product, dispenses in visit.products.items():
            filled = fill(before[product], dispenses, visit.day, self._cap)
            why = (*_reasons(how, filled.why), *_doubts(dispenses, product))
            all_reasons.update(why)
            for dispense in dispenses:
                self.steps.append(Step(dispense, why, filled.start, filled.stock.run_out, filled.days))
            self.last = dispenses[-1]
            era.stocks[product] = filled.stock
            if filled.days is not None:
                era.supplied.append((visit.day, product, filled.days))
        doubt_goes_on = era.estimate and not all_reasons.isdisjoint(_BUILDS_ON_BEFORE)
        era.estimate = doubt_goes_on or not all_reasons.isdisjoint(_DOUBTFUL)

    def _adjust(self, adjustment: Adjustment) -> None:
        stocks = self.eras[-1].stocks
        for product, stock in stocks.items():
            if adjustment.ingredients is not None and comparable(adjustment.ingredients) != product:
                continue
            if adjustment.kind == "lost":
                changed, why = lose(stock, adjustment.day, adjustment.amount), "tablets-lost"
            else:
                changed, why = redose(stock, adjustment.day, adjustment.amount or Decimal(1)), "dose-changed"
            stocks[product] = changed
            self.steps.append(Step(None, (why,), adjustment.day, changed.run_out))

    def _pass_time(self, until: date) -> None:
        """Split the days from the last event to the day before `until` into covered and uncovered ones."""
        since, run_out = self._since, self.eras[-1].run_out
        self._since = until
        if since is None or run_out is None:
            return
        change = min(max(run_out, since), until)
        _extend(self.covered, since, change - DAY)
        _extend(self.gaps, change, until - DAY)


def _extend(spans: list[Gap], start: date, end: date) -> None:
    if end < start:
        return
    if spans and spans[-1].end + DAY == start:
        start = spans.pop().start
    spans.append(Gap(start, end))


def _reasons(how: Relation, why: tuple[str, ...]) -> tuple[str, ...]:
    """Name what happened: a plain refill says whether stock was carried over; anything else is said first."""
    if how == "same":
        return why or ("no-stock-left",)
    return (how, *why)


def _doubts(dispenses: Sequence[Dispense], product: Ingredients) -> tuple[str, ...]:
    partial = any(one.handed_over is not None and one.handed_over.precision != "day" for one in dispenses)
    doubts = ("partial-date",) if partial else ()
    return (*doubts, "long-acting") if product & LONG_ACTING else doubts
