"""FHIR search for Patients on sealed data: tokens narrow, the opened record decides.

Source: https://hl7.org/fhir/R4/search.html; what may be tokenised is a contract of this node.
"""

from collections.abc import Callable, Iterable

from fhir import codes, search, wire
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, SearchToken, Stored
from registry.errors import BadInput, TooCostly
from registry.ports import Services, Unit
from registry.usecases.care.people.lookup import MOST_CANDIDATES, by_words, fold, note_shown
from registry.usecases.care.record import sealing


def search_patients(services: Services, caller: Caller, query: search.Query) -> list[Stored]:
    """Return the Patients that fit, as stored; raise TooCostly when nothing narrows the search."""
    rules.check_can(caller, "find")
    rules.check_scope(caller, "Patient", "s")
    if stops := [issue for issue in query.issues if issue.severity == "error"]:
        raise BadInput("The search has values that cannot be used.", stops)
    if too_costly := search.refusal(query):
        raise TooCostly(too_costly.text, (too_costly,))
    with services.unit() as unit:
        found: list[Stored] = []
        for owner in _candidates(services, unit, query):
            row = unit.records.current("Patient", owner)
            if row is None or row.deleted:
                continue
            stored = sealing.open_resource(services, row)
            if _fits(wire.parse(stored.body), query):
                found.append(stored)
        shown = found[: query.count]
        unit.audit.add(AuditEntry(caller, "search", object_ref="Patient", details=(("found", len(found)),)))
        note_shown(unit, caller, [stored.id for stored in shown])
        unit.commit()
    return shown


def _candidates(services: Services, unit: Unit, query: search.Query) -> Iterable[str]:
    if query.ids:
        return query.ids[0]
    for group in query.identifiers:
        if all(token.code for token in group):
            tokens = [_identifier(services, token) for token in group]
            return unit.people.any_of([token for token in tokens if token], MOST_CANDIDATES)
    for names in query.names:
        owners = [
            owner
            for name in names
            for days in _days(services, query)
            for owner in by_words(services, unit, fold(name.text).split(), days)
        ]
        return list(dict.fromkeys(owners))
    days = [
        token for group in query.births for birth in group for token in services.index.birth_date(birth.day)
    ]
    return unit.people.any_of(days, MOST_CANDIDATES)


def _days(services: Services, query: search.Query) -> list[list[SearchToken]]:
    """Return the full days one of which a person must be born on; one empty choice when any day may fit."""
    for group in query.births:
        choices = [services.index.birth_date(birth.day) for birth in group if birth.prefix in ("eq", "ap")]
        if len(choices) == len(group) and all(choices):
            return choices
    return [[]]


def _identifier(services: Services, token: search.Token) -> SearchToken | None:
    tokens = services.index.identifiers(token.system or "", token.code)
    return (tokens[0] if token.system else tokens[-1]) if tokens else None


def _fits(patient: wire.JsonObject, query: search.Query) -> bool:
    born = str(patient.get("birthDate", ""))
    return (
        all(patient.get("id") in group for group in query.ids)
        and all(any(_has(patient, token) for token in group) for group in query.identifiers)
        and all(any(_named(patient, name) for name in group) for group in query.names)
        and all(any(_COMPARE[birth.prefix](born, birth.day) for birth in group) for group in query.births)
    )


def _has(patient: wire.JsonObject, token: search.Token) -> bool:
    for entry in patient.get("identifier", ()):
        system = codes.canonical_system(str(entry.get("system", "")))
        if token.system is not None and codes.canonical_system(token.system) != system:
            continue
        if not token.code or codes.normal_value(str(entry.get("value", ""))) == codes.normal_value(
            token.code
        ):
            return True
    return False


def _named(patient: wire.JsonObject, name: search.Name) -> bool:
    words: list[str] = []
    for entry in patient.get("name", ()):
        if name.part in ("name", "given"):
            words += [str(given) for given in entry.get("given", ())]
        if name.part in ("name", "family"):
            words.append(str(entry.get("family", "")))
        if name.part == "name":
            words.append(str(entry.get("text", "")))
    if name.exact:
        return name.text in words
    asked = fold(name.text).split()
    parts = [part for word in words for part in fold(word).split()]
    return all(any(part.startswith(wanted) for part in parts) for wanted in asked)


def _before(born: str, day: str) -> bool:
    return bool(born) and born[: len(day)] < day[: len(born)]


def _within(born: str, day: str) -> bool:
    return bool(born) and born.startswith(day)


def _after(born: str, day: str) -> bool:
    return bool(born) and born[: len(day)] > day[: len(born)]


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "eq": _within,
    "ap": _within,
    "ne": lambda born, day: not _within(born, day),
    "lt": _before,
    "eb": _before,
    "le": lambda born, day: _before(born, day) or _within(born, day),
    "gt": _after,
    "sa": _after,
    "ge": lambda born, day: _after(born, day) or _within(born, day),
}
