"""The words of the narrative in one language, from texts/<language>.toml, and how dates and numbers are
written.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from fhir.treatment.model import FhirDate

LANGUAGES = ("es", "pt", "en")
_FOLDER = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class Words:
    """The texts of one language; a status without a translation is shown as its code."""

    language: str
    title: str
    months: tuple[str, ...]
    sections: Mapping[str, str]
    labels: Mapping[str, str]
    statuses: Mapping[str, str]
    tests: Mapping[str, str]
    phrases: Mapping[str, str]

    def label(self, name: str) -> str:
        """Return a heading or a word by its name."""
        return self.labels[name]

    def status(self, code: str) -> str:
        """Return a status for a person to read."""
        return self.statuses.get(code, code)

    def day(self, found: FhirDate | date | None) -> str:
        """Return a date with the precision it has (`5 mar 2026`, `mar 2026`, `2026`), or nothing."""
        if found is None:
            return ""
        known = FhirDate(found) if isinstance(found, date) else found
        day, month, year = known.earliest.day, self.months[known.earliest.month - 1], known.earliest.year
        return {"day": f"{day} {month} {year}", "month": f"{month} {year}", "year": str(year)}[
            known.precision
        ]

    def number(self, value: Decimal | int) -> str:
        """Return a number as people of the language write it."""
        written = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
        if "." in written:
            written = written.rstrip("0").rstrip(".")
        swap = {",": self.phrases["thousands"], ".": self.phrases["decimal"]}
        return "".join(swap.get(letter, letter) for letter in written)


def words(language: str) -> Words:
    """Return the words of a language (`es-PE` counts as `es`); an unknown one gives Spanish."""
    plain = language[:2].lower()
    return _load(plain if plain in LANGUAGES else LANGUAGES[0])


@cache
def _load(language: str) -> Words:
    table = tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))
    return Words(
        language=language,
        title=table["title"],
        months=tuple(table["months"]),
        sections=table["sections"],
        labels=table["labels"],
        statuses=table["statuses"],
        tests=table["tests"],
        phrases={key: value for key, value in table.items() if isinstance(value, str)},
    )
