"""Who is on treatment, new, back or lost in a period: one person's outcome, and the counts over many.

Sources: PEPFAR MER 2.6.1 (TX_CURR, TX_NEW, TX_RTT, TX_ML); choices marked own rule in docs/observatory.md.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from config import Thresholds
from fhir.treatment.model import TreatmentRecord
from registry.domain.care.contact import Variant, seen
from registry.domain.observatory.entries import NO_ENTRY, entry_of, starts_here, treatment_start
from registry.domain.observatory.known import as_known
from registry.domain.observatory.periods import Period, months_band
from registry.domain.observatory.status import Rules, Status, death_day, pickups, status

__all__ = ["Counts", "Outcome", "Period", "classify", "count"]

Loss = Literal["died", "interrupted", "transferred", "stopped"]


@dataclass(frozen=True)
class Outcome:
    """What one person counts as. `band` is months on treatment before a loss, or of the gap before a return.

    `gap_days` run from the missed date to the restart; `came_unknown` and `left_unknown` are people whose way
    in or out the facts do not tell; `alerts` are codes of data to be looked at.
    """

    current_at_start: bool
    current: bool
    new: bool = False
    returned: bool = False
    lost: Loss | None = None
    band: str = ""
    gap_days: int | None = None
    transfer_in: bool = False
    came_unknown: bool = False
    left_unknown: bool = False
    transit: bool = False
    expected: date | None = None
    late: int | None = None
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counts:
    """Exact counts, before any disclosure control; `lost_by` (outcome, band), `returned_by` band."""

    current_at_start: int
    current: int
    new: int
    returned: int
    lost: int
    transfers_in: int
    unknown: int
    lost_by: Counter[tuple[str, str]] = field(default_factory=Counter)
    returned_by: Counter[str] = field(default_factory=Counter)

    @property
    def balances(self) -> bool:
        """Answer whether end = start + new + returned + transfers in - lost, counting unknown ways."""
        came = self.new + self.returned + self.transfers_in
        return self.current == self.current_at_start + came - self.lost + self.unknown


def classify(
    record: TreatmentRecord,
    period: Period,
    known_on: datetime | None,
    thresholds: Thresholds,
    variant: Variant = "later-of",
) -> Outcome:
    """Return what a person counts as in a period, as known at a moment (with a time zone)."""
    known = as_known(record, known_on)
    rules = Rules(thresholds, variant)
    before = status(known, period.eve, rules, period.end)
    after = status(known, period.end, rules, period.end)
    start = treatment_start(known)
    new = after.kind not in ("transit", "not-here") and starts_here(known, period)
    counted = before.kind == "on" or new
    entry = entry_of(known, period, before, rules) if after.kind == "on" and not counted else NO_ENTRY
    lost = _loss(after) if counted and after.kind not in ("on", "unknown") else None
    band = months_band(start, after.since) if lost == "interrupted" else ""
    restart = next((day for day in seen(known.dispenses, known.contacts, period.end) if day in period), None)
    if entry.kind == "returned":
        band = months_band(entry.missed, restart)
    return Outcome(
        current_at_start=before.kind == "on",
        current=after.kind == "on",
        new=new,
        returned=entry.kind == "returned",
        lost=lost,
        band=band,
        gap_days=(restart - entry.missed).days if restart and entry.missed else None,
        transfer_in=entry.kind == "transfer-in",
        came_unknown=entry.kind == "unknown",
        left_unknown=counted and after.kind == "unknown",
        transit=after.kind == "transit",
        expected=after.expected,
        late=after.late,
        alerts=_alerts(known, period),
    )


def count(outcomes: Iterable[Outcome]) -> Counts:
    """Return the exact counts over many people."""
    totals: Counter[str] = Counter()
    lost_by: Counter[tuple[str, str]] = Counter()
    returned_by: Counter[str] = Counter()
    for one in outcomes:
        totals["start"] += one.current_at_start
        totals["current"] += one.current
        totals["new"] += one.new
        totals["transfers-in"] += one.transfer_in
        totals["unknown"] += one.came_unknown - one.left_unknown
        if one.lost:
            lost_by[one.lost, one.band] += 1
        if one.returned:
            returned_by[one.band] += 1
    return Counts(
        current_at_start=totals["start"],
        current=totals["current"],
        new=totals["new"],
        returned=returned_by.total(),
        lost=lost_by.total(),
        transfers_in=totals["transfers-in"],
        unknown=totals["unknown"],
        lost_by=lost_by,
        returned_by=returned_by,
    )


def _loss(after: Status) -> Loss:
    losses: dict[str, Loss] = {"died": "died", "transferred": "transferred", "stopped": "stopped"}
    return losses.get(after.kind, "interrupted")


def _alerts(record: TreatmentRecord, period: Period) -> tuple[str, ...]:
    died = death_day(record.person, period.end)
    return ("dispense-after-death",) if died and any(day > died for day in pickups(record.dispenses)) else ()
