"""When a person was last seen, when they are expected next, and how late they are.

Source: PEPFAR MER 2.6.1, indicators TX_CURR and TX_ML; a telephone call is not a contact. Taking the later
of the next pick-up and the run-out is this project's own reading of its rule for supplies of several months.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from config import Thresholds
from fhir.treatment.model import Contact, Dispense, TreatmentRecord
from registry.domain.care.continuity import Supply, supply
from registry.domain.care.dispenses import HANDED_OVER

Variant = Literal["later-of", "appointment", "run-out"]

_SEEN = {
    "visit": frozenset({"finished", "in-progress", "arrived", "triaged"}),
    "appointment": frozenset({"fulfilled", "arrived", "checked-in"}),
}
_PLANNED = frozenset({"booked", "pending", "proposed", "waitlist", "noshow"})


@dataclass(frozen=True)
class Expected:
    """The day the person is expected, and the two days it was made from."""

    day: date | None
    appointment: date | None
    run_out: date | None

    def late(self, on: date) -> int | None:
        """Return the days late on a local day, negative while there is time; None when never expected."""
        return (on - self.day).days if self.day else None


def seen(dispenses: Iterable[Dispense], contacts: Iterable[Contact], until: date) -> list[date]:
    """Return the days of contacts until a day, in order: tablets handed over, and visits in person."""
    days = [one.handed_over.earliest for one in dispenses if one.handed_over and one.status in HANDED_OVER]
    days += [one.day.earliest for one in contacts if one.status in _SEEN[one.kind] and not one.virtual]
    return sorted(day for day in days if day <= until)


def expected(record: TreatmentRecord, stock: Supply, variant: Variant = "later-of") -> Expected:
    """Return when the person is expected as it stands on the day of `stock`."""
    planned = next_planned(record, stock)
    days = {
        "later-of": (planned, stock.run_out),
        "appointment": (planned,),
        "run-out": (stock.run_out,),
    }[variant]
    known = [day for day in days if day]
    return Expected(max(known) if known else stock.run_out or planned, planned, stock.run_out)


def expected_on(
    record: TreatmentRecord, on: date, thresholds: Thresholds, variant: Variant = "later-of"
) -> Expected:
    """Return when the person is expected as it stood on a local day."""
    return expected(record, supply(record.dispenses, on, thresholds), variant)


def next_planned(record: TreatmentRecord, stock: Supply, *, own: bool = False) -> date | None:
    """Return the pick-up or visit set at the last contact; a later booking by telephone does not move it.

    `own` leaves out what partners planned: tablets that wait in another country do not help here.
    """
    days = seen(record.dispenses, record.contacts, stock.on)
    last = days[-1] if days else date.min
    kinds = ("own",) if own else ("own", "partner", "document")
    pickup = stock.last.next_pickup if stock.last and stock.last.source.kind in kinds else None
    if pickup and pickup > last:
        return pickup
    planned = [one for one in record.contacts if one.source.kind in kinds and _was_planned(one, stock.on)]
    booked = [one.day.earliest for one in planned]
    return min((day for day in booked if day > last), default=None)


def _was_planned(contact: Contact, on: date) -> bool:
    """Tell whether a contact stood as planned on a day: one kept later was still planned then."""
    kept_later = contact.status in _SEEN["appointment"] and contact.day.earliest > on
    return contact.kind == "appointment" and (contact.status in _PLANNED or kept_later)
