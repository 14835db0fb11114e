"""Which resource stands in which section of the summary, and which of many are worth a first visit.

Sections: HL7 International Patient Summary 2.0.1, Composition-uv-ips. Order and choice: the minimum summary
of
continuity of care (current medicines first, then what must not be prescribed, then results).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from fhir.summary.model import Item, Section
from fhir.treatment.fields import has_code, many, text
from fhir.treatment.model import LabResult, Problem, RegimenPeriod, ViralLoad

MEDICATIONS, ALLERGIES, PROBLEMS = "10160-0", "48765-2", "11450-4"
PREGNANCY, RESULTS, PAST, VITAL_SIGNS = "10162-6", "30954-2", "11348-0", "8716-3"
ALERTS, VACCINES, PROCEDURES, PLAN = "104605-1", "11369-6", "47519-4", "18776-5"
REQUIRED = (MEDICATIONS, ALLERGIES, PROBLEMS)
ORDER = (*REQUIRED[:2], ALERTS, PROBLEMS, PREGNANCY, RESULTS, VITAL_SIGNS, VACCINES, PAST, PROCEDURES, PLAN)

# Results in the order a clinician abroad asks for them; kinds not named come last.
_RESULTS = (
    *("hbsag", "viral-load", "treatment-start", "treated-before", "cd4", "cd4-percent", "stage", "report"),
    *("creatinine", "creatinine-clearance", "egfr", "alt", "ast", "haemoglobin"),
    *("tb-molecular", "tb-interferon"),
)
_PROBLEMS = ("tuberculosis", "hepatitis-b", "pregnancy", "breastfeeding", "infection", "stage-4", "stage-3")
_PAST = ("inactive", "remission", "resolved")
_OPEN = ("active", "on-hold", "draft", "intended", "unknown")
_HISTORY = timedelta(days=730)


def sections(items: Iterable[Item], today: date) -> list[Section]:
    """Return the sections that have something to say, and the three that must always be there."""
    sorted_in: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        code = _code(item)
        if code:
            sorted_in[code].append(item)
    made = (_section(code, sorted_in[code], today) for code in ORDER if sorted_in[code] or code in REQUIRED)
    return [section for section in made if section.items or section.code in REQUIRED]


def _code(item: Item) -> str:
    if item.type == "Observation":
        return _observation(item)
    if item.type == "Condition":
        past = any(isinstance(fact, Problem) and fact.clinical_status in _PAST for fact in item.facts)
        return (PAST if past else PROBLEMS) if item.facts else ""
    if item.type in ("AllergyIntolerance", "Immunization", "DiagnosticReport") and not item.facts:
        return ""
    return {
        "AllergyIntolerance": ALLERGIES,
        "CarePlan": PLAN,
        "DiagnosticReport": RESULTS,
        "Flag": ALERTS,
        "Immunization": VACCINES,
        "MedicationDispense": MEDICATIONS,
        "MedicationRequest": MEDICATIONS,
        "MedicationStatement": MEDICATIONS,
        "Procedure": PROCEDURES,
    }.get(item.type, "")


def _observation(item: Item) -> str:
    if not item.facts:
        return ""
    if kind_of(item) == "pregnancy":
        return PREGNANCY
    vital = any(has_code(entry, "vital-signs") for entry in many(item.resource, "category"))
    return VITAL_SIGNS if vital else RESULTS


def _section(code: str, items: Sequence[Item], today: date) -> Section:
    chosen = [item for item in items if text(item.resource, "status") != "entered-in-error"]
    whole = len(chosen)
    if code in (RESULTS, VITAL_SIGNS, PREGNANCY):
        chosen = _results(chosen)
    elif code == MEDICATIONS:
        chosen = _medications(chosen, today)
    elif code in (ALERTS, PLAN):
        chosen = [item for item in chosen if text(item.resource, "status") == "active"]
        whole = len(chosen)
    order = {RESULTS: _result_order, PROBLEMS: _problem_order, MEDICATIONS: _medication_order}.get(
        code, _newest
    )
    return Section(code, tuple(sorted(chosen, key=order)), more=len(chosen) < whole)


def kind_of(item: Item) -> str:
    """Return the kind of result or problem an item is."""
    kinds = (
        "viral-load" if isinstance(fact, ViralLoad) else getattr(fact, "kind", "") for fact in item.facts
    )
    return next((kind for kind in kinds if kind), "other")


def _results(items: Sequence[Item]) -> list[Item]:
    """Keep the newest of each test, more of those that decide treatment, the lowest CD4, every high load."""
    groups: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.day):
        groups[_test(item)].append(item)
    kept: list[Item] = []
    for (kind, _), group in groups.items():
        newest = {"viral-load": 3, "cd4": 2, "report": 3}.get(kind, 1)
        lowest = min(group, key=_value) if kind in ("cd4", "cd4-percent") else None
        kept += [item for item in group[:-newest] if item is lowest or _matters(item)]
        kept += group[-newest:]
    return kept


def _test(item: Item) -> tuple[str, str]:
    kind = kind_of(item)
    fact = next((fact for fact in item.facts if isinstance(fact, LabResult)), None)
    if fact is None or kind not in ("other", "report"):
        return kind, ""
    return kind, fact.concept.codings[0].code if fact.concept.codings else fact.concept.text


def _matters(item: Item) -> bool:
    return any(isinstance(fact, ViralLoad) and fact.suppressed is False for fact in item.facts)


def _value(item: Item) -> tuple[bool, object]:
    values = [fact.value for fact in item.facts if isinstance(fact, LabResult) and fact.value is not None]
    return (not values, values[0] if values else 0)


def _medications(items: Sequence[Item], today: date) -> list[Item]:
    """Keep every treatment interval, what is taken now, the dispenses of two years, and always the last
    one.
    """
    since = today - _HISTORY
    given = [item for item in items if item.type == "MedicationDispense"]
    last = max(given, key=lambda item: item.day, default=None)
    return [item for item in items if item is last or item.day >= since or _still_told(item)]


def _still_told(item: Item) -> bool:
    periods = [fact for fact in item.facts if isinstance(fact, RegimenPeriod)]
    return any(period.is_antiretroviral or period.status in _OPEN for period in periods)


def _newest(item: Item) -> tuple[int, int]:
    return (0, -item.day.toordinal())


def _result_order(item: Item) -> tuple[int, int]:
    kind = kind_of(item)
    return (_RESULTS.index(kind) if kind in _RESULTS else len(_RESULTS), -item.day.toordinal())


def _problem_order(item: Item) -> tuple[int, int]:
    kind = kind_of(item)
    return (_PROBLEMS.index(kind) if kind in _PROBLEMS else len(_PROBLEMS), -item.day.toordinal())


def _medication_order(item: Item) -> tuple[int, int]:
    """Put what is taken now first, then the dispenses, then what was taken before."""
    if item.type == "MedicationDispense":
        return (2, -item.day.toordinal())
    periods = [fact for fact in item.facts if isinstance(fact, RegimenPeriod)]
    now = any(period.status in _OPEN and period.end is None for period in periods)
    treatment = any(period.is_antiretroviral for period in periods)
    return ((0 if treatment else 1) if now else 3, -item.day.toordinal())
