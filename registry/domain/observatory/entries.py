"""How somebody comes onto treatment at this node: new, back after an interruption, or treated elsewhere.

Source: PEPFAR MER 2.6.1, TX_NEW and TX_RTT. A transfer in is neither; an experienced person is never new.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from fhir.treatment.model import FhirDate, TreatmentRecord
from registry.domain.care.contact import expected_on
from registry.domain.observatory.periods import Period
from registry.domain.observatory.status import Rules, Status, pickups


@dataclass(frozen=True)
class Entry:
    """The way in; `missed` is the day treatment was missed first, when somebody returned and it is known."""

    kind: Literal["none", "returned", "transfer-in", "unknown"]
    missed: date | None = None


NO_ENTRY = Entry("none")


def treatment_start(record: TreatmentRecord) -> date | None:
    """Return the day treatment first began; a first dispense inside the month or year told gives the day."""
    told = record.treatment_start
    if told is None:
        return None
    first = next(iter(pickups(record.dispenses)), None)
    return first if first and told.earliest <= first <= _latest(told) else told.earliest


def starts_here(record: TreatmentRecord, period: Period) -> bool:
    """Answer whether treatment first ever began in the period, and here."""
    start = treatment_start(record)
    if start is None or start not in period or record.treated_before or _arrived(record):
        return False
    own = pickups(record.dispenses, own=True)
    return own[0] <= pickups(record.dispenses)[0] and own[0] <= period.end


def entry_of(record: TreatmentRecord, period: Period, before: Status, rules: Rules) -> Entry:
    """Say how somebody who is on treatment at the end, was not at the start and is not new, came in."""
    if before.kind == "transferred":
        return Entry("transfer-in")
    if before.kind in ("interrupted", "stopped"):
        return Entry("returned", before.since)
    if before.kind != "not-here":
        return Entry("unknown")
    awaited = expected_on(record, period.eve, rules.thresholds, rules.variant)
    late = awaited.late(period.eve)
    if late is not None:
        lost = late > rules.thresholds.iit_days
        return Entry("returned", awaited.day) if lost else Entry("transfer-in")
    return _without_dispenses(record, period)


def _without_dispenses(record: TreatmentRecord, period: Period) -> Entry:
    """Read the way in from what is told of earlier regimens, when no dispense before the period is known."""
    told = [one for one in record.regimens if one.start is None or one.start.earliest < period.start]
    if any(one.status == "active" and one.source.kind != "own" for one in told) or _arrived(record):
        return Entry("transfer-in")
    ends = [one.end.earliest for one in told if one.end and one.end.earliest < period.start]
    if ends or record.treated_before:
        return Entry("returned", max(ends, default=None))
    return Entry("unknown")


def _arrived(record: TreatmentRecord) -> bool:
    return any(one.direction == "in" and one.state in ("accepted", "closed") for one in record.transfers)


def _latest(told: FhirDate) -> date:
    """Return the last day a date of month or year precision can mean."""
    days = {"day": 0, "month": 31, "year": 372}[told.precision]
    after = told.earliest + timedelta(days=days)
    return after.replace(day=1) - timedelta(days=1) if days else after
