"""Quantities: a number with its precision, and perhaps a unit (https://hl7.org/fhir/R4/search.html#quantity).

Units are compared as written, by code or by name; amounts of other units are not converted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from fhir.codes.systems import canonical_system
from fhir.search.kinds.moments import PREFIXES
from fhir.search.kinds.setting import BadValue, Setting
from fhir.search.spelling import plain, split

_WRITTEN = "A quantity is written as number, number||unit or number|system|code."
_LONGEST = 40
_MOST, _LEAST = Decimal("Infinity"), Decimal("-Infinity")


@dataclass(frozen=True, slots=True)
class Amount:
    """One comparison with a quantity: the number, half a unit of its last digit, and the unit asked for."""

    prefix: str
    value: Decimal
    half: Decimal
    system: str = ""
    unit: str = ""


def read(value: str, _setting: Setting) -> Amount:
    """Return the comparison a value asks for; raise BadValue when it is no quantity."""
    prefix, text = (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)
    number, *rest = split(text, "|")
    if len(rest) not in (0, 2) or len(number) > _LONGEST:
        raise BadValue(_WRITTEN)
    try:
        amount = Decimal(number)
    except InvalidOperation:
        raise BadValue(_WRITTEN) from None
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _LONGEST or "_" in number:
        raise BadValue(_WRITTEN)
    half = abs(amount) / 10 if prefix == "ap" else Decimal(5).scaleb(exponent - 1)
    system, unit = (canonical_system(plain(rest[0])), plain(rest[1])) if rest else ("", "")
    return Amount(prefix, amount, half, system, unit)


def fits(element: Any, asked: Amount, _setting: Setting) -> bool:
    """Tell whether a Quantity (Age, Duration) or Range is what was asked for."""
    if not isinstance(element, dict):
        return False
    if "low" in element or "high" in element:
        ends = [element.get("low"), element.get("high")]
        known = [end for end in ends if isinstance(end, dict)]
        if not known or not all(_same_unit(end, asked) for end in known):
            return False
        low, high = (_number(end) for end in ends)
        return _compare(_LEAST if low is None else low, _MOST if high is None else high, asked)
    value = _number(element)
    if value is None or not _same_unit(element, asked):
        return False
    comparator = str(element.get("comparator", ""))
    low_end = _LEAST if comparator.startswith("<") else value
    return _compare(low_end, _MOST if comparator.startswith(">") else value, asked)


def number_of(element: Any) -> Decimal | None:
    """Return the number to sort a Quantity or Range by."""
    if isinstance(element, dict) and ("low" in element or "high" in element):
        return _number(element.get("low" if "low" in element else "high"))
    return _number(element)


def _number(element: Any) -> Decimal | None:
    value = element.get("value") if isinstance(element, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _same_unit(element: dict[str, Any], asked: Amount) -> bool:
    if not asked.unit:
        return True
    if asked.system:
        return canonical_system(element.get("system")) == asked.system and element.get("code") == asked.unit
    return asked.unit in (element.get("code"), element.get("unit"))


def _compare(low: Decimal, high: Decimal, asked: Amount) -> bool:
    """Compare a range with the number asked for; below `<50` lies every number up to 50."""
    return _COMPARE[asked.prefix](low, high, asked.value, asked.half)


# From which number to which the element reaches, then the number asked for and its precision.
_COMPARE: dict[str, Callable[[Decimal, Decimal, Decimal, Decimal], bool]] = {
    "eq": lambda low, high, value, half: value - half <= low and high <= value + half,
    "ne": lambda low, high, value, half: low < value - half or value + half < high,
    "gt": lambda low, high, value, half: high > value,
    "lt": lambda low, high, value, half: low < value,
    "ge": lambda low, high, value, half: high >= value,
    "le": lambda low, high, value, half: low <= value,
    "sa": lambda low, high, value, half: low > value,
    "eb": lambda low, high, value, half: high < value,
    "ap": lambda low, high, value, half: low <= value + half and value - half <= high,
}
