"""Primitive data types of FHIR R4: the JSON type each is written in, and the form of its value.

Source: https://hl7.org/fhir/R4/datatypes.html#primitive
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

_YEAR = r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_DAY = r"-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
_ZONE = r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"

_DATE = re.compile(rf"{_YEAR}(-(0[1-9]|1[0-2])|{_DAY})?")
_DATE_TIME = re.compile(rf"{_YEAR}(-(0[1-9]|1[0-2])|{_DAY}(T{_CLOCK}{_ZONE})?)?")
_INSTANT = re.compile(rf"{_YEAR}{_DAY}T{_CLOCK}{_ZONE}")
_TIME = re.compile(_CLOCK)
_CODE = re.compile(r"[^\s]+(\s[^\s]+)*")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_URI = re.compile(r"\S+")
_OID = re.compile(r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+")
_UUID = re.compile(r"urn:uuid:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BASE64 = re.compile(r"[0-9a-zA-Z+/]*={0,2}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_INTEGER_MAX = 2_147_483_647
_FULL_DATE = 10


@dataclass(frozen=True, slots=True)
class Primitive:
    """One primitive type: `types` are its Python forms, `written` the JSON word, `holds` checks its form."""

    name: str
    written: str
    types: tuple[type, ...]
    holds: Callable[[Any], bool]


def _text(value: str) -> bool:
    return bool(value) and not value.isspace() and not _CONTROL.search(value)


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    def holds(value: str) -> bool:
        return pattern.fullmatch(value) is not None

    return holds


def _is_date(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    def holds(value: str) -> bool:
        return pattern.fullmatch(value) is not None and _is_day(value[:_FULL_DATE])

    return holds


def _is_day(value: str) -> bool:
    if len(value) < _FULL_DATE:
        return True
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _base64(value: str) -> bool:
    packed = "".join(value.split())
    return bool(packed) and len(packed) % 4 == 0 and _BASE64.fullmatch(packed) is not None


def _between(lowest: int) -> Callable[[int], bool]:
    def holds(value: int) -> bool:
        return lowest <= value <= _INTEGER_MAX

    return holds


def _any(_: object) -> bool:
    return True


_STRINGS: dict[str, Callable[[Any], bool]] = {
    "string": _text,
    "markdown": _text,
    "xhtml": _text,
    "code": _matches(_CODE),
    "id": _matches(_ID),
    "uri": _matches(_URI),
    "url": _matches(_URI),
    "canonical": _matches(_URI),
    "oid": _matches(_OID),
    "uuid": _matches(_UUID),
    "date": _is_date(_DATE),
    "dateTime": _is_date(_DATE_TIME),
    "instant": _is_date(_INSTANT),
    "time": _matches(_TIME),
    "base64Binary": _base64,
}
_INTEGERS = {
    "integer": _between(-_INTEGER_MAX - 1),
    "unsignedInt": _between(0),
    "positiveInt": _between(1),
    "integer64": _any,
}

PRIMITIVES: dict[str, Primitive] = {
    **{name: Primitive(name, "string", (str,), holds) for name, holds in _STRINGS.items()},
    **{name: Primitive(name, "whole number", (int,), holds) for name, holds in _INTEGERS.items()},
    "boolean": Primitive("boolean", "true or false", (bool,), _any),
    "decimal": Primitive("decimal", "number", (int, float, Decimal), _any),
}


def has_type(value: object, primitive: Primitive) -> bool:
    """Tell whether a value is written in the JSON type of the primitive; true and false are no numbers."""
    if isinstance(value, bool):
        return primitive.name == "boolean"
    return isinstance(value, primitive.types)
