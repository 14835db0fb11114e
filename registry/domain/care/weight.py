"""Clinical weight: reasons why an interruption harms this person more (rule R9 of continuity risk)."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from fhir.treatment.model import FhirDate, TreatmentRecord
from registry.domain.care.ages import years
from registry.domain.care.findings import is_positive, plain_text

ADVANCED_CD4 = Decimal(200)
CHILD_UNTIL = 15
PREGNANCY_DAYS = 300
"""A statement of pregnancy older than this is of the past (own rule)."""

_TB_DRUGS = frozenset({"RIF", "RFB", "PZA", "EMB"})
_ENDED = frozenset({"resolved", "inactive", "remission"})


def of(record: TreatmentRecord, on: date) -> tuple[str, ...]:
    """Return the codes of the reasons that hold on a local day."""
    return tuple(dict.fromkeys(_reasons(record, on)))


def is_pregnant(record: TreatmentRecord, on: date) -> bool:
    """Answer whether the record says so of the last ten months."""
    said = record.pregnancy
    if said is not None and said.sampled is not None and _recent(said.sampled, on):
        plain = plain_text(said.text)
        denied = plain.startswith(("no ", "not ", "nao ")) or is_positive(plain) is False
        return not denied and (plain == "true" or is_positive(plain) is True or _names_pregnancy(plain))
    problems = [
        one for one in record.problems if one.kind == "pregnancy" and one.clinical_status not in _ENDED
    ]
    days = [one.onset or one.recorded for one in problems]
    return any(day is not None and _recent(day, on) for day in days)


def _reasons(record: TreatmentRecord, on: date) -> Iterator[str]:
    active = {one.kind for one in record.problems if one.clinical_status not in _ENDED}
    if is_pregnant(record, on):
        yield "pregnant"
    if "breastfeeding" in active:
        yield "breastfeeding"
    counts = [one.value for one in record.results if one.kind == "cd4" and one.value is not None]
    if counts and counts[-1] < ADVANCED_CD4:
        yield "low-cd4"
    if active & {"stage-3", "stage-4"}:
        yield "advanced-stage"
    if "tuberculosis" in active or _treats_tuberculosis(record, on):
        yield "tuberculosis"
    if record.viral_loads and record.viral_loads[-1].suppressed is False:
        yield "not-suppressed"
    hepatitis = [is_positive(one.text) for one in record.results if one.kind == "hbsag"]
    if "hepatitis-b" in active or hepatitis[-1:] == [True]:
        yield "hepatitis-b"
    born = record.person.birth_date
    if born is not None and years(born.earliest, on) < CHILD_UNTIL:
        yield "child"


def _treats_tuberculosis(record: TreatmentRecord, on: date) -> bool:
    return any(
        one.status == "active"
        and (one.end is None or one.end.earliest >= on)
        and not _TB_DRUGS.isdisjoint(one.medicine.ingredients or ())
        for one in record.medications
    )


def _recent(day: FhirDate, on: date) -> bool:
    return day.earliest > on - timedelta(days=PREGNANCY_DAYS)


def _names_pregnancy(plain: str) -> bool:
    return any(word in plain for word in ("pregnan", "embaraz", "gestante", "gravida"))
