"""Which stored rows a search has to open: by id, by owner, by token, or a directory page by page."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

from fhir import search
from fhir.search.kinds.texts import Text
from registry.domain.model import SealedResource, SearchToken
from registry.errors import TooCostly
from registry.usecases.care.record.sealing import DIRECTORY, DIRECTORY_OWNER
from registry.usecases.care.search import tokens
from registry.usecases.care.search.looking import CHUNK, TOO_MANY, Look

MOST_CARRIERS = 20_000
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
Ways = list[list[SearchToken]]


@dataclass(frozen=True)
class Plan:
    """How to narrow: ids, owners, ways of tokens (any way, all its tokens), or the whole directory."""

    ids: tuple[str, ...] | None = None
    owners: tuple[str, ...] | None = None
    ways: tuple[tuple[SearchToken, ...], ...] | None = None
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
    if (ways := _ways(look, query)) is not None:
        return Plan(ways=tuple(tuple(way) for way in ways))
    return Plan(directory=True) if query.type in DIRECTORY else None


def rows(look: Look, query: search.Query, chosen: Plan, after: str = "") -> Iterator[SealedResource]:
    """Yield the rows of a plan whose ids come after one, in the byte order of ids, as they are needed."""
    finding = look.unit.finding
    if chosen.directory:
        yield from _pages(look, query.type, after)
    elif chosen.owners is not None:
        found = [row for owner in dict.fromkeys(chosen.owners) for row in finding.of_owner(owner, query.type)]
        yield from _in_order(found, after)
    elif chosen.ids is not None:
        yield from _by_ids(look, query.type, chosen.ids, after)
    elif chosen.ways is not None and _is_rare(chosen.ways):
        unique = {
            row.id: row for way in chosen.ways for row in finding.carrying(query.type, way[0], MOST_CARRIERS)
        }
        yield from _in_order(unique.values(), after)
    else:
        carriers: set[str] = set()
        for way in chosen.ways or ():
            carriers.update(finding.ids_carrying(query.type, way, MOST_CARRIERS) if way else ())
        if len(carriers) >= MOST_CARRIERS:
            raise TooCostly(TOO_MANY)
        yield from _by_ids(look, query.type, tuple(carriers), after)


def _is_rare(ways: Sequence[Sequence[SearchToken]]) -> bool:
    return all(len(way) == 1 and way[0].param.endswith(tokens.IDENTIFIER) for way in ways)


def _in_order(found: Iterable[SealedResource], after: str) -> Iterator[SealedResource]:
    yield from sorted((row for row in found if row.id > after), key=lambda row: row.id)


def _by_ids(look: Look, resource_type: str, ids: Sequence[str], after: str) -> Iterator[SealedResource]:
    waiting = iter(sorted({each for each in ids if each > after}))
    while some := list(islice(waiting, CHUNK)):
        yield from _in_order(look.unit.finding.by_ids(resource_type, some), after)


def _pages(look: Look, resource_type: str, after: str) -> Iterator[SealedResource]:
    while some := look.unit.finding.page(DIRECTORY_OWNER, resource_type, after, CHUNK):
        yield from some
        after = some[-1].id


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


def _ways(look: Look, query: search.Query) -> Ways | None:
    """Return alternatives of tokens that together let nobody out who could fit; None without any token."""
    ways: Ways | None = None
    for clause in query.clauses:
        choices = _choices(look, query.type, clause)
        if choices is None or (ways is not None and len(ways) * len(choices) > MOST_WAYS):
            continue
        ways = [[*way, *choice] for way, choice in product(ways or [[]], choices)]
        if choices and clause.parameter.name == tokens.IDENTIFIER:
            return choices
    return ways


def _choices(look: Look, resource_type: str, clause: search.Clause) -> Ways | None:
    """Return for each value the tokens whoever fits must carry; None when one value has none."""
    make = _MAKERS.get(clause.parameter.kind)
    if make is None or clause.modifier not in ("", "exact"):
        return None
    found = [make(look, resource_type, clause, value) for value in clause.values]
    known = [each for each in found if each is not None]
    return known if len(known) == len(found) else None


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
    usable = [
        word for word in words if kind != "prefix" or len(word) >= _PREFIX_LETTERS or not word.isascii()
    ]
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
