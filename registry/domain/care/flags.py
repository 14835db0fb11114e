"""Warnings that follow from what a person takes: each with its working, its source, and if it was verified.

An antiretroviral beside a medicine known to interact, without a visible row, is flagged as not assessed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from config import Thresholds
from fhir import codes
from fhir.treatment.model import TreatmentRecord
from registry.domain.care.findings import Fact, Findings, findings, plain_text
from registry.domain.care.flag_table import LEVELS, Level, Row, Table, Texts, condition_name, table
from registry.domain.care.regimen import CurrentRegimen, current

__all__ = ["Fact", "Flag", "flags"]

_BOOSTED = frozenset({"LPV", "ATV", "DRV"})


@dataclass(frozen=True)
class Flag:
    """One warning: what it says in each language, the drugs and facts it rests on, and its source."""

    id: str
    level: Level
    texts: Texts
    drugs: tuple[str, ...]
    conditions: tuple[str, ...]
    facts: tuple[Fact, ...]
    source: str = ""
    dated: date | None = None
    verified: bool = False

    def text(self, language: str) -> str:
        """Return the sentence in es, pt or en."""
        return self.texts[language]


def flags(
    record: TreatmentRecord, on: date, thresholds: Thresholds, *, include_unverified: bool
) -> tuple[Flag, ...]:
    """Return the warnings of a local day, the gravest first; unverified rows only when asked for."""
    rules = table()
    regimen = current(record, on)
    found = findings(record, regimen, rules.others, on, thresholds)
    visible = [row for row in rules.rows if row.verified or include_unverified]
    raised = [flag for row in visible if (flag := _raise(row, record, regimen, found))]
    unknown = _not_assessed(rules, visible, record, regimen, found)
    shown = [flag for flag in (*raised, *unknown) if flag.level != "none"]
    return tuple(sorted(shown, key=lambda flag: LEVELS.index(flag.level)))


def _raise(row: Row, record: TreatmentRecord, regimen: CurrentRegimen, found: Findings) -> Flag | None:
    met = _met(row, record, regimen, found)
    if not met:
        return None
    conditions = tuple(dict.fromkeys(condition for _, condition in met))
    facts = tuple(dict.fromkeys(fact for condition in conditions for fact in found[condition]))
    drugs = tuple(dict.fromkeys(drug for drug, _ in met if drug))
    return Flag(row.id, row.level, row.texts, drugs, conditions, facts, row.source, row.dated, row.verified)


def _met(
    row: Row, record: TreatmentRecord, regimen: CurrentRegimen, found: Findings
) -> list[tuple[str, str]]:
    """Return the pairs of a row that hold: the drug is taken, the condition found, the strength as meant."""
    return [
        (drug, condition)
        for drug, condition in row.pairs()
        if (not drug or drug in regimen.possible)
        and condition in found
        and (row.needs is None or row.needs.search(_described(drug, record, regimen)))
    ]


def _described(drug: str, record: TreatmentRecord, regimen: CurrentRegimen) -> str:
    """Return the words of the products that hold a drug: names, displays and doses."""
    products = [one.medicine for one in record.dispenses] + [one.medicine for one in record.regimens]
    held = [one for one in products if one.ingredients and drug in one.ingredients]
    words = [
        text
        for one in held
        for text in (one.concept.text, *(coding.display for coding in one.concept.codings))
    ]
    doses = [
        one.dose for one in record.regimens if one.medicine.ingredients and drug in one.medicine.ingredients
    ]
    names = [
        name
        for claim in regimen.claims
        if claim.ingredients and drug in claim.ingredients
        for name in claim.names
    ]
    return plain_text(" ".join((*words, *doses, *names)))


def _not_assessed(
    rules: Table, visible: Iterable[Row], record: TreatmentRecord, regimen: CurrentRegimen, found: Findings
) -> list[Flag]:
    """Flag what no visible row answers: drugs beside a medicine known to interact, pairs of hidden rows."""
    answered = {pair for row in visible for pair in _met(row, record, regimen, found)}
    drugs = codes.antiretrovirals(regimen.possible)
    asked = {(drug, other.key) for drug in drugs for other in rules.others if other.key in found}
    asked |= {pair for row in rules.rows for pair in _met(row, record, regimen, found)}
    open_pairs = asked - answered
    by_condition: dict[str, list[str]] = {}
    for drug, condition in sorted(open_pairs):
        boosts_an_answered_drug = drug == "RTV" and any(
            (one, condition) in answered for one in _BOOSTED & drugs
        )
        if not boosts_an_answered_drug:
            by_condition.setdefault(condition, []).append(drug)
    return [
        Flag(
            id="not-assessed",
            level="not-assessed",
            texts=_sentence(rules, held, condition),
            drugs=tuple(drug for drug in held if drug),
            conditions=(condition,),
            facts=found[condition],
        )
        for condition, held in by_condition.items()
    ]


def _sentence(rules: Table, drugs: list[str], condition: str) -> Mapping[str, str]:
    names = condition_name(rules.names, condition)
    listed = ", ".join(codes.in_order(drug for drug in drugs if drug))
    sentences = rules.not_assessed if listed else rules.not_assessed_alone
    return {
        language: text.format(drugs=listed, other=names[language]) for language, text in sentences.items()
    }
