"""The narrative of each section, written from the facts that are shared and from nothing else."""

from collections.abc import Callable, Sequence

from fhir.summary import sections as places
from fhir.summary.model import Item, Section, SummaryInput
from fhir.summary.narrative.html import narrative, paragraph, table
from fhir.summary.narrative.medications import medications
from fhir.summary.narrative.results import measured, results
from fhir.summary.wording import Words
from fhir.treatment.fields import concept, fhir_date, many, one, text
from fhir.treatment.model import Allergy, Problem, TreatmentRecord, Vaccine
from fhir.wire import JsonObject


def section_text(
    section: Section, record: TreatmentRecord, given: SummaryInput, words: Words
) -> dict[str, str]:
    """Return the Narrative of a section; one without entries says that there is nothing, or that it is
    withheld.
    """
    parts = [part for part in _parts(section, record, given, words) if part]
    if section.more:
        parts.append(paragraph(words.phrases["and_more"]))
    if not section.items:
        said = words.phrases["withheld" if given.withheld else "nothing"]
        parts = [paragraph(said)]
    return narrative(words.language, *(parts or [paragraph(words.phrases["nothing"])]))


def _parts(section: Section, record: TreatmentRecord, given: SummaryInput, words: Words) -> list[str]:
    items = section.items
    writers: dict[str, Callable[[], list[str]]] = {
        places.MEDICATIONS: lambda: medications(items, record, given, words),
        places.RESULTS: lambda: results(items, record, words),
        places.PREGNANCY: lambda: [measured(items, words)],
        places.VITAL_SIGNS: lambda: [measured(items, words)],
        places.ALLERGIES: lambda: [_allergies(items, words)],
        places.PROBLEMS: lambda: [_problems(items, words)],
        places.PAST: lambda: [_problems(items, words)],
        places.VACCINES: lambda: [_vaccines(items, words)],
        places.PLAN: lambda: [_plan(items, words), paragraph(*_sender(given, words))],
    }
    return writers.get(section.code, lambda: [_coded(section, words)])()


def _allergies(items: Sequence[Item], words: Words) -> str:
    headings = [words.label(name) for name in ("substance", "criticality", "reaction", "status")]
    rows = (
        (
            fact.concept.text,
            words.status(fact.criticality) if fact.criticality else "",
            fact.reaction,
            words.status(fact.clinical_status) if fact.clinical_status else "",
        )
        for item in items
        for fact in item.facts
        if isinstance(fact, Allergy)
    )
    return table(headings, rows)


def _problems(items: Sequence[Item], words: Words) -> str:
    headings = [words.label(name) for name in ("problem", "from", "status")]
    rows = (
        (
            fact.concept.text,
            words.day(fact.onset or fact.recorded),
            words.status(fact.clinical_status) if fact.clinical_status else "",
        )
        for item in items
        for fact in item.facts
        if isinstance(fact, Problem)
    )
    return table(headings, rows)


def _vaccines(items: Sequence[Item], words: Words) -> str:
    headings = [words.label(name) for name in ("day", "vaccine", "status")]
    rows = (
        (words.day(fact.given), fact.concept.text, words.status(fact.status))
        for item in items
        for fact in item.facts
        if isinstance(fact, Vaccine)
    )
    return table(headings, rows)


def _plan(items: Sequence[Item], words: Words) -> str:
    headings = [words.label(name) for name in ("activity", "day", "status")]
    details = (one(entry, "detail") for item in items for entry in many(item.resource, "activity"))
    rows = (
        (
            text(detail, "description") or _named(detail),
            words.day(fhir_date(one(detail, "scheduledPeriod").get("start"))),
            words.status(text(detail, "status")),
        )
        for detail in details
    )
    return table(headings, rows)


def _sender(given: SummaryInput, words: Words) -> list[str]:
    lines = [f"{words.label('sender')}: {given.author}."]
    if given.author_phone:
        lines.append(f"{words.label('phone')}: {given.author_phone}.")
    return lines


def _coded(section: Section, words: Words) -> str:
    heading = {places.ALERTS: "alert", places.PROCEDURES: "procedure"}.get(section.code, "activity")
    rows = ((words.day(item.when), _named(item.resource)) for item in section.items)
    return table([words.label("day"), words.label(heading)], rows)


def _named(holder: JsonObject) -> str:
    found = concept(one(holder, "code"))
    return found.text if found else ""
