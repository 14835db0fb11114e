"""How long a person's tablets last, counted from the dispenses of every country, with the working shown.

The rules are this project's own (docs: supply arithmetic, rules 1 to 8); they inform, a clinician decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from config import Thresholds
from fhir.treatment.model import Dispense, Ingredients
from registry.domain.care.dispenses import Step, clean
from registry.domain.care.eras import Era
from registry.domain.care.medicines import LONG_ACTING
from registry.domain.care.walk import Adjustment, Gap, Walk

__all__ = ["Adjustment", "Gap", "Step", "Supply", "supply"]

_OPEN_QUESTIONS = frozenset({"no-date", "not-recognised"})


@dataclass(frozen=True)
class Supply:
    """What the dispenses say on one local day, with the working.

    `run_out` is the first day without tablets (None = unknown), `days_on_hand` the whole days until then.
    `estimate` is true when a day, a number of days or a product had to be left open. `uncovered` are the
    gaps, the last one open when it still goes on. `steps` name each dispense, used or left out, and why.
    """

    on: date
    run_out: date | None
    days_on_hand: int | None
    estimate: bool
    regimen: Ingredients
    by_ingredient: dict[str, date | None]
    uncovered: tuple[Gap, ...]
    steps: tuple[Step, ...]
    last: Dispense | None
    long_acting: bool = False


def supply(
    dispenses: Sequence[Dispense], on: date, thresholds: Thresholds, adjustments: Sequence[Adjustment] = ()
) -> Supply:
    """Count the tablets a person holds on a local day; `thresholds.carry_days` caps what is carried over."""
    visits, left_out = clean(dispenses, on)
    walk = Walk(thresholds.carry_days)
    walk.run(visits, adjustments, on)
    era = walk.eras[-1]
    long_acting = not LONG_ACTING.isdisjoint(era.regimen)
    run_out = None if long_acting else era.run_out
    open_questions = any(not _OPEN_QUESTIONS.isdisjoint(step.why) for step in left_out)
    return Supply(
        on=on,
        run_out=run_out,
        days_on_hand=max(0, (run_out - on).days) if run_out else None,
        estimate=era.estimate or open_questions,
        regimen=era.regimen,
        by_ingredient=_by_ingredient(era, known=not long_acting),
        uncovered=() if long_acting else tuple(walk.gaps),
        steps=tuple(sorted((*walk.steps, *left_out), key=_day)),
        last=walk.last,
        long_acting=long_acting,
    )


def _by_ingredient(era: Era, *, known: bool) -> dict[str, date | None]:
    """Give each ingredient the earliest run-out of the products that hold it."""
    found: dict[str, date | None] = {}
    for name in sorted(era.regimen):
        days = [stock.run_out for product, stock in era.stocks.items() if name in product and stock.run_out]
        found[name] = min(days, default=None) if known else None
    return found


def _day(step: Step) -> date:
    if step.dispense is None:
        return step.start or date.min
    return step.dispense.handed_over.earliest if step.dispense.handed_over else date.min
