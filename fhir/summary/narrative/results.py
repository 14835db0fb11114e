"""The words of results, vital signs and pregnancy: value, unit and the day of the sample."""

from collections.abc import Sequence
from decimal import Decimal

from fhir.summary.model import Item
from fhir.summary.narrative.html import paragraph, table
from fhir.summary.wording import Words
from fhir.treatment.fields import fhir_date
from fhir.treatment.model import LabResult, TreatmentRecord, ViralLoad


def results(items: Sequence[Item], record: TreatmentRecord, words: Words) -> list[str]:
    """Return the last viral load and the lowest CD4 in a paragraph, then every result chosen."""
    return [paragraph(*_headline(record, words)), measured(items, words)]


def measured(items: Sequence[Item], words: Words) -> str:
    """Return one row per result."""
    facts = [fact for item in items for fact in item.facts]
    headings = [words.label(name) for name in ("day", "test", "result", "remark")]
    rows = [_row(fact, words) for fact in facts if isinstance(fact, ViralLoad | LabResult)]
    return table(headings, rows)


def load(result: ViralLoad, words: Words) -> str:
    """Return a viral load as people read it; one that could not be converted as it came."""
    if not result.convertible:
        return result.original
    number = result.copies if result.copies is not None else result.limit
    if number is None or (result.copies is None and not result.comparator):
        return words.label("none_detected") if result.comparator else result.original
    return f"{result.comparator}{words.number(number)} {words.label('copies')}"


def _headline(record: TreatmentRecord, words: Words) -> list[str]:
    lines = []
    if record.viral_loads:
        last = record.viral_loads[-1]
        said = f"{load(last, words)} ({words.day(last.sampled) or words.phrases['unknown']})"
        remark = _remark(last, words)
        lines.append(f"{words.label('last_viral_load')}: {said}{', ' + remark if remark else ''}.")
    counts = [result for result in record.results if result.kind == "cd4" and result.value is not None]
    if counts:
        lowest = min(counts, key=lambda result: result.value or Decimal(0))
        lines.append(f"{words.label('lowest_cd4')}: {_value(lowest, words)} ({words.day(lowest.sampled)}).")
    return lines


def _row(fact: ViralLoad | LabResult, words: Words) -> tuple[str, str, str, str]:
    day = words.day(fact.sampled)
    if isinstance(fact, ViralLoad):
        return day, words.label("viral_load"), load(fact, words), _remark(fact, words)
    status = "" if fact.status == "final" else words.status(fact.status)
    return day, _test(fact, words), _value(fact, words), status


def _test(result: LabResult, words: Words) -> str:
    """Return the name of a test in the reader's language if its kind has one, else the words it came with."""
    return words.tests.get(result.kind, result.concept.text)


def _remark(result: ViralLoad, words: Words) -> str:
    if not result.convertible:
        return words.label("not_converted")
    if result.suppressed is None:
        return ""
    return words.label("suppressed" if result.suppressed else "not_suppressed")


def _value(result: LabResult, words: Words) -> str:
    if result.value is None:
        plain = {"true": words.phrases["yes"], "false": words.phrases["no"]}
        return plain.get(result.text) or words.day(fhir_date(result.text)) or result.text
    unit = result.unit.replace("{", "").replace("}", "")
    return f"{result.comparator}{words.number(result.value)} {unit}".strip()
