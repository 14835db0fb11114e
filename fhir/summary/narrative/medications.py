"""The words of the medications section: what is taken, the last dispense, and how long it lasts."""

from collections.abc import Sequence

from fhir import codes
from fhir.summary.model import Item, SummaryInput
from fhir.summary.narrative.html import paragraph, table
from fhir.summary.wording import Words
from fhir.treatment.model import Dispense, Medicine, RegimenPeriod, TreatmentRecord

_CURRENT = ("active", "on-hold", "unknown")


def medications(
    items: Sequence[Item], record: TreatmentRecord, given: SummaryInput, words: Words
) -> list[str]:
    """Return the paragraphs and tables; the first paragraph holds regimen, last dispense, run-out and days
    left.
    """
    periods = [fact for item in items for fact in item.facts if isinstance(fact, RegimenPeriod)]
    handed = [fact for item in items for fact in item.facts if isinstance(fact, Dispense)]
    return [
        paragraph(*_first(record, given, words)),
        paragraph(*_history(record, words)),
        _intervals(periods, words),
        _dispenses(handed, words),
    ]


def name_of(medicine: Medicine) -> str:
    """Return the short name of a regimen where the ingredients are known, else the words it came with."""
    if medicine.ingredients and codes.antiretrovirals(medicine.ingredients):
        return codes.regimen_label(medicine.ingredients)
    return medicine.concept.text


def _first(record: TreatmentRecord, given: SummaryInput, words: Words) -> list[str]:
    lines = [_sentence(words.label("regimen"), _regimen(record, words))]
    usable = [
        dispense
        for dispense in record.dispenses
        if dispense.status == "completed" and codes.antiretrovirals(dispense.medicine.ingredients or ())
    ]
    last = usable[-1] if usable else None
    lines.append(_sentence(words.label("last_dispense"), _last(last, words)))
    run_out = words.day(given.run_out) or words.label("not_computed")
    lines.append(_sentence(words.label("run_out"), run_out))
    if given.days_on_hand is None:
        lines.append(_sentence(words.label("on_hand"), words.label("not_computed")))
    else:
        day = f"{words.label('as_of')} {words.day(given.day)}"
        lines.append(_sentence(words.label("on_hand"), f"{given.days_on_hand} ({day})"))
    return lines


def _regimen(record: TreatmentRecord, words: Words) -> str:
    current = [period for period in record.regimens if period.status in _CURRENT and period.end is None]
    named = [
        name_of(period.medicine)
        + (f" ({words.label('since')} {words.day(period.start)})" if period.start else "")
        for period in current
    ]
    if named:
        return "; ".join(dict.fromkeys(named))
    handed = [dispense.medicine for dispense in record.dispenses if dispense.status == "completed"]
    known = [medicine for medicine in handed if codes.antiretrovirals(medicine.ingredients or ())]
    return name_of(known[-1]) if known else words.label("no_regimen")


def _last(last: Dispense | None, words: Words) -> str:
    if last is None:
        return words.label("no_dispense")
    days = f"{last.days} {words.phrases['days']}" if last.days else ""
    return ", ".join(part for part in (words.day(last.handed_over), name_of(last.medicine), days) if part)


def _history(record: TreatmentRecord, words: Words) -> list[str]:
    started = words.day(record.treatment_start) or words.phrases["unknown"]
    lines = [_sentence(words.label("started"), started)]
    if record.treated_before is not None:
        lines.append(
            _sentence(words.label("treated_before"), words.phrases["yes" if record.treated_before else "no"])
        )
    return lines


def _intervals(periods: Sequence[RegimenPeriod], words: Words) -> str:
    headings = [words.label(name) for name in ("medicine", "dose", "from", "until", "status", "reason")]
    rows = (
        (
            name_of(period.medicine),
            period.dose,
            words.day(period.start),
            words.day(period.end),
            words.status(period.status),
            period.reason.text if period.reason else "",
        )
        for period in periods
    )
    return table(headings, rows)


def _dispenses(handed: Sequence[Dispense], words: Words) -> str:
    headings = [
        words.label(name) for name in ("dispensed", "medicine", "quantity", "supply", "next_pickup", "status")
    ]
    rows = (
        (
            words.day(dispense.handed_over),
            name_of(dispense.medicine),
            "" if dispense.quantity is None else words.number(dispense.quantity),
            "" if dispense.days is None else str(dispense.days),
            words.day(dispense.next_pickup),
            words.status(dispense.status),
        )
        for dispense in handed
    )
    return table(headings, rows)


def _sentence(label: str, value: str) -> str:
    return f"{label}: {value}."
