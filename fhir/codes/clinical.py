"""What a code means for continuity of care: results, conditions, and statements that there is nothing.

Sources: terminology/results.json, conditions.json, absence.json.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from fhir.codes.systems import ICD_10, ICD_11, Codings, full_system, pairs, table

ViralLoadKind = Literal["copies", "iu", "log10", "by-unit"]
EMPTY_REASON = "http://terminology.hl7.org/CodeSystem/list-empty-reason"

_PREFIXED = (ICD_10, ICD_11)


@dataclass(frozen=True, slots=True)
class Absence:
    """State of a whole subject (`allergies`, or `any`) that there is nothing, or nothing known."""

    subject: str
    meaning: Literal["none-known", "no-information"]


def viral_load_kind(codings: Codings) -> ViralLoadKind | None:
    """Return in what a viral load of these codes is counted, or None when they are not a viral load.

    `by-unit` codes do not say: read the unit of the value. Presence and interpretation codes give None.
    """
    kinds = _viral_loads()
    found = [kinds[pair] for pair in pairs(codings) if pair in kinds]
    exact = [kind for kind in found if kind != "by-unit"]
    return (exact or found or [None])[0]


def result_kind(codings: Codings) -> str | None:
    """Return what an Observation measures (`viral-load`, `cd4`, `hbsag`, `creatinine`...), or None."""
    kinds = _results()
    return next((kinds[pair] for pair in pairs(codings) if pair in kinds), None)


def condition_kind(codings: Codings) -> str | None:
    """Return what a Condition is (`infection`, `stage-3`, `pregnancy`, `tuberculosis`...), or None.

    ICD codes match by prefix, the longest first; SNOMED CT codes match whole. The most telling kind wins:
    a stage before the infection itself.
    """
    found = {kind for pair in pairs(codings) if (kind := _condition(*pair))}
    return min(found, key=_weight, default=None)


def absence_of(codings: Codings) -> Absence | None:
    """Return the statement that there is nothing or nothing known, when the codes make one."""
    known = _absences()
    return next((known[pair] for pair in pairs(codings) if pair in known), None)


def empty_reasons() -> dict[str, str]:
    """Return the codes a section may give for having no entries, with their displays."""
    return dict(table("absence")["empty_reasons"])


def coding_of(kind: str) -> dict[str, str] | None:
    """Return the Coding to write for a result or condition kind, with its display when we have one."""
    rows = (*table("results")["results"], *table("conditions")["conditions"])
    for row in rows:
        if row["kind"] == kind and row.get("emit"):
            coding = {"system": full_system(row["system"]), "code": row["code"]}
            return coding | ({"display": row["display"]} if "display" in row else {})
    return None


def _condition(system: str, code: str) -> str | None:
    known = _conditions()
    if system not in _PREFIXED:
        return known.get((system, code))
    plain = code.upper().replace("*", "")
    sizes = range(len(plain), 2, -1)
    return next((known[(system, plain[:size])] for size in sizes if (system, plain[:size]) in known), None)


def _weight(kind: str) -> tuple[int, str]:
    return (1 if kind in ("infection", "advanced") else 0, kind)


@cache
def _viral_loads() -> dict[tuple[str, str], ViralLoadKind]:
    rows = [row for row in table("results")["results"] if row["kind"] == "viral-load"]
    return {(full_system(row["system"]), row["code"]): cast(ViralLoadKind, row["property"]) for row in rows}


@cache
def _results() -> dict[tuple[str, str], str]:
    return {(full_system(row["system"]), row["code"]): row["kind"] for row in table("results")["results"]}


@cache
def _conditions() -> dict[tuple[str, str], str]:
    rows = table("conditions")["conditions"]
    return {(full_system(row["system"]), row["code"]): row["kind"] for row in rows}


@cache
def _absences() -> dict[tuple[str, str], Absence]:
    rows = table("absence")["statements"]
    return {
        (full_system(row["system"]), row["code"]): Absence(row["subject"], row["meaning"]) for row in rows
    }
