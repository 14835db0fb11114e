"""How likely a person is to run out of medicine, by named rules R1 to R10, with the dates they used.

All rules are this project's own proposal (docs: continuity risk); their numbers are thresholds of the node.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from config import Thresholds
from fhir.treatment.model import TreatmentRecord
from registry.domain.care import weight
from registry.domain.care.contact import Expected, expected, next_planned
from registry.domain.care.continuity import Supply
from registry.domain.care.dispenses import days_supplied

Level = Literal["low", "medium", "high", "critical"]
LEVELS: tuple[Level, ...] = ("low", "medium", "high", "critical")
ACTIONS = {
    "R1": "dispense-now",
    "R7": "re-engage",
    "R2": "bring-pickup-forward",
    "R3": "book-pickup",
    "R4": "give-extra-supply",
    "R6": "trace",
    "R10": "ask-destination",
    "R8": "renew-coverage",
    "R5": "call-about-stock",
}
"""Next action of each rule; among the gravest rules that apply, the one that stands first here leads."""


@dataclass(frozen=True)
class Plan:
    """What is planned beside the record: a journey, a confirmed visit at the destination, the cover of costs.

    `coverage_end` is the last day covered; `no_coverage` is true when there is none at the destination.
    """

    travel: date | None = None
    appointment: date | None = None
    coverage_end: date | None = None
    no_coverage: bool = False


@dataclass(frozen=True)
class Hit:
    """A rule that applies, its level and the days it counted (late, short, left or needed)."""

    rule: str
    level: Level
    days: int | None = None


@dataclass(frozen=True)
class Risk:
    """The level, the rules behind it, the dates used, days of tablets left and the next action's code."""

    level: Level
    hits: tuple[Hit, ...]
    weights: tuple[str, ...]
    run_out: date | None
    next_contact: date | None
    travel: date | None
    days_on_hand: int | None
    next_action: str
    extra_days: int | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        """Return the ids of the rules that apply; R9 when clinical weight raised the level."""
        return (*(hit.rule for hit in self.hits), *(("R9",) if self.weights and self.hits else ()))


def assess(
    record: TreatmentRecord, stock: Supply, on: date, thresholds: Thresholds, plan: Plan | None = None
) -> Risk:
    """Return the continuity risk on a local day; nobody is at risk after death or a closed transfer."""
    planned = plan or Plan()
    awaited = expected(record, stock)
    here = next_planned(record, stock, own=True)
    coming = [day for day in (here, planned.appointment) if day and day >= on]
    contact = min(coming, default=None)
    if record.person.deceased or _moved(record, on):
        return Risk("low", (), (), stock.run_out, contact, planned.travel, stock.days_on_hand, "none")
    hits = (
        *_supply_rules(stock, contact, thresholds),
        *_plan_rules(stock, planned, thresholds),
        *_contact_rules(record, awaited, on, thresholds),
    )
    weights = weight.of(record, on)
    level = max((LEVELS.index(hit.level) for hit in hits), default=0)
    raised = min(level + 1, len(LEVELS) - 1) if hits and weights else level
    order = list(ACTIONS)
    leading = min(hits, key=lambda hit: (-LEVELS.index(hit.level), order.index(hit.rule)), default=None)
    return Risk(
        level=LEVELS[raised],
        hits=hits,
        weights=weights,
        run_out=stock.run_out,
        next_contact=contact,
        travel=planned.travel,
        days_on_hand=stock.days_on_hand,
        next_action=ACTIONS[leading.rule] if leading else "none",
        extra_days=next((hit.days for hit in hits if hit.rule == "R4"), None),
    )


def _supply_rules(stock: Supply, contact: date | None, thresholds: Thresholds) -> Iterator[Hit]:
    if stock.run_out is not None and stock.days_on_hand is not None:
        if stock.days_on_hand == 0:
            yield Hit("R1", "critical", (stock.on - stock.run_out).days)
        if contact and stock.run_out < contact:
            short = (contact - stock.run_out).days
            yield Hit("R2", "critical" if short > 7 else "high", short)
        if contact is None and stock.days_on_hand <= 30:
            yield Hit("R3", "critical" if stock.days_on_hand <= 14 else "high", stock.days_on_hand)
    given = stock.last.handed_over if stock.last and days_supplied(stock.last) else None
    since = (stock.on - given.earliest).days if given else None
    if not stock.long_acting and (since is None or since > thresholds.stock_unknown_days):
        yield Hit("R5", "medium", since)


def _plan_rules(stock: Supply, plan: Plan, thresholds: Thresholds) -> Iterator[Hit]:
    if plan.travel and stock.run_out:
        needed = plan.travel + timedelta(days=thresholds.lead_days + thresholds.buffer_days)
        if stock.run_out < needed:
            yield Hit("R4", "high", (needed - stock.run_out).days)
    uncovered = plan.coverage_end and stock.run_out and plan.coverage_end < stock.run_out + timedelta(days=30)
    if plan.no_coverage or uncovered:
        yield Hit("R8", "medium", (plan.coverage_end - stock.on).days if plan.coverage_end else None)


def _contact_rules(
    record: TreatmentRecord, awaited: Expected, on: date, thresholds: Thresholds
) -> Iterator[Hit]:
    late = awaited.late(on) or 0
    if late > thresholds.iit_days:
        yield Hit("R7", "critical", late)
    elif late > 0:
        yield Hit("R6", "high", late)
    waiting = [
        (on - one.sent).days
        for one in record.transfers
        if one.sent and one.state in ("proposed", "sent", "received")
    ]
    longest = max(waiting, default=0)
    if longest > thresholds.transfer_pending_days:
        yield Hit("R10", "high", longest)


def _moved(record: TreatmentRecord, on: date) -> bool:
    """Tell whether care went elsewhere with a confirmed transfer and nothing was handed over here since."""
    left = [one.confirmed for one in record.transfers if one.direction == "out" and one.confirmed]
    own = [
        one.handed_over.earliest for one in record.dispenses if one.handed_over and one.source.kind == "own"
    ]
    last = max((day for day in left if day <= on), default=None)
    return last is not None and not any(last < day <= on for day in own)
