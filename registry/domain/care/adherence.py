"""Share of days with tablets in a window: proportion of days covered, and medication possession ratio.

Report the proportion of days covered; the ratio counts tablets handed over and may pass 100 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from config import Thresholds
from fhir.treatment.model import Dispense
from registry.domain.care.dispenses import clean
from registry.domain.care.eras import Era
from registry.domain.care.walk import Walk


@dataclass(frozen=True)
class Adherence:
    """Days of a window from its first dispense: covered by tablets, supplied by dispenses, and in all."""

    covered: int
    supplied: int
    days: int

    @property
    def pdc(self) -> Decimal | None:
        """Return the proportion of days covered in percent, one decimal; None without a dispense."""
        return _percent(self.covered, self.days) if self.days else None

    @property
    def mpr(self) -> Decimal | None:
        """Return the medication possession ratio in percent with one decimal; None without a dispense."""
        return _percent(self.supplied, self.days) if self.days else None


def adherence(
    dispenses: Sequence[Dispense], start: date, end: date, thresholds: Thresholds, ended: date | None = None
) -> Adherence:
    """Count `start` to `end`, both included; `ended` closes it earlier (death, transfer, stop)."""
    last = min(end, ended) if ended else end
    visits, _ = clean(dispenses, last)
    walk = Walk(thresholds.carry_days)
    walk.run(visits, (), last)
    days = [day for era in walk.eras for day, _, _ in era.supplied if day >= start]
    if not days:
        return Adherence(0, 0, 0)
    first = min(days)
    covered = sum((span.end - max(span.start, first)).days + 1 for span in walk.covered if span.end >= first)
    supplied = sum(_supplied(era, first) for era in walk.eras)
    return Adherence(covered, supplied, (last - first).days + 1)


def _supplied(era: Era, first: date) -> int:
    """Return the days one regimen was supplied: the shortest product of each visit, the least ingredient."""
    by_day: dict[str, dict[date, int]] = {name: {} for name in era.regimen}
    for day, product, days in era.supplied:
        if day >= first:
            for name in product:
                by_day[name][day] = min(days, by_day[name].get(day, days))
    return min((sum(days.values()) for days in by_day.values()), default=0)


def _percent(part: int, whole: int) -> Decimal:
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1"))
