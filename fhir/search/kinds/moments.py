"""Dates: both sides are ranges by their precision (https://hl7.org/fhir/R4/search.html#date).

Moments are microseconds since 1970 UTC; a date without zone is one of the node's own zone.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

from fhir.search.kinds.setting import BadValue, Setting

FIRST, LAST = -(10**18), 10**18
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DATE = re.compile(
    r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01])"
    r"(?:T([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]|60)(?:\.([0-9]{1,9}))?)?"
    r"(Z|[+ -][0-9]{2}:[0-9]{2})?)?)?)?"
)
_WRITTEN = "A date is written as YYYY, YYYY-MM, YYYY-MM-DD or with a time as YYYY-MM-DDThh:mm:ssZ."


@dataclass(frozen=True, slots=True)
class Moment:
    """One comparison with a date: from `low` up to, not including, `high`; `text` is it as written."""

    prefix: str
    low: int
    high: int
    text: str

    @property
    def is_exact(self) -> bool:
        """Tell whether it is one whole day, which the index of birth dates can find."""
        return self.prefix == "eq" and len(self.text) == len("YYYY-MM-DD")


def read(value: str, setting: Setting) -> Moment:
    """Return the comparison a value asks for; raise BadValue when it is no date."""
    prefix, text = (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)
    zone = setting.now.tzinfo or UTC
    reach = span(text, zone)
    if reach is None:
        raise BadValue(_WRITTEN)
    low, high = reach
    if prefix == "ap":
        # A tenth of the time between then and now, as the standard recommends.
        slack = abs(_microseconds(setting.now) - low) // 10
        low, high = low - slack, high + slack
    return Moment(prefix, low, high, text)


def fits(element: Any, asked: Moment, setting: Setting) -> bool:
    """Tell whether a date, dateTime, instant, Period or Timing is what was asked for."""
    reach = range_of(element, setting.now.tzinfo or UTC)
    return reach is not None and compare(reach, asked)


def compare(reach: tuple[int, int], asked: Moment) -> bool:
    """Tell whether a range compares with the asked one as its prefix says."""
    return _COMPARE[asked.prefix](*reach, asked.low, asked.high)


# From when up to when the element reaches, then the same of what was asked for.
_COMPARE: dict[str, Callable[[int, int, int, int], bool]] = {
    "eq": lambda low, high, start, end: start <= low and high <= end,
    "ne": lambda low, high, start, end: low < start or end < high,
    "gt": lambda low, high, start, end: high > end,
    "lt": lambda low, high, start, end: low < start,
    "ge": lambda low, high, start, end: high > end or start <= low,
    "le": lambda low, high, start, end: low < start or high <= end,
    "sa": lambda low, high, start, end: low >= end,
    "eb": lambda low, high, start, end: high <= start,
    "ap": lambda low, high, start, end: low < end and start < high,
}


def range_of(element: Any, zone: tzinfo) -> tuple[int, int] | None:
    """Return from when up to when an element reaches, or None when it tells no time."""
    if isinstance(element, str):
        return span(element, zone)
    if not isinstance(element, dict):
        return None
    if "start" in element or "end" in element:
        start, end = range_of(element.get("start"), zone), range_of(element.get("end"), zone)
        return (start[0] if start else FIRST, end[1] if end else LAST)
    events = element.get("event")
    parts = [range_of(event, zone) for event in events] if isinstance(events, list) else []
    repeat = element.get("repeat")
    if isinstance(repeat, dict):
        parts.append(range_of(repeat.get("boundsPeriod"), zone))
    known = [part for part in parts if part]
    return (min(part[0] for part in known), max(part[1] for part in known)) if known else None


@lru_cache(4096)
def span(text: str, zone: tzinfo) -> tuple[int, int] | None:
    """Return the range of a date as written, or None when it is not one."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, part, offset = found.groups()
    try:
        start = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
            min(int(second or 0), 59), int((part or "0")[:6].ljust(6, "0")), _zone(offset, zone),
        )  # fmt: skip
    except ValueError:
        return None
    low = _microseconds(start)
    if second:
        return low, low + (10 ** (6 - min(len(part), 6)) if part else 1_000_000)
    if hour:
        return low, low + 60_000_000
    return low, _microseconds(_after(start, month, day))


def _after(start: datetime, month: str | None, day: str | None) -> datetime:
    """Return the local midnight after a day, month or year; the last year there is never ends."""
    if day:
        following = start.replace(tzinfo=None) + timedelta(days=1) if start < _end(start) else start
        return following.replace(tzinfo=start.tzinfo)
    if month and start.month < 12:
        return start.replace(month=start.month + 1)
    return start.replace(year=start.year + 1, month=1) if start.year < 9999 else _end(start)


def _end(start: datetime) -> datetime:
    return datetime(9999, 12, 31, tzinfo=start.tzinfo)


def _zone(offset: str | None, zone: tzinfo) -> tzinfo:
    if offset is None:
        return zone
    if offset == "Z":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    reach = timedelta(hours=hours, minutes=minutes)
    # A plus sign that was not escaped arrives as a space.
    return timezone(-reach if offset[0] == "-" else reach)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
