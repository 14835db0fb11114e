"""Find whom a received Patient is: exact identifiers in this step; a person decides everything else."""

from dataclasses import dataclass
from typing import Literal

from fhir import wire
from registry.domain.model import SearchToken
from registry.ports import Services, Unit
from registry.usecases.care.record import sealing
from registry.usecases.exchange.receiving import likeness

MOST_CANDIDATES = 20


@dataclass(frozen=True)
class Match:
    """`one` with its owner, `none`, or `unclear` (several people, or another birth date) for a person to
    decide.
    """

    kind: Literal["one", "none", "unclear"]
    owner_id: str = ""


def match(services: Services, unit: Unit, patient: wire.JsonObject) -> Match:
    """Match by exact identifier; a clear contradiction in the birth date makes it unclear."""
    tokens = identifier_tokens(services, patient)
    if not tokens:
        return Match("none")
    owners = unit.people.any_of(tokens, MOST_CANDIDATES)
    same = [owner for owner in owners if _shares_identifier(services, unit, owner, patient)]
    if not same:
        return Match("none")
    known = [owner for owner in same if _is_confirmed(unit, owner)]
    # A provisional person carries what some document said: it never stands in the way of a confirmed one.
    pool = known or same
    if len(pool) > 1 or _contradicts(services, unit, pool[0], patient):
        return Match("unclear")
    return Match("one", pool[0])


def _is_confirmed(unit: Unit, owner: str) -> bool:
    person = unit.people.get(owner)
    return person is not None and not person.provisional


def identifier_tokens(services: Services, patient: wire.JsonObject) -> list[SearchToken]:
    """Return the `system|value` tokens of a Patient's identifiers (a value without a system matches
    nothing).
    """
    found: list[SearchToken] = []
    for system, value in _identifiers(patient):
        found += services.index.identifiers(system, value)[:1]
    return found


def _identifiers(patient: wire.JsonObject) -> list[tuple[str, str]]:
    listed = patient.get("identifier")
    if not isinstance(listed, list):
        return []
    return [
        (entry["system"], entry["value"])
        for entry in listed
        if isinstance(entry, dict)
        and isinstance(entry.get("system"), str)
        and isinstance(entry.get("value"), str)
        if entry["system"] and entry["value"]
    ]


def _stored(services: Services, unit: Unit, owner: str) -> wire.JsonObject:
    return wire.parse(sealing.open_resource(services, unit.records.current("Patient", owner)).body)


def _shares_identifier(services: Services, unit: Unit, owner: str, patient: wire.JsonObject) -> bool:
    row = unit.records.current("Patient", owner)
    if row is None or row.deleted:
        return False
    ours = set(identifier_tokens(services, _stored(services, unit, owner)))
    return bool(ours & set(identifier_tokens(services, patient)))


def _contradicts(services: Services, unit: Unit, owner: str, patient: wire.JsonObject) -> bool:
    return likeness.of_birth(_stored(services, unit, owner), patient) == "other"
