"""Which dispenses count, and on which day: the cleaning before any supply arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from fhir.treatment.model import Dispense, Ingredients
from registry.domain.care.medicines import comparable, is_antiretroviral

HANDED_OVER = frozenset({"completed", "unknown"})
"""Statuses of MedicationDispense in which the person may hold the tablets (https://hl7.org/fhir/R4/medicationdispense.html)."""


@dataclass(frozen=True)
class Step:
    """One line of the working: a dispense (none for an adjustment), what it did and why, in machine codes.

    `start` is the first day it serves, `run_out` the first day without that product, `days` what it adds.
    """

    dispense: Dispense | None
    why: tuple[str, ...]
    start: date | None = None
    run_out: date | None = None
    days: int | None = None


@dataclass(frozen=True)
class Visit:
    """The dispenses of one day that count, by product (comparable ingredients)."""

    day: date
    products: dict[Ingredients, tuple[Dispense, ...]] = field(default_factory=dict)


def days_supplied(dispense: Dispense) -> int | None:
    """Return the days a dispense lasts: as stated, else floor(quantity / dose), else None: never guess."""
    if dispense.days is not None:
        return dispense.days if dispense.days > 0 else None
    if dispense.quantity is None or not dispense.daily_dose or dispense.daily_dose < 0:
        return None
    return int(dispense.quantity // dispense.daily_dose)


def clean(dispenses: Sequence[Dispense], on: date) -> tuple[tuple[Visit, ...], tuple[Step, ...]]:
    """Return the visits until `on` in order, and one step for each dispense left out, with the reason."""
    left_out: list[Step] = []
    kept: list[tuple[date, Ingredients, Dispense]] = []
    for dispense in sorted(dispenses, key=_order):
        reason = _unusable(dispense, on)
        if reason:
            left_out.append(Step(dispense, (reason,)))
        elif any(_is_copy(dispense, other) for _, _, other in kept):
            left_out.append(Step(dispense, ("duplicate",)))
        else:
            kept.append((_day(dispense), comparable(dispense.medicine.ingredients or frozenset()), dispense))
    kept.sort(key=lambda item: item[0])
    return _visits(kept), tuple(left_out)


def _visits(kept: list[tuple[date, Ingredients, Dispense]]) -> tuple[Visit, ...]:
    visits: dict[date, Visit] = {}
    for day, product, dispense in kept:
        products = visits.setdefault(day, Visit(day)).products
        products[product] = (*products.get(product, ()), dispense)
    return tuple(visits.values())


def _unusable(dispense: Dispense, on: date) -> str:
    if dispense.status not in HANDED_OVER:
        return "entered-in-error" if dispense.status == "entered-in-error" else "not-handed-over"
    if dispense.handed_over is None:
        return "no-date"
    if dispense.handed_over.earliest > on:
        return "future"
    if dispense.medicine.ingredients is None:
        return "not-recognised"
    return "" if is_antiretroviral(dispense.medicine.ingredients) else "other-medicine"


def _is_copy(dispense: Dispense, other: Dispense) -> bool:
    """Compare by source identifier, else by day, product and quantity, or days without a quantity."""
    if dispense.identifier and dispense.identifier == other.identifier:
        return True
    if _day(dispense) != _day(other) or _product(dispense) != _product(other):
        return False
    if dispense.quantity is not None and other.quantity is not None:
        return dispense.quantity == other.quantity
    return days_supplied(dispense) == days_supplied(other)


def _product(dispense: Dispense) -> Ingredients:
    return comparable(dispense.medicine.ingredients or frozenset())


def _day(dispense: Dispense) -> date:
    return dispense.handed_over.earliest if dispense.handed_over else date.max


def _order(dispense: Dispense) -> tuple[object, ...]:
    """Put the copy to keep first: known days, a stated quantity, our own record, the newest version.

    The rest of the content follows, so that the answer does not depend on the order in which facts arrived.
    """
    known = dispense.known_on.timestamp() if dispense.known_on else 0.0
    return (
        days_supplied(dispense) is None,
        dispense.quantity is None,
        dispense.source.kind != "own",
        -known,
        _day(dispense),
        sorted(_product(dispense)),
        dispense.quantity or Decimal(0),
        days_supplied(dispense) or 0,
        dispense.pills_left is None,
        dispense.pills_left or Decimal(0),
        dispense.daily_dose or Decimal(0),
        dispense.identifier,
        dispense.source.name,
        dispense.source.reference,
    )
