"""Days without tablets when a person crosses from the care of one country to another.

Own indicator: from the last contact in the origin to the first dispense in the destination. A crossing that
is still open is counted as open, never dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from config import Thresholds
from fhir.treatment.model import Source, TreatmentRecord
from registry.domain.care.contact import seen
from registry.domain.care.continuity import supply
from registry.domain.care.dispenses import Visit, clean

OPEN_STATES = frozenset({"proposed", "sent", "received", "accepted", "overdue"})


@dataclass(frozen=True)
class Crossing:
    """One crossing. `arrived` is the first dispense in the destination, None while it is open.

    `uncovered` counts days without tablets until then, or until the day asked for; None when not known.
    `inbound` is true when this node is the destination.
    """

    origin: str
    destination: str
    left: date
    arrived: date | None
    relink_days: int
    uncovered: int | None
    inbound: bool


def crossings(record: TreatmentRecord, on: date, thresholds: Thresholds) -> tuple[Crossing, ...]:
    """Return the crossings known on a local day, oldest first; origin and destination are source names."""
    visits, _ = clean(record.dispenses, on)
    found = [
        _closed(record, visits, place, thresholds)
        for place, (one, other) in enumerate(pairwise(visits))
        if _name(one) != _name(other)
    ]
    return (*found, *_open(record, visits, on, thresholds))


def _closed(record: TreatmentRecord, visits: Sequence[Visit], place: int, thresholds: Thresholds) -> Crossing:
    before, after = visits[place], visits[place + 1]
    eve = after.day - timedelta(days=1)
    left = _last_seen(record, _name(before), eve)
    return Crossing(
        origin=_name(before),
        destination=_name(after),
        left=left,
        arrived=after.day,
        relink_days=(after.day - left).days,
        uncovered=_uncovered(record, eve, after.day, thresholds),
        inbound=_source(after).kind == "own",
    )


def _open(
    record: TreatmentRecord, visits: Sequence[Visit], on: date, thresholds: Thresholds
) -> list[Crossing]:
    """Return the transfer somebody is on, when nobody but the origin handed over tablets since."""
    if not visits:
        return []
    last = visits[-1]
    sent = [one for one in record.transfers if one.sent and one.sent <= on and one.state in OPEN_STATES]
    waiting = [one for one in sent if (_source(last).kind == "own") is (one.direction == "out")]
    if not waiting:
        return []
    left = _last_seen(record, _name(last), on)
    inbound = waiting[-1].direction == "in"
    return [
        Crossing(
            origin=_name(last),
            destination=waiting[-1].source.name if inbound else waiting[-1].partner,
            left=left,
            arrived=None,
            relink_days=(on - left).days,
            uncovered=_uncovered(record, on, on, thresholds),
            inbound=inbound,
        )
    ]


def _uncovered(record: TreatmentRecord, known: date, until: date, thresholds: Thresholds) -> int | None:
    run_out = supply(record.dispenses, known, thresholds).run_out
    return None if run_out is None else max(0, (until - run_out).days)


def _last_seen(record: TreatmentRecord, name: str, until: date) -> date:
    dispenses = [one for one in record.dispenses if one.source.name == name]
    contacts = [one for one in record.contacts if one.source.name == name]
    return seen(dispenses, contacts, until)[-1]


def _source(visit: Visit) -> Source:
    """Return who handed over on a day; our own record counts first when two did."""
    sources = [one.source for dispenses in visit.products.values() for one in dispenses]
    return next((source for source in sources if source.kind == "own"), sources[0])


def _name(visit: Visit) -> str:
    return _source(visit).name
