"""Parameters that shape the answer: order, page size, what comes along.

Source: https://hl7.org/fhir/R4/search.html#return
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from fhir.codes.systems import table
from fhir.search import order
from fhir.search.declared import OF_ALL, parameters
from fhir.search.kinds.setting import BadValue
from fhir.search.query import MOST, Include, Query, Sort, Total

# Read by the caller: how the answer is written.
FOR_CALLER = frozenset({"_format", "_pretty", "_elements"})
_SUMMARIES = frozenset({"true", "false", "text", "data", "count"})
_TOTALS: dict[str, Total] = {"none": "none", "estimate": "estimate", "accurate": "accurate"}
MOST_SORTS = 5


class NotUsed(Exception):
    """Say that a parameter is not known here."""


def is_searched(resource_type: str) -> bool:
    """Tell whether the search table knows a type."""
    return resource_type != OF_ALL and resource_type in table("search")


def _count(query: Query, value: str) -> Query:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise BadValue("A page size is a whole number.")
    return replace(query, count=min(int(value), MOST))


def _total(query: Query, value: str) -> Query:
    if value not in _TOTALS:
        raise BadValue("A total is none, estimate or accurate.")
    return replace(query, total=_TOTALS[value])


def _summary(query: Query, value: str) -> Query:
    if value not in _SUMMARIES:
        raise BadValue("A summary is true, false, text, data or count.")
    return replace(query, only_count=value == "count")


def _sort(query: Query, value: str) -> Query:
    sorts = []
    for name in value.split(","):
        parameter = parameters(query.type).get(name.removeprefix("-"))
        if parameter is None or parameter.kind not in order.SORTABLE:
            raise NotUsed
        sorts.append(Sort(parameter, name.startswith("-")))
    if len(sorts) > MOST_SORTS:
        raise BadValue(f"An order has at most {MOST_SORTS} keys.")
    return replace(query, sort=tuple(sorts))


def _include(query: Query, value: str, *, reverse: bool, iterate: bool) -> Query:
    source, _, rest = value.partition(":")
    name, _, target = rest.partition(":")
    if source == "*" and not reverse:
        made = Include("", "", "", reverse, iterate)
        return replace(query, includes=(*query.includes, made))
    if not is_searched(source):
        raise NotUsed
    if name != "*":
        parameter = parameters(source).get(name)
        if parameter is None or parameter.kind != "reference":
            raise NotUsed
    made = Include(source, "" if name == "*" else name, target, reverse, iterate)
    return replace(query, includes=(*query.includes, made))


_ALONG = partial(_include, reverse=False, iterate=False)
_BACK = partial(_include, reverse=True, iterate=False)
_ALONG_ON = partial(_include, reverse=False, iterate=True)
_BACK_ON = partial(_include, reverse=True, iterate=True)

READERS: dict[str, Callable[[Query, str], Query]] = {
    "_count": _count,
    "_total": _total,
    "_summary": _summary,
    "_sort": _sort,
    "_include": _ALONG,
    "_include:iterate": _ALONG_ON,
    "_include:recurse": _ALONG_ON,
    "_revinclude": _BACK,
    "_revinclude:iterate": _BACK_ON,
    "_revinclude:recurse": _BACK_ON,
}
