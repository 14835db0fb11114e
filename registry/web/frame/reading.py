"""Read what was typed into a form: values, and every problem with its field, never an exception."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from flask_babel import gettext as _

from fhir.treatment.model import FhirDate

LONGEST = 200
_FIRST_YEAR = 1900


@dataclass(frozen=True)
class FieldError:
    """A problem: the id of the field and a sentence."""

    field: str
    text: str


class Sheet:
    """A filled-in form. Reading a field notes its problem and goes on, so all problems show at once."""

    def __init__(self, typed: Mapping[str, str] | None = None) -> None:
        self.typed = typed or {}
        self.errors: list[FieldError] = []

    def raw(self, name: str) -> str:
        """Return what was typed, to show it again."""
        return self.typed.get(name, "")

    def error(self, *names: str) -> str:
        """Return the first problem of these fields."""
        return next((found.text for found in self.errors if found.field in names), "")

    def refuse(self, name: str, text: str) -> None:
        """Note a problem."""
        self.errors.append(FieldError(name, text))

    def text(self, name: str, missing: str = "", longest: int = LONGEST) -> str:
        """Read a line of text; `missing` is the sentence for an empty one that is required."""
        value = " ".join(self.raw(name).split())
        if not value and missing:
            self.refuse(name, missing)
        elif len(value) > longest or not value.isprintable():
            self.refuse(name, _("Use at most %(number)s plain characters.", number=longest))
            return ""
        return value

    def choice(self, name: str, allowed: Sequence[str], missing: str = "") -> str:
        """Read one of the allowed values, or an empty string."""
        value = self.raw(name)
        if value in allowed:
            return value
        if value or missing:
            self.refuse(name, missing or _("Choose one of the list."))
        return ""

    def whole(self, name: str, low: int, high: int, missing: str = "") -> int | None:
        """Read a whole number in a range."""
        value = self.raw(name).strip()
        if not value:
            if missing:
                self.refuse(name, missing)
            return None
        if value.isascii() and value.isdecimal() and len(value) <= 9 and low <= int(value) <= high:
            return int(value)
        self.refuse(name, _("Type a whole number from %(low)s to %(high)s.", low=low, high=high))
        return None

    def decimal(self, name: str, low: Decimal, high: Decimal, missing: str = "") -> Decimal | None:
        """Read a number with a comma or a point."""
        value = self.raw(name).strip().replace(",", ".")
        if not value:
            if missing:
                self.refuse(name, missing)
            return None
        try:
            number = Decimal(value) if len(value) <= 12 else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or not low <= number <= high:
            self.refuse(name, _("Type a number from %(low)s to %(high)s.", low=low, high=high))
            return None
        return number

    def day(self, name: str, low: date, high: date, missing: str = "") -> date | None:
        """Read a day as the browser sends it (2026-03-05) or as people write it (5/3/2026)."""
        value = self.raw(name).strip()
        if not value:
            if missing:
                self.refuse(name, missing)
            return None
        found = _day(value)
        if found is None:
            self.refuse(name, _("Type a real date, for example 31/12/2026."))
        elif not low <= found <= high:
            self.refuse(name, _("The date must be from %(low)s to %(high)s.", low=low, high=high))
            return None
        return found

    def partial_day(self, name: str, today: date, missing: str = "") -> str:
        """Read three boxes as ISO 8601; the day, or day and month, may stay empty."""
        parts = [self.raw(f"{name}-{part}").strip() for part in ("year", "month", "day")]
        if not any(parts):
            if missing:
                self.refuse(f"{name}-day", missing)
            return ""
        found = _partial(*parts)
        if found is None or not date(_FIRST_YEAR, 1, 1) <= found.earliest <= today:
            sentence = _(
                "Type a real date in the past. The year is needed; leave day or month empty if not known."
            )
            self.refuse(f"{name}-day", sentence)
            return ""
        return str(found)


def _day(value: str) -> date | None:
    numbers = [int(part) for part in value.replace("/", "-").replace(".", "-").split("-") if _is_number(part)]
    if len(numbers) != 3:
        return None
    year, month, day = numbers if numbers[0] > 31 else reversed(numbers)
    return _date(year, month, day)


def _partial(year: str, month: str, day: str) -> FhirDate | None:
    if (
        not _is_number(year)
        or (day and not month)
        or not all(_is_number(part) for part in (month, day) if part)
    ):
        return None
    earliest = _date(int(year), int(month or 1), int(day or 1))
    if earliest is None:
        return None
    return FhirDate(earliest, "day" if day else "month" if month else "year")


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdecimal() and len(part) <= 4


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
