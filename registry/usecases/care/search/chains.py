"""Conditions on other resources, turned into conditions on this one: chains and `_has`.

Sources: https://hl7.org/fhir/R4/search.html#chaining, https://hl7.org/fhir/R4/search.html#has
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fhir import search
from fhir.outcome import Issue
from registry.domain.access import rules
from registry.errors import TooCostly
from registry.usecases.care.search import narrow, rows
from registry.usecases.care.search.looking import Found, Look

MOST_LINKS = 1_000
ADVICE = (
    "This search would open every record: add an identifier, a name, a whole birth date, a patient or an id."
)


def resolved(
    look: Look, query: search.Query, owners: Sequence[str] | None
) -> tuple[search.Query, narrow.Plan | None]:
    """Return the query without chains, and its plan; `owners` limits to people already known."""
    plan = narrow.plan(look, query, owners)
    if not query.chains and not query.has:
        return query, plan
    around = owners if owners is not None or plan is None else _owners(look, query, plan)
    clauses = [_chain(look, chain, around) for chain in query.chains]
    clauses += [_has(look, query.type, has, around) for has in query.has]
    made = replace(query, clauses=(*query.clauses, *clauses), chains=(), has=())
    return made, narrow.plan(look, made, owners)


def found(
    look: Look, query: search.Query, owners: Sequence[str] | None = None, after: str = ""
) -> Iterator[Found]:
    """Yield everything that fits, in the order of ids; raise TooCostly when nothing narrows the search."""
    made, plan = resolved(look, query, owners)
    if plan is None:
        raise too_costly(query)
    candidates = rows.rows(look, made, plan, after)
    if owners is not None:
        candidates = (row for row in candidates if row.owner_id in owners)
    yield from look.fitting(candidates, made)


def too_costly(query: search.Query) -> TooCostly:
    """Return the refusal of a search that nothing narrows."""
    issue = Issue("error", "too-costly", query.type, "too-costly", ADVICE)
    return TooCostly(ADVICE, (issue,))


def _owners(look: Look, query: search.Query, plan: narrow.Plan) -> tuple[str, ...] | None:
    """Return the people the rest of the search narrows to; None when it is about the directory."""
    if plan.directory:
        return None
    if plan.owners is not None:
        return plan.owners
    return tuple(
        dict.fromkeys(each.stored.owner_id for each in look.fitting(rows.rows(look, query, plan), query))
    )


def _chain(look: Look, chain: search.Chain, owners: Sequence[str] | None) -> search.Clause:
    links = [search.Link(each.stored.type, each.stored.id) for each in _inner(look, chain.inner, owners)]
    return search.Clause(chain.parameter, "", tuple(links))


def _has(look: Look, resource_type: str, has: search.Has, owners: Sequence[str] | None) -> search.Clause:
    ids: dict[str, None] = {}
    for each in _inner(look, has.inner, owners):
        for element in has.parameter.get(each.resource):
            target = search.target_of_element(element, has.inner.setting.base)
            if target and target[0] == resource_type:
                ids[target[1]] = None
    return search.Clause(search.parameters(resource_type)["_id"], "", tuple(ids))


def _inner(look: Look, query: search.Query, owners: Sequence[str] | None) -> Iterator[Found]:
    """Yield what the inner search finds, by itself or else among the people of the outer one."""
    rules.check_scope(look.caller, query.type, "s")
    made, plan = resolved(look, query, None)
    if plan is None:
        made, plan = resolved(look, query, owners)
    if plan is None:
        raise too_costly(query)
    for number, each in enumerate(look.fitting(rows.rows(look, made, plan), made)):
        if number >= MOST_LINKS:
            raise TooCostly("A condition on other resources finds too many of them: narrow it.")
        yield each
