"""Find a person by document number or by name, on sealed data: tokens narrow, decrypted records decide."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from config import IdentifierKind
from fhir import wire
from fhir.treatment.model import FhirDate
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, Person, SearchToken
from registry.errors import TooCostly
from registry.ports import Services, Unit
from registry.usecases.care.people import person_view
from registry.usecases.care.record import sealing

MOST_CANDIDATES = 200
MOST_FOUND = 50


@dataclass(frozen=True)
class Lookup:
    """What a person typed: a document (kind may be empty), or a name with an optional birth date."""

    identifier_kind: str = ""
    identifier: str = ""
    name: str = ""
    birth_date: str = ""


@dataclass(frozen=True)
class Found:
    """One person found; identifiers are masked. `exact` when the document itself matched."""

    person_id: str
    name: str
    birth_date: FhirDate | None
    sex: str
    identifiers: tuple[tuple[str, str], ...]
    provisional: bool
    exact: bool


@dataclass(frozen=True)
class _Asked:
    """A lookup with the blind tokens of its document, in every spelling."""

    lookup: Lookup
    tokens: tuple[SearchToken, ...]
    language: str


def find(services: Services, caller: Caller, lookup: Lookup, language: str = "es") -> list[Found]:
    """Return the people who fit, best first; raise TooCostly when there is nothing to narrow by."""
    rules.check_can(caller, "find")
    asked = _Asked(lookup, _document_tokens(services, lookup), language)
    with services.unit() as unit:
        owners = _candidates(services, unit, asked)
        found = [hit for owner in owners if (hit := _hit(services, unit, owner, asked)) is not None]
        shown = sorted(found, key=lambda hit: (not hit.exact, hit.provisional, hit.name))[:MOST_FOUND]
        kind = "identifier" if lookup.identifier else "name"
        unit.audit.add(AuditEntry(caller, "search", details=(("by", kind), ("found", len(found)))))
        note_shown(unit, caller, [hit.person_id for hit in shown])
        unit.commit()
    return shown


def note_shown(unit: Unit, caller: Caller, owners: Sequence[str]) -> None:
    """Leave a trace of a search on every person it showed."""
    unit.audit.add_all(
        [AuditEntry(caller, "search", owner_id=owner, object_ref=f"Patient/{owner}") for owner in owners]
    )


def _document_tokens(services: Services, lookup: Lookup) -> tuple[SearchToken, ...]:
    if not lookup.identifier.strip():
        return ()
    kind = services.node.identifier_kind(lookup.identifier_kind)
    found = (_token(services, kind, spelled) for spelled in spellings(lookup.identifier))
    return tuple(token for token in found if token)


def _candidates(services: Services, unit: Unit, asked: _Asked) -> list[str]:
    lookup = asked.lookup
    if lookup.identifier.strip():
        return unit.people.any_of(asked.tokens, MOST_CANDIDATES)
    words = [word for word in fold(lookup.name).split() if len(word) > 1]
    days = services.index.birth_date(lookup.birth_date)
    if words:
        # People of that very day first; then those of whom no full birth date is known, who may fit too.
        born = by_words(services, unit, words, days) if days else []
        return list(dict.fromkeys(born + by_words(services, unit, words)))
    if days:
        return unit.people.candidates(days, MOST_CANDIDATES)
    raise TooCostly("Type a document number, a name, or a full birth date.")


def spellings(number: str) -> list[str]:
    """Return a number as typed, and with the letter that people leave out of a Venezuelan document."""
    tidy = re.sub(r"[\s.\-]", "", number)
    return [number, f"V{tidy}", f"E{tidy}"] if tidy.isdecimal() else [number]


def _token(services: Services, kind: IdentifierKind | None, number: str) -> SearchToken | None:
    tokens = services.index.identifiers(kind.system if kind else "", number)
    return (tokens[0] if kind else tokens[-1]) if tokens else None


def by_words(services: Services, unit: Unit, words: list[str], days: Sequence[SearchToken] = ()) -> list[str]:
    """Return people who carry every word as it sounds, or every word's first letters, and every day."""
    kinds: dict[str, list[SearchToken]] = {}
    for word in words:
        for token in services.index.names(word):
            kinds.setdefault(token.kind, []).append(token)
    owners: dict[str, None] = {}
    for kind in ("word", "sound", "prefix"):
        tokens = kinds.get(kind, [])
        if len(tokens) >= len(words):
            owners.update(dict.fromkeys(unit.people.candidates([*tokens, *days], MOST_CANDIDATES)))
    return list(owners)


def _hit(services: Services, unit: Unit, owner: str, asked: _Asked) -> Found | None:
    """Decide on the opened record: a token alone, which may have been moved, shows nobody."""
    lookup = asked.lookup
    row = unit.records.current("Patient", owner)
    person = unit.people.get(owner)
    if row is None or row.deleted or person is None:
        return None
    patient = wire.parse(sealing.open_resource(services, row).body)
    born = person_view.partial_date(patient.get("birthDate"))
    exact = bool(lookup.identifier.strip())
    if exact and not set(asked.tokens) & document_tokens(services, patient):
        return None
    if lookup.birth_date and not exact and not _same_birth(str(born or ""), lookup.birth_date):
        return None
    if not exact and lookup.name and not _fits(services, patient, lookup.name):
        return None
    return _found(services, person, patient, born, (exact, asked.language))


def document_tokens(services: Services, patient: wire.JsonObject) -> set[SearchToken]:
    """Return the tokens of the documents in an opened Patient."""
    return {
        token
        for entry in patient.get("identifier", ())
        for token in services.index.identifiers(str(entry.get("system", "")), str(entry.get("value", "")))
    }


def _found(
    services: Services, person: Person, patient: wire.JsonObject, born: FhirDate | None, how: tuple[bool, str]
) -> Found:
    exact, language = how
    return Found(
        person_id=person.id,
        name=person_view.full_name(patient),
        birth_date=born,
        sex=str(patient.get("gender", "unknown")),
        identifiers=person_view.identifiers(services, patient, language, masked=True),
        provisional=person.provisional,
        exact=exact,
    )


def _same_birth(known: str, asked: str) -> bool:
    shared = min(len(known), len(asked))
    return known[:shared] == asked[:shared] if shared >= 4 else not known


def _fits(services: Services, patient: wire.JsonObject, asked: str) -> bool:
    """Keep people whose name shares the start or the sound of every word (Jiménez is Giménez)."""
    name = person_view.full_name(patient)
    words, sounds = fold(name).split(), _sounds(services, name)
    parts = [part for part in fold(asked).split() if len(part) > 1]
    return all(
        any(word[:3] == part[:3] for word in words) or bool(_sounds(services, part) & sounds)
        for part in parts
    )


def _sounds(services: Services, words: str) -> set[SearchToken]:
    return {token for token in services.index.names(words) if token.kind == "sound"}


def fold(text: str) -> str:
    """Return lower-case letters and digits without accents; everything else becomes a space."""
    plain = "".join(ch for ch in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(ch))
    return "".join(ch if ch.isalnum() else " " for ch in plain)
