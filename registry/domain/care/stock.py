"""The stock a person holds, product by product: carry-over, its cap, counted tablets and changes of dose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from fhir.treatment.model import Dispense
from registry.domain.care.dispenses import days_supplied


@dataclass(frozen=True)
class Stock:
    """One product: the first day without it (None = unknown) and its tablets a day when stated."""

    run_out: date | None = None
    dose: Decimal | None = None


@dataclass(frozen=True)
class Filled:
    """A stock after a visit, with the working: first day served, days added, reasons."""

    stock: Stock
    start: date
    days: int | None
    why: tuple[str, ...]


def fill(before: Stock, dispenses: Sequence[Dispense], day: date, cap: int) -> Filled:
    """Add what was handed over of one product on one day; days carried over are at most `cap`."""
    dose = next((one.daily_dose for one in reversed(dispenses) if one.daily_dose), None)
    known = [days_supplied(one) for one in dispenses]
    days = None if None in known else sum(one for one in known if one is not None)
    why = ["dose-changed"] if dose and before.dose and dose != before.dose else []
    left = max((one.pills_left for one in dispenses if one.pills_left is not None), default=None)
    if days is None:
        held = before.run_out if before.run_out and before.run_out > day else None
        return Filled(Stock(held, dose or before.dose), day, None, (*why, "days-unknown"))
    if left is not None:
        run_out = day + timedelta(days=_with_counted(dispenses, days, dose, left))
        return Filled(Stock(run_out, dose or before.dose), day, days, (*why, "counted"))
    carried = _carried(before, day, dose)
    start = day + timedelta(days=min(carried, cap))
    if carried:
        why.append("carried-over" if carried <= cap else "carry-capped")
    # The cap doubts large stocks; it must not make a person who got more tablets look worse than before.
    run_out = max(start + timedelta(days=days), day + timedelta(days=carried))
    return Filled(Stock(run_out, dose or before.dose), start, days, tuple(why))


def lose(stock: Stock, day: date, tablets: Decimal | None) -> Stock:
    """Take lost, stolen or shared tablets away from a day on; None means all of them."""
    if stock.run_out is None or stock.run_out <= day:
        return stock
    if tablets is None or not stock.dose:
        return replace(stock, run_out=day)
    days = int((tablets / stock.dose).to_integral_value(ROUND_CEILING))
    return replace(stock, run_out=max(day, stock.run_out - timedelta(days=days)))


def redose(stock: Stock, day: date, dose: Decimal) -> Stock:
    """Take the tablets left at another daily dose from a day on."""
    return Stock(day + timedelta(days=_carried(stock, day, dose)) if stock.run_out else None, dose)


def _carried(before: Stock, day: date, dose: Decimal | None) -> int:
    if before.run_out is None or before.run_out <= day:
        return 0
    days = (before.run_out - day).days
    if dose and before.dose and dose != before.dose:
        return int(days * before.dose // dose)
    return days


def _with_counted(dispenses: Sequence[Dispense], days: int, dose: Decimal | None, left: Decimal) -> int:
    """Return floor((quantity + counted) / dose); quantity and days imply the dose when it is not stated."""
    quantities = [one.quantity for one in dispenses]
    quantity = sum((one for one in quantities if one is not None), Decimal(0))
    if quantity and days and None not in quantities and dose is None:
        dose = quantity / days
    if dose is None:
        return days
    if quantity and None not in quantities:
        return max(0, int((quantity + left) // dose))
    return days + int(left // dose)
