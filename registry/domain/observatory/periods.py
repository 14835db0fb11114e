"""Reporting periods, and the months between two days."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

_QUARTER = re.compile(r"(\d{4})Q([1-4])")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


class BadPeriod(ValueError):
    """The text names no period; the sentence says what would."""


@dataclass(frozen=True)
class Period:
    """Days from `start` to `end`, both included; local dates."""

    start: date
    end: date

    def __post_init__(self) -> None:
        """Refuse a period that ends before it starts."""
        if self.end < self.start:
            raise BadPeriod("A period ends on or after the day it starts.")

    def __contains__(self, day: object) -> bool:
        """Answer whether a day lies in the period."""
        return isinstance(day, date) and self.start <= day <= self.end

    @property
    def eve(self) -> date:
        """Return the day before it starts: the end of the period before."""
        return self.start - timedelta(days=1)

    def so_far(self, today: date) -> "Period":
        """Return the part until a local day, for a period that has not ended; at least its first day."""
        return Period(self.start, max(self.start, min(self.end, today)))

    @property
    def label(self) -> str:
        """Return `2026Q3` for a calendar quarter, `2026-07` for a month, else both days."""
        first_month, quarter = self.start.month, (self.start.month + 2) // 3
        if self == _months(self.start.year, first_month, 1):
            return f"{self.start:%Y-%m}"
        if first_month % 3 == 1 and self == _months(self.start.year, first_month, 3):
            return f"{self.start.year}Q{quarter}"
        return f"{self.start}/{self.end}"


def parse(text: str) -> Period:
    """Return the period `2026Q3` or `2026-07`; raise BadPeriod for anything else."""
    if match := _QUARTER.fullmatch(text):
        return _months(int(match[1]), 3 * int(match[2]) - 2, 3)
    if (match := _MONTH.fullmatch(text)) and 1 <= int(match[2]) <= 12:
        return _months(int(match[1]), int(match[2]), 1)
    raise BadPeriod("Write a quarter as 2026Q3 or a month as 2026-07.")


def months_between(start: date, end: date) -> int:
    """Return the whole calendar months from one day to a later one."""
    months = 12 * (end.year - start.year) + end.month - start.month
    return months - (end.day < start.day)


def months_band(start: date | None, end: date | None) -> str:
    """Return `<3`, `3-5` or `6+` months between two days, `unknown` when one is not known."""
    if start is None or end is None:
        return "unknown"
    months = months_between(start, end)
    return "<3" if months < 3 else "3-5" if months < 6 else "6+"


def _months(year: int, first: int, number: int) -> Period:
    after = 12 * year + first - 1 + number
    return Period(date(year, first, 1), date(after // 12, after % 12 + 1, 1) - timedelta(days=1))
