"""What narrows a search: ids, owners, tokens, or the directory, which is about no patient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeGuard

from fhir import search
from fhir.search.kinds.texts import Text
from registry.domain.model import SearchToken
from registry.usecases.care.record.sealing import DIRECTORY
from registry.usecases.care.search import tokens
from registry.usecases.care.search.looking import Look

MOST_WAYS = 16
_PREFIX_LETTERS = 3
# Where the reference is that decides whose key seals a resource.
_OWNING = frozenset(
    f"{element}{kind}"
    for element in ("subject", "patient", "for", "beneficiary", "individual")
    for kind in ("", ":Patient")
) | {"participant.actor:Patient"}
# References that may go from one person to another: they do not tell whose the resource is.
_PEOPLE = frozenset({"Patient", "RelatedPerson", "Group"})
# Which token of a word each way of comparing needs.
_KINDS = {"exact": "word", "phonetic": "sound"}
Ways = tuple[tuple[SearchToken, ...], ...]


@dataclass(frozen=True)
class Plan:
    """How to narrow: ids, owners, ways of tokens (any way, all its tokens), or the whole directory."""

    ids: tuple[str, ...] | None = None
    owners: tuple[str, ...] | None = None
    ways: Ways | None = None
    directory: bool = False


def plan(look: Look, query: search.Query, owners: Sequence[str] | None = None) -> Plan | None:
    """Return the narrowest way there is; None when the search would open everything.

    `owners` limits to people already known: a compartment, or those of the search around this one.
    """
    for clause in query.clauses:
        if clause.parameter.kind == "id" and not clause.modifier:
            return Plan(ids=tuple(str(value) for value in clause.values))
    is_patient = query.type == "Patient"
    if owners is not None and query.type not in DIRECTORY:
        return Plan(ids=tuple(owners)) if is_patient else Plan(owners=tuple(owners))
    if not is_patient and query.type not in DIRECTORY:
        for clause in query.clauses:
            if (named := _owners(look, clause)) is not None:
                return Plan(owners=named)
    if (found := ways(look, query)) is not None:
        return Plan(ways=found)
    return Plan(directory=True) if query.type in DIRECTORY else None


def _owners(look: Look, clause: search.Clause) -> tuple[str, ...] | None:
    """Return the people a reference names, or whose resources it names; None when it tells neither."""
    if clause.parameter.kind != "reference" or not _is_plain(clause):
        return None
    owners: list[str] = []
    for value in clause.values:
        if not isinstance(value, search.Link) or not value.id:
            return None
        kind = value.type or (clause.modifier if clause.modifier[:1].isupper() else "")
        if clause.parameter.path in _OWNING and kind in ("", "Patient"):
            owners.append(value.id)
        elif kind and kind not in _PEOPLE and kind not in DIRECTORY:
            row = look.unit.records.current(kind, value.id)
            owners += [row.owner_id] if row else []
        else:
            return None
    return tuple(owners)


def _is_plain(clause: search.Clause) -> bool:
    return not clause.modifier or clause.modifier[0].isupper()


def ways(look: Look, query: search.Query, *, whole: bool = False) -> Ways | None:
    """Return alternatives of tokens that together let nobody out who could fit; None without any token.

    With `whole` names are taken as whole words, for names that begin like too many others.
    """
    found: list[list[SearchToken]] | None = None
    for clause in query.clauses:
        choices = _choices(look, query.type, clause, whole)
        if choices is None or (found is not None and len(found) * len(choices) > MOST_WAYS):
            continue
        if choices and clause.parameter.name == tokens.IDENTIFIER:
            return tuple(map(tuple, choices))
        found = [[*way, *choice] for way, choice in product(found or [[]], choices)]
    return None if found is None else tuple(map(tuple, found))


def _choices(
    look: Look, resource_type: str, clause: search.Clause, whole: bool
) -> list[list[SearchToken]] | None:
    """Return for each value the tokens whoever fits must carry; None when one value has none."""
    make = _MAKERS.get(clause.parameter.kind)
    if make is None or clause.modifier not in ("", "exact"):
        return None
    values = [Text(value.text, "exact") if whole and _is_start(value) else value for value in clause.values]
    found = [make(look, resource_type, clause, value) for value in values]
    known = [each for each in found if each is not None]
    return known if len(known) == len(found) else None


def _is_start(value: object) -> TypeGuard[Text]:
    return isinstance(value, Text) and not value.way


def _of_token(
    look: Look, resource_type: str, clause: search.Clause, value: object
) -> list[SearchToken] | None:
    if clause.parameter.name != tokens.IDENTIFIER or not isinstance(value, search.Token) or not value.code:
        return None
    made = tokens.of_identifier(look.services, resource_type, value.system or "", value.code)
    return [made[0] if value.system else made[-1]] if made else []


def _of_text(
    look: Look, resource_type: str, clause: search.Clause, value: object
) -> list[SearchToken] | None:
    """Return the tokens of the words of a name; words too short to be found by their start are left out."""
    names = ("name", "family", "given", "phonetic") if resource_type == "Patient" else ("name", "phonetic")
    named = resource_type == "Patient" or resource_type in DIRECTORY
    if not named or clause.parameter.name not in names or not isinstance(value, Text):
        return None
    words = search.folded(value.text).split()
    kind = _KINDS.get(value.way, "prefix")
    usable = [word for word in words if kind != "prefix" or _has_start(word)]
    if words and not usable:
        return None
    made = (token for word in usable for token in tokens.of_words(look.services, resource_type, word))
    return [token for token in made if token.kind == kind]


def _has_start(word: str) -> bool:
    """Tell whether a word is long enough to be found by its start; those of other scripts grow in Latin."""
    return len(word) >= _PREFIX_LETTERS or not word.isascii()


def _of_date(
    look: Look, resource_type: str, clause: search.Clause, value: object
) -> list[SearchToken] | None:
    is_birth = resource_type == "Patient" and clause.parameter.name == "birthdate"
    if not is_birth or not isinstance(value, search.Moment) or not value.is_exact:
        return None
    return look.services.index.birth_date(value.text)


def _of_reference(
    look: Look, resource_type: str, clause: search.Clause, value: object
) -> list[SearchToken] | None:
    if resource_type not in DIRECTORY or not isinstance(value, search.Link) or not (value.type and value.id):
        return None
    target = f"{value.type}/{value.id}"
    return tokens.of_reference(look.services, resource_type, clause.parameter.name, target)


_MAKERS: dict[str, Callable[[Look, str, search.Clause, object], list[SearchToken] | None]] = {
    "date": _of_date,
    "phonetic": _of_text,
    "reference": _of_reference,
    "string": _of_text,
    "token": _of_token,
}
