"""Many resources to one TreatmentRecord.

What cannot be read is skipped and its type listed in `unread`; nothing here raises on bad content.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from fhir import transfer
from fhir.treatment.fields import text
from fhir.treatment.model import (
    Allergy,
    Contact,
    Dispense,
    Episode,
    FhirDate,
    LabResult,
    PersonFacts,
    Problem,
    RegimenPeriod,
    Source,
    TransferFact,
    TreatmentRecord,
    Vaccine,
    ViralLoad,
)
from fhir.treatment.read import contacts, dispenses, laboratory, person, problems, regimens, start
from fhir.treatment.read.context import Context, Fact
from fhir.wire import JsonObject

Reader = Callable[[JsonObject, Context], tuple[Fact, ...]]
Kind = TypeVar("Kind")

# A resource shaped in a way no reader foresaw must not stop the others.
_SURPRISES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def _transfer(resource: JsonObject, context: Context) -> tuple[Fact, ...]:
    found = transfer.transfer_fact(resource, context.source, context.node)
    return (found,) if found else ()


_READERS: dict[str, Reader] = {
    "AllergyIntolerance": problems.allergy,
    "Appointment": contacts.appointment,
    "Condition": problems.problem,
    "DiagnosticReport": laboratory.report,
    "Encounter": contacts.visit,
    "EpisodeOfCare": contacts.episode,
    "Immunization": problems.vaccine,
    "MedicationDispense": dispenses.dispense,
    "MedicationRequest": regimens.request,
    "MedicationStatement": regimens.statement,
    "Observation": laboratory.observation,
    "Patient": person.person,
    "Task": _transfer,
}


@dataclass(frozen=True)
class Reading:
    """One resource with its source, the facts read from it, and what it says of the start of treatment."""

    resource: JsonObject
    source: Source
    facts: tuple[Fact, ...]
    entry: start.Entry


def read(resources: Iterable[tuple[JsonObject, Source]], node: str = "") -> TreatmentRecord:
    """Return everything the resources say of one person's treatment, each fact with its source, oldest first.

    `node` is the id of this node; it tells transfers in from transfers out (default: the name of an own
    source).
    """
    return record_of(readings(resources, node))


def readings(resources: Iterable[tuple[JsonObject, Source]], node: str = "") -> list[Reading]:
    """Return what each resource says, in the order given."""
    given = list(resources)
    shelf = {
        f"Medication/{text(resource, 'id')}": resource
        for resource, _ in given
        if resource.get("resourceType") == "Medication"
    }
    return [
        Reading(
            resource,
            source,
            facts_of(resource, Context(_pointing(source, resource), shelf, node)),
            _entry(resource),
        )
        for resource, source in given
    ]


def record_of(found: Sequence[Reading]) -> TreatmentRecord:
    """Return one record of what was read; own facts come before those of others."""
    ordered = sorted(found, key=lambda each: each.source.kind != "own")
    silent = (each for each in ordered if not each.facts and not each.entry.says_something)
    return _record(
        facts=[fact for each in ordered for fact in each.facts],
        entries=[each.entry for each in ordered],
        unread=[text(each.resource, "resourceType") or "?" for each in silent],
    )


def facts_of(resource: JsonObject, context: Context) -> tuple[Fact, ...]:
    """Return the facts of one resource; none when its type carries none or it cannot be read."""
    reader = _READERS.get(text(resource, "resourceType"))
    try:
        return reader(resource, context) if reader else ()
    except _SURPRISES:
        return ()


def _entry(resource: JsonObject) -> start.Entry:
    try:
        return start.entry(resource)
    except _SURPRISES:
        return start.Entry()


def _pointing(source: Source, resource: JsonObject) -> Source:
    resource_id = text(resource, "id")
    if source.reference or not resource_id:
        return source
    return replace(source, reference=f"{text(resource, 'resourceType')}/{resource_id}")


def _record(facts: list[Fact], entries: list[start.Entry], unread: list[str]) -> TreatmentRecord:
    intervals = _of(RegimenPeriod, facts, lambda fact: fact.start)
    given = _of(Dispense, facts, lambda fact: fact.handed_over)
    episodes = _of(Episode, facts, lambda fact: fact.start)
    results = _of(LabResult, facts, lambda fact: fact.sampled)
    treatment = regimens.without_repeats(period for period in intervals if period.is_antiretroviral)
    return TreatmentRecord(
        person=_person(_of(PersonFacts, facts, lambda _: None)),
        dispenses=given,
        regimens=treatment,
        medications=tuple(period for period in intervals if not period.is_antiretroviral),
        viral_loads=_of(ViralLoad, facts, lambda fact: fact.sampled),
        results=results,
        problems=_of(Problem, facts, lambda fact: fact.onset or fact.recorded),
        allergies=_of(Allergy, facts, lambda _: None),
        vaccines=_of(Vaccine, facts, lambda fact: fact.given),
        episodes=episodes,
        contacts=_of(Contact, facts, lambda fact: fact.day),
        transfers=_of(TransferFact, facts, lambda fact: FhirDate(fact.sent) if fact.sent else None),
        treatment_start=start.original_start(entries, episodes, treatment, given),
        treated_before=start.treated_before(entries),
        pregnancy=next((result for result in reversed(results) if result.kind == "pregnancy"), None),
        unread=tuple(unread),
    )


def _of(kind: type[Kind], facts: Iterable[Fact], when: Callable[[Kind], FhirDate | None]) -> tuple[Kind, ...]:
    """Return the facts of one kind, undated ones first, then oldest first; equal days keep the order
    received.
    """
    chosen = [fact for fact in facts if isinstance(fact, kind)]
    return tuple(sorted(chosen, key=lambda fact: _earliest(when(fact))))


def _earliest(found: FhirDate | None) -> date:
    return found.earliest if found else date.min


def _person(found: Sequence[PersonFacts]) -> PersonFacts:
    """Return one view of the person: the first that says a thing wins, and a death said anywhere stands."""
    dead = [facts for facts in found if facts.deceased]
    death = next((facts for facts in dead if facts.died), dead[0] if dead else PersonFacts())
    return PersonFacts(
        birth_date=next((facts.birth_date for facts in found if facts.birth_date), None),
        sex=next((facts.sex for facts in found if facts.sex != "unknown"), "unknown"),
        died=death.died,
        death_known_on=death.death_known_on,
        origin_country=next((facts.origin_country for facts in found if facts.origin_country), ""),
        deceased=bool(dead),
    )
