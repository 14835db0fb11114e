"""Search parameters of a request to a typed Query; what cannot be used becomes an issue, never "match all".

Source: https://hl7.org/fhir/R4/search.html
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from fhir.outcome import Issue
from fhir.search import clauses, shaping
from fhir.search.declared import Parameter, parameters
from fhir.search.kinds.setting import BadValue, Setting
from fhir.search.query import Chain, Has, Query

DEEPEST = 3
_PARAMETER = re.compile(r"_?[A-Za-z][A-Za-z.:-]{0,127}")


def parse(
    resource_type: str,
    given: Iterable[tuple[str, str]],
    setting: Setting | None = None,
    depth: int = 0,
) -> Query:
    """Return the Query of the parameters of a search, in the order written; `depth` counts chains."""
    query = Query(resource_type, setting=setting or Setting())
    for name, value in given:
        query = _with(query, name, value, depth)
    return query


def _with(query: Query, name: str, value: str, depth: int) -> Query:
    if name in shaping.FOR_CALLER:
        return replace(query, used=(*query.used, (name, value)))
    if not value.strip():
        known = name in shaping.READERS or name.partition(":")[0] in parameters(query.type)
        return _bad(query, name, "The search parameter has no value.") if known else _unknown(query, name)
    try:
        if reader := shaping.READERS.get(name):
            made = reader(query, value)
        elif name.startswith("_has:"):
            made = _has(query, name, value, depth)
        elif "." in name:
            made = _chained(query, name, value, depth)
        else:
            made = _plain(query, name, value)
    except BadValue as reason:
        return _bad(query, name, reason.text)
    except shaping.NotUsed:
        return _unknown(query, name)
    if len(made.issues) > len(query.issues):
        return made
    return replace(made, used=(*query.used, (name, value)))


def _plain(query: Query, name: str, value: str) -> Query:
    parameter, modifier = _parameter(query.type, name)
    if not clauses.takes(parameter, modifier):
        return _modifier(query, name)
    clause = clauses.read(parameter, modifier, value, query.setting)
    return replace(query, clauses=(*query.clauses, clause))


def _chained(query: Query, name: str, value: str, depth: int) -> Query:
    head, _, rest = name.partition(".")
    parameter, target = _parameter(query.type, head)
    if parameter.kind != "reference":
        raise shaping.NotUsed
    target = target or parameter.target
    if not target:
        raise BadValue("Say which type the reference goes to, as in subject:Patient.name.")
    if not shaping.is_searched(target):
        raise BadValue("Resources of the type in the chain are not searched here.")
    inner = _inner(target, rest, value, (query.setting, depth))
    if inner.issues:
        return _told(query, name, inner)
    return replace(query, chains=(*query.chains, Chain(parameter, inner)))


def _has(query: Query, name: str, value: str, depth: int) -> Query:
    parts = name.split(":", 3)
    if len(parts) < 4 or not shaping.is_searched(parts[1]):
        raise BadValue("It is written as _has:[type]:[reference parameter]:[parameter]=[value].")
    parameter = parameters(parts[1]).get(parts[2])
    if parameter is None or parameter.kind != "reference":
        raise BadValue("The second part of _has is a reference parameter of the type before it.")
    inner = _inner(parts[1], parts[3], value, (query.setting, depth))
    if inner.issues:
        return _told(query, name, inner)
    return replace(query, has=(*query.has, Has(parameter, inner)))


def _inner(target: str, name: str, value: str, within: tuple[Setting, int]) -> Query:
    setting, depth = within
    if depth >= DEEPEST:
        raise BadValue(f"A chain has at most {DEEPEST} steps.")
    inner = parse(target, [(name, value)], setting, depth + 1)
    if not (inner.clauses or inner.chains or inner.has or inner.issues):
        raise shaping.NotUsed
    return inner


def _told(query: Query, name: str, inner: Query) -> Query:
    """Tell of the whole parameter what is wrong at the end of its chain."""
    told = [replace(issue, path=_path(query, name)) for issue in inner.issues]
    return replace(query, issues=(*query.issues, *told))


def _parameter(resource_type: str, name: str) -> tuple[Parameter, str]:
    bare, _, modifier = name.partition(":")
    parameter = parameters(resource_type).get(bare)
    if parameter is None:
        raise shaping.NotUsed
    return parameter, modifier


def _path(query: Query, name: str) -> str:
    return f"{query.type}?{name if _PARAMETER.fullmatch(name) else '?'}"


def _noted(query: Query, issue: Issue) -> Query:
    return replace(query, issues=(*query.issues, issue))


def _bad(query: Query, name: str, text: str) -> Query:
    return _noted(query, Issue("error", "value", _path(query, name), "search-value", text))


def _modifier(query: Query, name: str) -> Query:
    text = "The search parameter has a modifier that is not supported."
    return _noted(query, Issue("error", "not-supported", _path(query, name), "search-modifier", text))


def _unknown(query: Query, name: str) -> Query:
    path = _path(query, name)
    text = f"The search parameter '{path.partition('?')[2]}' is not known here and was not used."
    return _noted(query, Issue("warning", "not-supported", path, "search-parameter", text))
