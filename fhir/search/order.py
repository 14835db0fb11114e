"""The order of what was found, as plain values that a page link can carry.

Source: https://hl7.org/fhir/R4/search.html#sort. What has no value comes last; the id settles every tie.
"""

from collections.abc import Sequence
from datetime import UTC
from functools import cmp_to_key
from typing import Any

from fhir.search.kinds import amounts, moments, texts, tokens
from fhir.search.query import Query, Sort
from fhir.search.spelling import folded
from fhir.wire import JsonObject

Key = list[Any]
SORTABLE = frozenset({"date", "id", "quantity", "reference", "string", "token", "uri"})


def key_of(resource: JsonObject, query: Query) -> Key:
    """Return the place of a resource in the order: a value for each sort key, then its id."""
    return [*(_value(resource, sort, query) for sort in query.sort), str(resource.get("id", ""))]


def compare(one: Key, two: Key, sorts: Sequence[Sort]) -> int:
    """Return below 0 when the first comes before the second, above 0 when after it."""
    for place, sort in enumerate(sorts):
        left, right = one[place], two[place]
        if left == right:
            continue
        if left is None or right is None:
            return 1 if left is None else -1
        return (1 if left > right else -1) * (-1 if sort.descending else 1)
    return int(one[-1] > two[-1]) - int(one[-1] < two[-1])


def sorting(sorts: Sequence[Sort]) -> Any:
    """Return the `key` for sorting by places."""
    return cmp_to_key(lambda one, two: compare(one, two, sorts))


def _value(resource: JsonObject, sort: Sort, query: Query) -> int | float | str | None:
    found = [_plain(sort.parameter.kind, each, query) for each in sort.parameter.get(resource)]
    known = [value for value in found if value is not None]
    if not known:
        return None
    chosen: int | float | str = max(known) if sort.descending else min(known)
    return chosen


def _plain(kind: str, element: Any, query: Query) -> Any:
    match kind:
        case "date":
            reach = moments.range_of(element, query.setting.now.tzinfo or UTC)
            return reach[0] if reach else None
        case "quantity":
            number = amounts.number_of(element)
            return None if number is None else float(number)
        case "reference":
            return element.get("reference") if isinstance(element, dict) else element
        case "string":
            return folded(" ".join(texts.parts_of(element)))
        case "token":
            return tokens.shown(element)
        case _:
            return element if isinstance(element, str) else None
