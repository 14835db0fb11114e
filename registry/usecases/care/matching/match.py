"""Find the Patients that a given one may be: candidates by blind tokens, decided on the opened records.

Sources: https://hl7.org/fhir/R4/patient-operation-match.html, IHE PDQm ITI-119.
"""

from dataclasses import dataclass

from fhir import profiles, wire
from fhir.outcome import has_errors
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, Stored
from registry.errors import BadInput
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.matching import grade, identified
from registry.usecases.care.people import lookup, person_view
from registry.usecases.exchange.answering.candidates import compare
from registry.usecases.exchange.receiving.match import identifier_tokens

MOST_LOOKED_AT = 200
MOST = 50


@dataclass(frozen=True)
class Matched:
    """One Patient with its score from 0 to 1 and grade."""

    stored: Stored
    score: float
    grade: grade.Name


@dataclass(frozen=True)
class Answer:
    """The matches, best first; `enough` tells whether there was anything to look by."""

    found: tuple[Matched, ...]
    enough: bool


def match(
    services: Services, caller: Caller, patient: wire.JsonObject, count: int, only_certain: bool
) -> Answer:
    """Return at most `count` people within reach who may be this one; raise BadInput for a bad Patient.

    With `only_certain` the answer is one certain match or none: two certain ones are not certain.
    """
    rules.check_can(caller, "find")
    for letter in "sr":
        rules.check_scope(caller, "Patient", letter)
    issues = profiles.issues(patient)
    if patient.get("resourceType") != "Patient" or has_errors(issues):
        raise BadInput("The resource to match must be a valid Patient.", tuple(issues))
    with services.unit() as unit:
        owners = _candidates(services, unit, patient)
        within = reach.visible(services, unit, caller, owners or (), "Patient")
        found = [
            one
            for owner in owners or ()
            if owner in within and (one := _compared(services, unit, owner, patient)) is not None
        ]
        shown = _shown(found, count, only_certain)
        unit.audit.add(AuditEntry(caller, "search", object_ref="Patient", details=(("found", len(shown)),)))
        lookup.note_shown(unit, caller, [one.stored.id for one in shown])
        unit.commit()
    return Answer(tuple(shown), owners is not None)


def _candidates(services: Services, unit: Unit, patient: wire.JsonObject) -> list[str] | None:
    """Return who shares a document, or sounds alike, or was born that day; None with nothing to look by."""
    words = [word for word in lookup.fold(person_view.full_name(patient)).split() if len(word) > 1]
    days = services.index.birth_date(str(patient.get("birthDate", "")))
    tokens = identifier_tokens(services, patient)
    if not (words or tokens or days):
        return None
    found = unit.people.any_of(tokens, MOST_LOOKED_AT) if tokens else []
    if words and days:
        found += lookup.by_words(services, unit, words, days)
    if words:
        found += lookup.by_words(services, unit, words)
    if days and not words:
        found += unit.people.candidates(days, MOST_LOOKED_AT)
    return list(dict.fromkeys(found))[:MOST_LOOKED_AT]


def _compared(services: Services, unit: Unit, owner: str, patient: wire.JsonObject) -> Matched | None:
    stored, person = identified.patient(services, unit, owner), unit.people.get(owner)
    if stored is None or person is None:
        return None
    score = grade.score(compare(services, wire.parse(stored.body), patient), person.provisional)
    name = grade.name(score)
    return None if name == "certainly-not" else Matched(stored, score, name)


def _shown(found: list[Matched], count: int, only_certain: bool) -> list[Matched]:
    ranked = sorted(found, key=lambda one: (-one.score, one.stored.id))
    if not only_certain:
        return ranked[:count]
    certain = [one for one in ranked if one.grade == "certain"]
    return certain if len(certain) == 1 else []
