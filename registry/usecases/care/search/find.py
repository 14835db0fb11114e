"""Search resources of one type: authorised, confined, audited, page by page.

Source: https://hl7.org/fhir/R4/search.html; what may be tokenised is a contract of this node.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cmp_to_key
from itertools import islice
from typing import Any

from fhir import search
from fhir.outcome import Issue
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, Stored
from registry.errors import BadInput
from registry.ports import Services, Unit
from registry.usecases.care.search import along, chains
from registry.usecases.care.search.looking import Found, Look
from registry.usecases.care.search.page_links import Position

NOT_USABLE = "The search has values that cannot be used."


@dataclass(frozen=True)
class Page:
    """One page: the matches, what came along, how many match on all pages (None: not known), where it goes
    on (None: nowhere), and what the caller must know of it.
    """

    matches: tuple[Stored, ...]
    along: tuple[Stored, ...] = ()
    total: int | None = None
    goes_on: tuple[Any, ...] | None = None
    notes: tuple[Issue, ...] = ()


def setting(services: Services) -> search.Setting:
    """Return what a search is read against: now in the node's zone, and the node's FHIR base."""
    now = services.clock.now().astimezone(services.node.time_zone)
    return search.Setting(now, f"{services.settings.base_url}/fhir")


def parse(services: Services, resource_type: str, given: Iterable[tuple[str, str]]) -> search.Query:
    """Return the Query of parameters in this node's setting."""
    return search.parse(resource_type, given, setting(services))


def check(caller: Caller, query: search.Query) -> None:
    """Raise NotAllowed unless the caller may search the type, BadInput for values that cannot be read."""
    rules.check_can(caller, "find")
    if query.type != "Patient":
        rules.check_can(caller, "read")
    rules.check_scope(caller, query.type, "s")
    if stops := [issue for issue in query.issues if issue.severity == "error"]:
        raise BadInput(NOT_USABLE, stops)


def page(services: Services, caller: Caller, query: search.Query, position: Position | None = None) -> Page:
    """Return one page of a search; raise TooCostly when nothing narrows it."""
    check(caller, query)
    at = position or Position(query.type, ())
    with services.unit() as unit:
        look = Look(services, unit, caller)
        found = _page(look, query, at)
        _audit(look, query, found, at)
        unit.commit()
    return replace(found, notes=tuple(look.notes)) if look.notes else found


def in_unit(
    services: Services,
    unit: Unit,
    caller: Caller,
    resource_type: str,
    parameters: Iterable[tuple[str, str]],
    most: int,
) -> list[Stored]:
    """Return at most `most` resources that fit, inside another act: scope and audit are that act's.

    Raise BadInput for a parameter that cannot be used: a condition is never ignored; TooCostly as `page`.
    """
    query = parse(services, resource_type, parameters)
    if query.issues:
        raise BadInput(NOT_USABLE, query.issues)
    if not (query.clauses or query.chains or query.has):
        raise BadInput("A condition needs a search parameter, as in identifier=system|value.")
    found = chains.found(Look(services, unit, caller), query)
    return [each.stored for each in islice(found, most)]


def _page(look: Look, query: search.Query, at: Position) -> Page:
    owners = [at.owner] if at.owner else None
    if query.only_count or query.count == 0:
        return Page((), total=sum(1 for _ in chains.found(look, query, owners)))
    if query.sort or query.total == "accurate":
        return _sorted(look, query, at, list(chains.found(look, query, owners)))
    after = str(at.after[-1]) if at.after else ""
    found = list(islice(chains.found(look, query, owners, after), query.count + 1))
    known = not at.after and len(found) <= query.count and query.total != "none"
    return _cut(look, query, found, len(found) if known else None)


def _sorted(look: Look, query: search.Query, at: Position, found: list[Found]) -> Page:
    """Cut a page out of everything found; what was written meanwhile moves nothing twice or away."""
    places = [(search.order.key_of(each.resource, query), each) for each in found]
    rest = [
        place
        for place in places
        if not at.after or search.order.compare(place[0], list(at.after), query.sort) > 0
    ]
    order = cmp_to_key(
        lambda one, two: search.order.compare(one[0], two[0], query.sort)  # type: ignore[index]
    )
    rest.sort(key=order)
    total = None if query.total == "none" else len(found)
    return _cut(look, query, [each for _, each in rest[: query.count + 1]], total)


def _cut(look: Look, query: search.Query, found: Sequence[Found], total: int | None) -> Page:
    shown = found[: query.count]
    goes_on = tuple(search.order.key_of(shown[-1].resource, query)) if len(found) > query.count else None
    came = along.included(look, query, shown) if query.includes else []
    return Page(tuple(each.stored for each in shown), tuple(came), total, goes_on)


def _audit(look: Look, query: search.Query, found: Page, at: Position) -> None:
    """Leave a trace of the search, and one on everybody it showed."""
    shown = {each.owner_id: each.type for each in (*found.matches, *found.along)}
    owners = [owner for owner in shown if owner != "directory"]
    count = (("found", len(found.matches)),)
    if len(owners) == 1 or (not owners and at.owner):
        owner = owners[0] if owners else at.owner
        look.unit.audit.add(
            AuditEntry(look.caller, "search", owner_id=owner, object_ref=query.type, details=count)
        )
        return
    look.unit.audit.add(AuditEntry(look.caller, "search", object_ref=query.type, details=count))
    look.unit.audit.add_all(
        [AuditEntry(look.caller, "search", owner_id=owner, object_ref=f"Patient/{owner}") for owner in owners]
    )
