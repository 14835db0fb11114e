"""What comes along with the matches: `_include` and `_revinclude`, also of what came along.

Source: https://hl7.org/fhir/R4/search.html#include
"""

from collections.abc import Iterator, Sequence

from fhir import search
from registry.domain.access import rules
from registry.domain.model import Stored
from registry.errors import NotAllowed, TooCostly
from registry.usecases.care.record.sealing import DIRECTORY
from registry.usecases.care.search import narrow, rows
from registry.usecases.care.search.looking import Found, Look

MOST_ALONG = 1_000
MOST_ROUNDS = 4
Place = tuple[str, str]


def included(look: Look, query: search.Query, matches: Sequence[Found]) -> list[Stored]:
    """Return what comes along, each once; references to what cannot be seen or is not here bring nothing."""
    seen: dict[Place, Found | None] = {(each.stored.type, each.stored.id): None for each in matches}
    came: list[Stored] = []
    latest = list(matches)
    for number in range(MOST_ROUNDS):
        wanted = [each for each in query.includes if number == 0 or each.iterate]
        new = [each for include in wanted for each in _of(look, query, include, latest)]
        latest = []
        for each in new:
            place = (each.stored.type, each.stored.id)
            if place not in seen:
                seen[place] = each
                latest.append(each)
        came += [each.stored for each in latest]
        if len(came) > MOST_ALONG:
            raise TooCostly("Too many resources would come along: ask for a smaller page.")
        if not latest:
            break
    return came


def _of(look: Look, query: search.Query, include: search.Include, found: Sequence[Found]) -> Iterator[Found]:
    if include.reverse:
        yield from _back(look, query, include, found)
        return
    ids: dict[str, dict[str, None]] = {}
    for each in found:
        if include.source in ("", each.stored.type):
            for kind, resource_id in _targets(query, include, each):
                if include.target in ("", kind):
                    ids.setdefault(kind, {})[resource_id] = None
    for kind, wanted in ids.items():
        if _may(look, kind):
            targets = look.unit.finding.by_ids(kind, list(wanted))
            yield from look.fitting(targets, search.Query(kind, setting=query.setting))


def _targets(query: search.Query, include: search.Include, each: Found) -> Iterator[Place]:
    known = search.parameters(each.stored.type)
    chosen = [known[include.name]] if include.name in known else known.values() if not include.name else ()
    for parameter in chosen:
        if parameter.kind == "reference":
            for element in parameter.get(each.resource):
                if target := search.target_of_element(element, query.setting.base):
                    yield target


def _back(
    look: Look, query: search.Query, include: search.Include, found: Sequence[Found]
) -> Iterator[Found]:
    """Yield what refers to the resources found: among what their people have, or in the directory."""
    rules.check_scope(look.caller, include.source, "s")
    known = search.parameters(include.source)
    names = [include.name] if include.name else [p.name for p in known.values() if p.kind == "reference"]
    for name in names:
        links = tuple(
            search.Link(each.stored.type, each.stored.id)
            for each in found
            if include.target in ("", each.stored.type)
        )
        if not links:
            continue
        clause = search.Clause(known[name], "", links)
        made = search.Query(include.source, clauses=(clause,), setting=query.setting)
        owners = tuple(dict.fromkeys(each.stored.owner_id for each in found))
        if include.source not in DIRECTORY and any(each.stored.type in DIRECTORY for each in found):
            raise TooCostly("What refers to an entry of the directory would open every record.")
        yield from look.fitting(rows.rows(look, made, _plan(look, made, owners)), made)


def _plan(look: Look, query: search.Query, owners: tuple[str, ...]) -> narrow.Plan:
    """Return where to look for what refers to resources: by token in the directory, or their people's."""
    if query.type in DIRECTORY:
        return narrow.Plan(ways=narrow.ways(look, query))
    return narrow.Plan(ids=owners) if query.type == "Patient" else narrow.Plan(owners=owners)


def _may(look: Look, resource_type: str) -> bool:
    """Tell whether the caller may read what would come along; if not it stays out, as if it were not here."""
    try:
        rules.check_scope(look.caller, resource_type, "r")
    except NotAllowed:
        return False
    return True
