"""Whether a person is on treatment at this node on one day, and why not.

Sources: PEPFAR MER 2.6.1, TX_CURR, TX_ML; a confirmed transfer leaves the count, an unconfirmed one does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from config import Thresholds
from fhir.treatment.model import Dispense, PersonFacts, TreatmentRecord
from registry.domain.care.contact import Variant, expected_on
from registry.domain.care.dispenses import HANDED_OVER
from registry.domain.care.medicines import is_antiretroviral

Kind = Literal["on", "interrupted", "stopped", "transferred", "died", "transit", "not-here", "unknown"]


@dataclass(frozen=True)
class Status:
    """How the person stands: `since` is the day it began (missed date, stop, transfer, death), when known."""

    kind: Kind
    since: date | None = None
    expected: date | None = None
    late: int | None = None


@dataclass(frozen=True)
class Rules:
    """What a count needs besides the record: thresholds in days and how the expected contact is read."""

    thresholds: Thresholds
    variant: Variant = "later-of"


def status(record: TreatmentRecord, on: date, rules: Rules, undated_death: date) -> Status:
    """Return how the person stands on a local day; a death without a day counts as on `undated_death`."""
    own = pickups(record.dispenses, own=True)
    if not any(day <= on for day in own):
        return Status("not-here")
    ended = _ended(record, on, own, death_day(record.person, undated_death))
    if ended or _in_transit(record):
        return ended or Status("transit")
    awaited = expected_on(record, on, rules.thresholds, rules.variant)
    late = awaited.late(on)
    if late is None:
        return Status("unknown")
    kind: Kind = "interrupted" if late > rules.thresholds.iit_days else "on"
    return Status(kind, awaited.day if kind == "interrupted" else None, awaited.day, late)


def pickups(dispenses: Iterable[Dispense], *, own: bool = False) -> list[date]:
    """Return the days on which antiretrovirals were handed over, in order; `own` leaves out partners."""
    days = [
        one.handed_over.earliest
        for one in dispenses
        if one.handed_over
        and one.status in HANDED_OVER
        and is_antiretroviral(one.medicine.ingredients or frozenset())
        and (not own or one.source.kind == "own")
    ]
    return sorted(days)


def death_day(person: PersonFacts, undated: date) -> date | None:
    """Return the day of death; when only the fact is known, the day it was learned, else `undated`."""
    if person.died is not None:
        return person.died.earliest
    if not person.deceased:
        return None
    return person.death_known_on.date() if person.death_known_on else undated


def transferred_out(record: TreatmentRecord, on: date, own: list[date]) -> date | None:
    """Return the day the last transfer out was confirmed, unless the person came back for tablets since."""
    days = [one.confirmed for one in record.transfers if one.direction == "out" and one.confirmed]
    last = max((day for day in days if day <= on), default=None)
    return None if last is None or any(last < day <= on for day in own) else last


def stop_day(record: TreatmentRecord, on: date) -> date | None:
    """Return the day a documented stop began, unless treatment went on afterwards."""
    ends = [one.end.earliest for one in record.regimens if one.status == "stopped" and one.end]
    last = max((day for day in ends if day <= on), default=None)
    if last is None:
        return None
    going_on = [
        one
        for one in record.regimens
        if one.status == "active" and (one.end is None or one.end.earliest > last)
    ]
    starts = [one.start.earliest if one.start else last for one in going_on]
    started = any(day <= on for day in starts) or any(last <= day <= on for day in pickups(record.dispenses))
    return None if started else last


def _ended(record: TreatmentRecord, on: date, own: list[date], died: date | None) -> Status | None:
    """Return a death, transfer or stop; somebody who died after a transfer died elsewhere."""
    moved = transferred_out(record, on, own)
    if died is not None and died <= on and not (moved and moved <= died):
        return Status("died", died)
    if moved:
        return Status("transferred", moved)
    stopped = stop_day(record, on)
    return Status("stopped", stopped) if stopped else None


def _in_transit(record: TreatmentRecord) -> bool:
    """Tell whether the person's home is elsewhere: enrolled with a partner, not here, not transferred in."""
    elsewhere = any(one.source.kind == "partner" and one.status == "active" for one in record.episodes)
    here = any(one.source.kind == "own" for one in record.episodes)
    arrived = any(one.direction == "in" and one.state in ("accepted", "closed") for one in record.transfers)
    return elsewhere and not here and not arrived
