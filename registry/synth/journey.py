"""The course of one person's treatment: when and where it began, what was handed over, how it stands."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from registry.synth.tables import Journeys

DAY = timedelta(days=1)
_ABROAD = {"VE": ("VE", "VE", "CO"), "CO": ("CO", "EC"), "EC": ("EC", "CO"), "PE": ("PE",)}


@dataclass(frozen=True)
class Pickup:
    """Tablets handed over on one day for a number of days."""

    day: date
    days: int


@dataclass(frozen=True)
class Journey:
    """What happened, seen from the node: `arrival` is the first day here, `left` when it ended."""

    kind: str
    state: str
    origin: str
    through: str
    start: date
    arrival: date
    stopped_abroad: date | None
    pickups: tuple[Pickup, ...]
    left: date | None

    @property
    def run_out(self) -> date:
        """Return the first day without tablets if nothing was left over."""
        return self.pickups[-1].day + self.pickups[-1].days * DAY


def plan(origin: str, country: str, today: date, table: Journeys, rng: Random) -> Journey:
    """Draw a journey that is plausible on a local day."""
    kind, state = table.draw("journey", rng), table.draw("state", rng)
    if kind in ("moving", "newcomer"):
        state = "active"
    pickups = _pickups(kind, state, today, table, rng)
    arrival = pickups[0].day
    abroad = kind in ("with-records", "without-records") and origin != country
    stopped_abroad = None
    start = arrival
    if abroad:
        covered = kind == "with-records" and table.draw("covered_at_arrival", rng) == "yes"
        gap = rng.randrange(0, 21) if covered else rng.randrange(21, table.numbers["longest_gap_days"])
        stopped_abroad = arrival - gap * DAY
        start = stopped_abroad - rng.randrange(90, 2500) * DAY
    elif kind != "newcomer":
        start = arrival - rng.randrange(0, 2200) * DAY
    through = rng.choice(_ABROAD.get(origin, (origin,))) if abroad else country
    left = _left(state, pickups[-1], today, rng)
    return Journey(kind, state, origin, through, start, arrival, stopped_abroad, pickups, left)


def _pickups(kind: str, state: str, today: date, table: Journeys, rng: Random) -> tuple[Pickup, ...]:
    """Draw the visits backwards from the last one, which decides how the person stands today."""
    days = int(table.draw("days_supplied", rng))
    after = {
        "active": -rng.randrange(1, days),
        "late": rng.randrange(1, 29),
        "lost": rng.randrange(29, 400),
        "stopped": rng.randrange(-days + 10, 300),
        "died": rng.randrange(-days + 10, 300),
    }[state]
    found = [Pickup(today - (days + after) * DAY, days)]
    visits = 1 if kind == "newcomer" else int(table.draw("visits", rng))
    while len(found) < visits:
        shift = _shift(table.draw("timing", rng), table, rng)
        found.append(Pickup(found[-1].day - (days + shift) * DAY, days))
    return tuple(reversed(found))


def _shift(timing: str, table: Journeys, rng: Random) -> int:
    """Return the days from run-out to the next pick-up; below zero somebody came early."""
    return {
        "early": -rng.randrange(1, 11),
        "on-time": rng.randrange(0, 3),
        "late": rng.randrange(3, 29),
        "gap": rng.randrange(29, table.numbers["longest_gap_days"]),
    }[timing]


def _left(state: str, last: Pickup, today: date, rng: Random) -> date | None:
    if state not in ("stopped", "died"):
        return None
    return min(today, last.day + rng.randrange(1, last.days) * DAY)
