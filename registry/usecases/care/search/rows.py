"""The stored rows a plan leads to, in one order that a later page can go on from, as they are needed."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from fhir import search
from fhir.outcome import Issue
from registry.domain.model import SealedResource, SearchToken
from registry.errors import TooCostly
from registry.usecases.care.record.sealing import DIRECTORY_OWNER
from registry.usecases.care.search import narrow, tokens
from registry.usecases.care.search.looking import CHUNK, TOO_MANY, Look

MOST_CARRIERS = 2_000
_WHOLE = "Many names begin like this: only names with the whole word were searched. Write the whole name."


def rows(look: Look, query: search.Query, plan: narrow.Plan, after: str = "") -> Iterator[SealedResource]:
    """Yield the rows of a plan that come after an id."""
    if plan.directory:
        yield from _pages(look, query.type, after)
    elif plan.owners is not None:
        owners = dict.fromkeys(plan.owners)
        found = [row for owner in owners for row in look.unit.finding.of_owner(owner, query.type)]
        yield from _in_order(found, after)
    elif plan.ids is not None:
        yield from _by_ids(look, query.type, plan.ids, after)
    elif plan.ways is not None and _is_rare(plan.ways):
        carrying = look.unit.finding.carrying
        unique = {row.id: row for way in plan.ways for row in carrying(query.type, way[0], MOST_CARRIERS)}
        yield from _in_order(unique.values(), after)
    else:
        yield from _carriers(look, query, plan.ways or (), after)


def _is_rare(ways: narrow.Ways) -> bool:
    return all(len(way) == 1 and way[0].param.endswith(tokens.IDENTIFIER) for way in ways)


def _carriers(look: Look, query: search.Query, ways: narrow.Ways, after: str) -> Iterator[SealedResource]:
    """Yield who carries the tokens; when a name begins like too many, who carries it as a whole word."""
    few = _few(look, query.type, ways)
    if few is None:
        whole = narrow.ways(look, query, whole=True) or ways
        if whole != ways:
            look.note(Issue("warning", "incomplete", query.type, "whole-words-only", _WHOLE))
            few = _few(look, query.type, whole)
        if few is None and len(whole) == 1:
            yield from _streamed(look, query.type, whole[0], after)
            return
    if few is None:
        raise TooCostly(TOO_MANY)
    yield from _by_ids(look, query.type, tuple(few), after)


def _few(look: Look, resource_type: str, ways: narrow.Ways) -> set[str] | None:
    """Return the ids of all that carry the tokens of one way; None when they are too many."""
    found: set[str] = set()
    for way in ways:
        if way:
            carriers = look.unit.finding.ids_carrying(resource_type, way, "", MOST_CARRIERS)
            if len(carriers) == MOST_CARRIERS:
                return None
            found.update(carriers)
    return found


def _streamed(
    look: Look, resource_type: str, way: Sequence[SearchToken], after: str
) -> Iterator[SealedResource]:
    """Yield who carries all tokens in the order of the database, chunk by chunk."""
    finding = look.unit.finding
    while ids := finding.ids_carrying(resource_type, way, after, CHUNK):
        known = {row.id: row for row in finding.by_ids(resource_type, ids)}
        yield from (known[each] for each in ids if each in known)
        after = ids[-1]


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
