"""Conditions that pick the resource an interaction is about, instead of an id.

Sources: https://hl7.org/fhir/R4/http.html#ccreate, #cond-update and #cdelete. Two with one condition take
take turns: the second one finds what the first one made.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, Stored
from registry.errors import BadInput, SeveralMatches
from registry.ports import Services, Unit
from registry.usecases.care.search import find

# What shapes an answer picks nothing.
SHAPING = frozenset(
    {"_count", "_elements", "_format", "_include", "_pretty", "_revinclude", "_sort", "_summary", "_total"}
)
_MOST_PARAMETERS = 50


@dataclass(frozen=True)
class Condition:
    """Search parameters that must pick one resource of a type, in the order written."""

    type: str
    parameters: tuple[tuple[str, str], ...]


def read(resource_type: str, text: str) -> Condition:
    """Return the condition written as `query`, `?query` or `Type?query`; raise BadInput when it picks all."""
    query = text.strip().removeprefix(resource_type).removeprefix("?")
    return of(resource_type, parse_qsl(query, keep_blank_values=True))


def of(resource_type: str, pairs: Iterable[tuple[str, str]]) -> Condition:
    """Return the condition of these parameters; raise BadInput when none of them picks anything."""
    kept = tuple((name, value) for name, value in pairs if name.partition(":")[0] not in SHAPING)
    if not kept or not any(value for _, value in kept):
        raise BadInput("The condition needs search parameters, for example identifier=system|value.")
    if len(kept) > _MOST_PARAMETERS:
        raise BadInput(f"A condition has at most {_MOST_PARAMETERS} search parameters.")
    return Condition(resource_type, kept)


def lock(services: Services, unit: Unit, conditions: Iterable[Condition]) -> None:
    """Wait for everybody with one of these conditions, until the end of this unit."""
    if values := [value for condition in conditions for value in _marks(services, condition)]:
        unit.lock(values)


def _marks(services: Services, condition: Condition) -> list[bytes]:
    """Return what this condition shares with others that pick the same: identifiers, else its own words."""
    kind = condition.type.encode()
    found = []
    for name, value in condition.parameters:
        if name == "identifier":
            for each in value.split(","):
                # With and without a system it may be the same person: both wait for the value.
                tokens = services.index.identifiers("", each.rpartition("|")[2])
                found += [kind + token.value for token in tokens[-1:]]
    words = urlencode(sorted(condition.parameters)).encode()
    return found or [kind + hashlib.sha256(words).digest()]


def match(services: Services, unit: Unit, caller: Caller, condition: Condition) -> Stored | None:
    """Return the resource a condition picks, or None; raise SeveralMatches (412) when it picks several."""
    rules.check_scope(caller, condition.type, "s")
    found = find.in_unit(services, unit, caller, condition.type, condition.parameters, 2)
    unit.audit.add(AuditEntry(caller, "search", object_ref=condition.type, details=(("found", len(found)),)))
    if len(found) > 1:
        raise SeveralMatches("Several resources fit the condition: name one by its id.")
    return found[0] if found else None
