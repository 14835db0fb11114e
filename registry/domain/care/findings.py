"""What stands on the other side of a pair: other medicines, allergies, results and days without tablets."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from config import Thresholds
from fhir import codes
from fhir.treatment.model import (
    Concept,
    FhirDate,
    Ingredients,
    LabResult,
    RegimenPeriod,
    Source,
    TreatmentRecord,
)
from registry.domain.care.continuity import supply
from registry.domain.care.flag_table import OtherMedicine
from registry.domain.care.medicines import LONG_ACTING
from registry.domain.care.regimen import CurrentRegimen

ATC = "http://www.whocc.no/atc"
OFF_TABLETS_DAYS = 14
_GOING_ON = frozenset({"active", "intended", "unknown"})
_NEGATIVE = re.compile(
    r"\b(negativ\w*|not? (detected|reactive|detectad\w+|reactiv\w+)|non[- ]?reactive"
    r"|nao (reag\w+|detectad\w+)|absent|nd)\b"
)
_POSITIVE = re.compile(r"\b(positiv\w*|reactiv\w+|reagente|detected|detectad\w+|present\w*)\b")
_HLA = re.compile(r"hla-?b\W*57:?01")


@dataclass(frozen=True)
class Fact:
    """One fact that made a flag appear, as the record has it."""

    kind: Literal["medicine", "regimen", "allergy", "problem", "result", "supply", "missing"]
    text: str
    day: FhirDate | None = None
    source: Source | None = None


Findings = dict[str, tuple[Fact, ...]]


def findings(
    record: TreatmentRecord,
    regimen: CurrentRegimen,
    others: Iterable[OtherMedicine],
    on: date,
    thresholds: Thresholds,
) -> Findings:
    """Return the conditions of flags.toml that hold on a local day, each with the facts it rests on."""
    found: Findings = {}
    for other in others:
        _add(found, other.key, [fact for one in record.medications if (fact := _taken(one, other, on))])
    for other in others:
        if any(key in found for key in other.unless):
            found.pop(other.key, None)
    for allergy in record.allergies:
        if not allergy.none_known and allergy.clinical_status != "resolved":
            fact = Fact("allergy", allergy.concept.text, None, allergy.source)
            for drug in _ingredients(allergy.concept):
                _add(found, f"allergy-{drug}", [fact])
    _add_regimen(found, regimen)
    _add_results(found, record)
    gaps = supply(record.dispenses, on, thresholds).uncovered
    if gaps and gaps[-1].open and gaps[-1].days > OFF_TABLETS_DAYS:
        _add(found, "off-tablets", [Fact("supply", f"{gaps[-1].days}", FhirDate(gaps[-1].start))])
    return found


def is_positive(text: str) -> bool | None:
    """Read words of a result in three languages; None when they say neither yes nor no."""
    plain = plain_text(text)
    if _NEGATIVE.search(plain):
        return False
    return True if _POSITIVE.search(plain) else None


def plain_text(text: str) -> str:
    """Return a text in lower case without accents."""
    spread = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in spread if not unicodedata.combining(char))


def _taken(period: RegimenPeriod, other: OtherMedicine, on: date) -> Fact | None:
    """Return the fact when this medicine is the other one and is taken, or ended only a short while ago."""
    started = period.start is None or period.start.earliest <= on
    lately = period.end is not None and period.end.earliest >= on - timedelta(days=other.days_after)
    going_on = period.status in _GOING_ON and (period.end is None or period.end.earliest >= on)
    ended_lately = period.status not in ("not-taken", "entered-in-error") and lately
    if not started or not (going_on or ended_lately) or not _is(period, other):
        return None
    text = " ".join(part for part in (period.medicine.concept.text, period.dose) if part)
    return Fact(
        "medicine", text, period.end if ended_lately and not going_on else period.start, period.source
    )


def _is(period: RegimenPeriod, other: OtherMedicine) -> bool:
    concept = period.medicine.concept
    words = plain_text(" ".join((concept.text, *(coding.display for coding in concept.codings))))
    if other.dose and not other.dose.search(f"{words} {plain_text(period.dose)}"):
        return False
    if other.ingredients & (period.medicine.ingredients or frozenset()):
        return True
    if any(coding.system == ATC and coding.code.startswith(other.atc) for coding in concept.codings):
        return True
    named = set(re.findall(r"[a-z0-9]+", words))
    return bool(named & other.words) and not named & other.not_words


def _ingredients(concept: Concept) -> Ingredients:
    found = codes.ingredients_of([vars(coding) for coding in concept.codings], concept.text)
    return codes.antiretrovirals(found or frozenset())


def _add_regimen(found: Findings, regimen: CurrentRegimen) -> None:
    taken = [Fact("regimen", drug) for drug in sorted(regimen.possible)]
    kinds = {entry.key: entry.kind for entry in codes.ingredients()}
    _add(found, "taking-pi", [fact for fact in taken if kinds.get(fact.text) == "PI"])
    _add(found, "long-acting", [fact for fact in taken if fact.text in LONG_ACTING])
    unknown = [claim for claim in regimen.claims if claim.taking and claim.ingredients is None]
    _add(
        found,
        "not-recognised",
        [Fact("regimen", name, None, claim.source) for claim in unknown for name in claim.names],
    )


def _add_results(found: Findings, record: TreatmentRecord) -> None:
    hepatitis = _hepatitis_b(record)
    if hepatitis is None:
        _add(found, "hepatitis-b-unknown", [Fact("missing", "HBsAg")])
    else:
        _add(found, "hepatitis-b", hepatitis)
    _add(found, "low-creatinine-clearance", _below(record, "creatinine-clearance", Decimal(50), ("ml/min",)))
    _add(found, "anaemia", _below(record, "haemoglobin", Decimal(8), ("g/dl",)))
    _add(
        found,
        "hla-b5701",
        [
            Fact("result", f"{one.concept.text} {one.text}", one.sampled, one.source)
            for one in record.results
            if _HLA.search(plain_text(f"{one.concept.text}")) and is_positive(one.text)
        ],
    )


def _hepatitis_b(record: TreatmentRecord) -> list[Fact] | None:
    """Return the facts that say hepatitis B: none when the latest result excludes it, None when unknown."""
    problems = [
        Fact("problem", one.concept.text, one.onset or one.recorded, one.source)
        for one in record.problems
        if one.kind == "hepatitis-b" and one.clinical_status not in ("resolved", "inactive")
    ]
    read = [(one, is_positive(one.text)) for one in record.results if one.kind == "hbsag"]
    known = [(one, said) for one, said in read if said is not None]
    if not problems and not known:
        return [] if any(one.kind == "no-hepatitis-b" for one in record.problems) else None
    latest = known[-1:]
    return problems + [Fact("result", one.text, one.sampled, one.source) for one, said in latest if said]


def _below(record: TreatmentRecord, kind: str, limit: Decimal, units: tuple[str, ...]) -> list[Fact]:
    measured: list[LabResult] = [one for one in record.results if one.kind == kind and one.value is not None]
    return [
        Fact("result", f"{one.value} {one.unit}", one.sampled, one.source)
        for one in measured[-1:]
        if one.value is not None and one.value < limit and one.unit.casefold().startswith(units)
    ]


def _add(found: Findings, key: str, facts: Iterable[Fact]) -> None:
    listed = tuple(facts)
    if listed:
        found[key] = (*found.get(key, ()), *listed)
