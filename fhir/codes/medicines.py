"""Medicines: which active ingredients a product holds, what a regimen is called, when two are the same.

Source: terminology/medicines.json, where each row says what was verified.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from fhir.codes.names import ingredients_in_text
from fhir.codes.systems import ATC, RXNORM, SNOMED, Codings, pairs, table

Ingredients = frozenset[str]
Language = Literal["es", "pt", "en"]

_ORDER = {"NtRTI": 0, "NRTI": 1, "INSTI": 2, "NNRTI": 3, "PI": 4, "booster": 5, "entry": 6, "companion": 7}
# Lamivudine and emtricitabine follow the other nucleosides in every usual way of writing a regimen.
_LATE = {"3TC": 1.4, "FTC": 1.5}
_BOOSTED = ("LPV", "ATV", "DRV", "EVG")
_BOOSTERS = {"RTV": "/r", "COBI": "/c"}


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One active substance: `key` is its abbreviation (`TDF`), `kind` its class (`INSTI`, `companion`)."""

    key: str
    kind: str
    antiretroviral: bool
    labels: tuple[tuple[str, str], ...]
    atc: str | None
    snomed: str | None
    unverified: frozenset[str]

    def name(self, language: str = "en") -> str:
        """Return the name in es, pt or en; English when there is none in the language."""
        labels = dict(self.labels)
        return labels.get(language) or labels["en"]


@dataclass(frozen=True, slots=True)
class Medicine:
    """One product or single substance with its codes; `unverified` names the fields to be shown with care."""

    label: str
    ingredients: Ingredients
    atc: str | None
    snomed: str | None
    rxnorm: tuple[str, ...]
    strength: str | None
    unverified: frozenset[str]

    def codings(self) -> list[dict[str, str]]:
        """Return the verified codings to write in a FHIR resource: ATC first, then SNOMED CT."""
        found = ((ATC, self.atc, "atc"), (SNOMED, self.snomed, "snomed"))
        return [
            {"system": system, "code": code}
            for system, code, field in found
            if code and field not in self.unverified
        ]

    def name(self, language: str = "en") -> str:
        """Return the ingredients' names in the order of the regimen label, joined by ` / `."""
        return " / ".join(ingredient(key).name(language) for key in in_order(self.ingredients))


def ingredients_of(codings: Codings, text: str | None = None) -> Ingredients | None:
    """Return the active ingredients of a product, or None when they are not certain.

    Codes are tried first (ATC, SNOMED CT, RxNorm), then names and usual abbreviations in `text`, then in the
    displays of the codings. "Tenofovir" alone is read as tenofovir disoproxil.
    """
    known = [coding for coding in codings if isinstance(coding, dict)]
    by_code = _by_code()
    found = {(system, code.upper()) for system, code in pairs(known)}
    for system in (ATC, SNOMED, RXNORM):
        for pair in sorted(found):
            if pair[0] == system and pair in by_code:
                return by_code[pair]
    for words in (text, *(coding.get("display") for coding in known)):
        read = ingredients_in_text(words) if isinstance(words, str) else None
        if read:
            return read
    return None


def medicine_for(ingredients: Iterable[str]) -> Medicine | None:
    """Return the one product (or single substance) that holds exactly these ingredients."""
    return _by_ingredients().get(frozenset(ingredients))


def ingredient(key: str) -> Ingredient:
    """Return one active substance by its abbreviation; KeyError when there is none."""
    return _ingredients()[key]


def ingredients() -> tuple[Ingredient, ...]:
    """Return all active substances we know, in the order of the table."""
    return tuple(_ingredients().values())


def antiretrovirals(found: Iterable[str]) -> Ingredients:
    """Return only the antiretroviral part of a set of ingredients."""
    known = _ingredients()
    return frozenset(key for key in found if key in known and known[key].antiretroviral)


def in_order(found: Iterable[str]) -> list[str]:
    """Return ingredients in the usual order of writing: nucleosides, 3TC or FTC, anchor drug, booster."""
    known = _ingredients()

    def place(key: str) -> tuple[float, str]:
        kind = known[key].kind if key in known else "companion"
        return _LATE.get(key, float(_ORDER[kind])), key

    return sorted(found, key=place)


def regimen_label(found: Iterable[str]) -> str:
    """Return the short name of a regimen: {TDF, 3TC, DTG} gives `TDF + 3TC + DTG`, {LPV, RTV} `LPV/r`."""
    left = in_order(found)
    boosters = [key for key in left if key in _BOOSTERS]
    partners = [key for key in left if key in _BOOSTED]
    if len(boosters) == 1 and len(partners) == 1:
        left.remove(boosters[0])
        left[left.index(partners[0])] = partners[0] + _BOOSTERS[boosters[0]]
    return " + ".join(left)


def same_regimen(one: Iterable[str], other: Iterable[str]) -> bool:
    """Tell whether two sets are one regimen; 3TC and FTC count as equal, TDF and TAF do not."""
    return _plain(one) == _plain(other)


def _plain(found: Iterable[str]) -> Ingredients:
    return frozenset("3TC" if key == "FTC" else key for key in found)


@cache
def _ingredients() -> dict[str, Ingredient]:
    return {row["key"]: _ingredient(row) for row in table("medicines")["ingredients"]}


def _ingredient(row: dict[str, Any]) -> Ingredient:
    return Ingredient(
        key=row["key"],
        kind=row["class"],
        antiretroviral=row["group"] == "antiretroviral",
        labels=tuple(row["label"].items()),
        atc=row["atc"],
        snomed=row["snomed"],
        unverified=frozenset(row["unverified"]),
    )


@cache
def _medicines() -> tuple[Medicine, ...]:
    rows = table("medicines")
    singles = [
        {**row, "label": row["key"], "ingredients": [row["key"]], "strength": None}
        for row in rows["ingredients"]
    ]
    return tuple(_medicine(row) for row in (*rows["products"], *singles))


def _medicine(row: dict[str, Any]) -> Medicine:
    return Medicine(
        label=row["label"],
        ingredients=frozenset(row["ingredients"]),
        atc=row["atc"],
        snomed=row["snomed"],
        rxnorm=tuple(row["rxnorm"]),
        strength=row["strength"],
        unverified=frozenset(row["unverified"]),
    )


@cache
def _by_ingredients() -> dict[Ingredients, Medicine]:
    return {medicine.ingredients: medicine for medicine in _medicines()}


@cache
def _by_code() -> dict[tuple[str, str], Ingredients]:
    found: dict[tuple[str, str], Ingredients] = {}
    for medicine in _medicines():
        codes = [
            (ATC, medicine.atc),
            (SNOMED, medicine.snomed),
            *((RXNORM, code) for code in medicine.rxnorm),
        ]
        found.update({(system, code): medicine.ingredients for system, code in codes if code})
    for old, new in table("medicines")["deprecated_atc"].items():
        found[(ATC, old)] = found[(ATC, new)]
    return found
