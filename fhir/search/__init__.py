"""Searches: parameters to a typed Query, and a Query against resources; no storage here.

Source: https://hl7.org/fhir/R4/search.html
"""

from typing import Any

from fhir.search import clauses, order
from fhir.search.declared import Parameter, parameters
from fhir.search.kinds.amounts import Amount
from fhir.search.kinds.links import Link
from fhir.search.kinds.moments import Moment
from fhir.search.kinds.setting import Setting
from fhir.search.kinds.texts import Sounds, Text
from fhir.search.kinds.tokens import Token
from fhir.search.paths import target_of
from fhir.search.query import DEFAULT_COUNT, MOST, Chain, Clause, Has, Include, Query, Sort
from fhir.search.reading import parse
from fhir.search.shaping import is_searched
from fhir.search.spelling import folded, split
from fhir.wire import JsonObject

__all__ = [
    "DEFAULT_COUNT",
    "MOST",
    "Amount",
    "Chain",
    "Clause",
    "Has",
    "Include",
    "Link",
    "Moment",
    "Parameter",
    "Query",
    "Setting",
    "Sort",
    "Sounds",
    "Text",
    "Token",
    "fits",
    "folded",
    "is_searched",
    "may_fit",
    "order",
    "parameters",
    "parse",
    "split",
    "target_of_element",
]


def fits(resource: JsonObject, query: Query, sounds: Sounds | None = None) -> bool:
    """Tell whether a resource fits every clause; chains are the store's, `sounds` compares phonetic names."""
    return all(clauses.fits(resource, clause, query.setting, sounds) for clause in query.clauses)


def target_of_element(element: Any, base: str) -> tuple[str, str] | None:
    """Return (type, id) of a Reference to a resource of this node (its FHIR base: no slash), or None."""
    text = element.get("reference") if isinstance(element, dict) else element
    if not isinstance(text, str):
        return None
    own = text.removeprefix(f"{base}/")
    return None if "://" in own else target_of(own)


def may_fit(body: bytes, query: Query) -> bool:
    """Tell from its bytes alone that a stored resource cannot fit (False), which saves reading it."""
    for clause in query.clauses:
        for needle in clause.needles:
            if needle in body:
                break
        else:
            if clause.needles and not _holds_in_any_case(body, clause.needles):
                return False
    return True


def _holds_in_any_case(body: bytes, needles: tuple[bytes, ...]) -> bool:
    cased = [needle for needle in needles if needle.islower()]
    if not cased:
        return False
    lowered = body.lower()
    return any(needle in lowered for needle in cased)
