"""MedicationDispense to a Dispense: what was handed over, when, and for how many days.

Sources: https://hl7.org/fhir/R4/medicationdispense.html, https://hl7.org/fhir/R4/datatypes.html#Timing
"""

from decimal import ROUND_FLOOR, Decimal

from fhir.treatment.fields import (
    Quantity,
    day,
    extension,
    fhir_date,
    first_code,
    known_on,
    many,
    number,
    one,
    quantity,
    text,
)
from fhir.treatment.model import Dispense
from fhir.treatment.read.context import Context
from fhir.treatment.read.medicines import medicine
from fhir.treatment.systems import NEXT_PICKUP, PILLS_LEFT
from fhir.wire import JsonObject

# A month of supply is 30 days: the shorter reading, so that a run-out is never announced too late.
_DAYS: dict[str, int] = {
    **dict.fromkeys(("", "d", "day", "days", "dia", "dias", "día", "días"), 1),
    **dict.fromkeys(("wk", "week", "weeks", "semana", "semanas"), 7),
    **dict.fromkeys(("mo", "month", "months", "mes", "meses", "mês"), 30),
}
_MOST_DAYS = 3660
_PERIOD_DAYS = {"h": Decimal(1) / 24, "d": Decimal(1), "wk": Decimal(7), "mo": Decimal(30)}
_TIMES_A_DAY = {"QD": 1, "AM": 1, "PM": 1, "BED": 1, "BID": 2, "TID": 3, "QID": 4}
_TIMES_A_DAY |= {"Q4H": 6, "Q6H": 4, "Q8H": 3}
_MEASURED = frozenset(("mg", "g", "ug", "mcg", "kg", "ml", "l", "%", "mg/kg", "[iu]", "u", "iu"))


def dispense(resource: JsonObject, context: Context) -> tuple[Dispense, ...]:
    """Return the dispense, whatever its status: one entered in error is kept and says so."""
    amount = _positive(quantity(one(resource, "quantity")))
    return (
        Dispense(
            handed_over=fhir_date(resource.get("whenHandedOver")),
            medicine=medicine(resource, context.shelf),
            source=context.source,
            identifier=_identifier(resource),
            status=text(resource, "status") or "unknown",
            quantity=amount.value if amount else None,
            days=_days(quantity(one(resource, "daysSupply"))),
            daily_dose=_daily_dose(many(resource, "dosageInstruction"), amount),
            pills_left=_pills_left(resource),
            next_pickup=day(extension(resource, NEXT_PICKUP).get("valueDate")),
            known_on=known_on(resource, context.source),
        ),
    )


def _identifier(resource: JsonObject) -> str:
    first = next((entry for entry in many(resource, "identifier") if text(entry, "value")), {})
    return f"{text(first, 'system')}|{text(first, 'value')}" if first else ""


def _positive(amount: Quantity | None) -> Quantity | None:
    return amount if amount is not None and amount.value >= 0 and not amount.comparator else None


def _days(supply: Quantity | None) -> int | None:
    if supply is None or supply.comparator:
        return None
    size = _DAYS.get((supply.code or supply.unit).casefold()) or _DAYS.get(supply.unit.casefold() or "?")
    days = int((supply.value * size).to_integral_value(ROUND_FLOOR)) if size else 0
    return days if 0 < days <= _MOST_DAYS else None


def _pills_left(resource: JsonObject) -> Decimal | None:
    found = extension(resource, PILLS_LEFT)
    counted = quantity(one(found, "valueQuantity"))
    left = counted.value if counted else number(found.get("valueDecimal", found.get("valueInteger")))
    return left if left is not None and left >= 0 else None


def _daily_dose(instructions: list[JsonObject], amount: Quantity | None) -> Decimal | None:
    """Return units a day when every instruction says so in the unit handed over; a taper is unknown."""
    if not instructions or len({str(entry.get("sequence", 1)) for entry in instructions}) > 1:
        return None
    doses = [_dose_of(entry, amount) for entry in instructions]
    total = sum((dose for dose in doses if dose is not None), Decimal(0))
    return _plain(total) if total > 0 and None not in doses else None


def _dose_of(instruction: JsonObject, amount: Quantity | None) -> Decimal | None:
    rates = many(instruction, "doseAndRate")
    each = quantity(one(rates[0] if rates else instruction, "doseQuantity"))
    times = _times_a_day(one(instruction, "timing"))
    if each is None or times is None or instruction.get("asNeededBoolean") is True:
        return None
    unit, given = each.label.casefold(), amount.label.casefold() if amount else ""
    return each.value * times if unit == given or unit not in _MEASURED else None


def _times_a_day(timing: JsonObject) -> Decimal | None:
    repeat = one(timing, "repeat")
    period = number(repeat.get("period", 1))
    length = _PERIOD_DAYS.get(text(repeat, "periodUnit"))
    if repeat and period and period > 0 and length:
        return _frequency(repeat) / (period * length)
    named = _TIMES_A_DAY.get(first_code(one(timing, "code")).upper())
    moments = repeat.get("when", repeat.get("timeOfDay"))
    if named is None and isinstance(moments, list) and moments and not repeat.get("dayOfWeek"):
        named = len(moments)
    return Decimal(named) if named else None


def _frequency(repeat: JsonObject) -> Decimal:
    moments = repeat.get("when", repeat.get("timeOfDay"))
    default = len(moments) if isinstance(moments, list) and moments else 1
    return number(repeat.get("frequency", default)) or Decimal(1)


def _plain(value: Decimal) -> Decimal:
    rounded = value.quantize(Decimal("0.0001")).normalize()
    return rounded if rounded.as_tuple().exponent <= 0 else rounded.quantize(Decimal(1))  # type: ignore[operator]
