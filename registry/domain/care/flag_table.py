"""The table of flags (flags.toml), read once and checked: rows, what the other side is, and its names."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from fhir import codes
from fhir.treatment.model import Ingredients

Level = Literal["STOP", "ACT", "WATCH", "none", "not-assessed"]
LEVELS: tuple[Level, ...] = ("STOP", "ACT", "WATCH", "not-assessed", "none")
LANGUAGES = ("es", "pt", "en")
_TABLE = Path(__file__).with_name("flags.toml")

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """One rule: for each of `drugs` (none = whatever is taken) together with each of `conditions`."""

    id: str
    drugs: tuple[str, ...]
    conditions: tuple[str, ...]
    level: Level
    source: str
    dated: date
    verified: bool
    texts: Texts
    needs: re.Pattern[str] | None = None

    def pairs(self) -> list[tuple[str, str]]:
        """Return (drug, condition) of every pair this row stands for; an empty drug is any."""
        return [
            (drug, condition.replace("{drug}", drug))
            for drug in self.drugs or ("",)
            for condition in self.conditions
        ]


@dataclass(frozen=True)
class OtherMedicine:
    """How a medicine on the other side is recognised, and for how many days it acts after its end."""

    key: str
    ingredients: Ingredients
    atc: tuple[str, ...]
    words: frozenset[str]
    not_words: frozenset[str]
    dose: re.Pattern[str] | None
    unless: tuple[str, ...]
    days_after: int


@dataclass(frozen=True)
class Table:
    """All rows, the other medicines, the names of conditions, and the sentence for a pair without a row."""

    rows: tuple[Row, ...]
    others: tuple[OtherMedicine, ...]
    names: Mapping[str, Texts]
    not_assessed: Texts
    not_assessed_alone: Texts


@cache
def table() -> Table:
    """Return the table of this release."""
    return read_table(_TABLE.read_text("utf-8"))


def read_table(text: str) -> Table:
    """Return a table from its TOML text; KeyError or ValueError when a row lacks or misnames something."""
    found = tomllib.loads(text)
    others = tuple(_other(key, entry) for key, entry in found["other"].items())
    names = {key: entry["names"] for key, entry in found["other"].items()} | found["finding"]
    return Table(
        rows=tuple(_row(entry, found["groups"], names) for entry in found["row"]),
        others=others,
        names=names,
        not_assessed=found["not_assessed"],
        not_assessed_alone=found["not_assessed_alone"],
    )


def condition_name(names: Mapping[str, Texts], condition: str) -> Texts:
    """Return the name of a condition in each language; an allergy names its drug."""
    if not condition.startswith("allergy-"):
        return names[condition]
    drug = condition.removeprefix("allergy-")
    return {language: f"{text} ({drug})" for language, text in names["allergy"].items()}


def _row(entry: dict[str, Any], groups: dict[str, list[str]], names: Mapping[str, Texts]) -> Row:
    for condition in entry["with"]:
        condition_name(names, condition)
    if entry["level"] not in LEVELS or not isinstance(entry["date"], date):
        raise ValueError(f"Row {entry['id']} has a wrong level or date.")
    needs = entry.get("needs")
    return Row(
        id=entry["id"],
        drugs=tuple(drug for name in entry["drugs"] for drug in _drugs(name, groups)),
        conditions=tuple(entry["with"]),
        level=entry["level"],
        source=entry["source"],
        dated=entry["date"],
        verified=entry["verified"],
        texts={language: entry[language] for language in LANGUAGES},
        needs=re.compile(needs) if needs else None,
    )


def _drugs(name: str, groups: dict[str, list[str]]) -> list[str]:
    if name == "*":
        return [found.key for found in codes.ingredients() if found.antiretroviral]
    if name.startswith("@"):
        return groups[name[1:]]
    return [codes.ingredient(name).key]


def _other(key: str, entry: dict[str, Any]) -> OtherMedicine:
    dose = entry.get("dose")
    return OtherMedicine(
        key=key,
        ingredients=frozenset(entry.get("ingredients", ())),
        atc=tuple(entry["atc"]),
        words=frozenset(entry["words"]),
        not_words=frozenset(entry.get("not_words", ())),
        dose=re.compile(dose) if dose else None,
        unless=tuple(entry.get("unless", ())),
        days_after=entry.get("days_after", 0),
    )
