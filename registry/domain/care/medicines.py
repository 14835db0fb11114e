"""Roles of active ingredients inside a regimen; their classes come from the terminology tables."""

from functools import cache

from fhir import codes
from fhir.treatment.model import Ingredients

LONG_ACTING = frozenset({"CAB"})
"""Given as injections: supply is not a matter of tablets."""

_BACKBONE = frozenset({"NRTI", "NtRTI"})
_ANCHOR = frozenset({"INSTI", "NNRTI", "PI", "entry"})
_BOOSTER = frozenset({"booster"})


def comparable(ingredients: Ingredients) -> Ingredients:
    """Return the set used to compare regimens: FTC counts as 3TC, while TDF and TAF stay apart."""
    return frozenset("3TC" if name == "FTC" else name for name in ingredients)


def backbone(ingredients: Ingredients) -> Ingredients:
    """Return the nucleoside part."""
    return ingredients & _of(_BACKBONE)


def anchors(ingredients: Ingredients) -> Ingredients:
    """Return the drugs that a backbone is joined to: integrase, protease and entry inhibitors and NNRTI."""
    return ingredients & _of(_ANCHOR)


def is_booster(ingredients: Ingredients) -> bool:
    """Answer whether there is nothing but boosters."""
    return ingredients <= _of(_BOOSTER)


def is_complete(ingredients: Ingredients) -> bool:
    """Answer whether these can be a whole regimen: an anchor with a backbone, two anchors, or three NRTI."""
    first, second = len(anchors(ingredients)), len(backbone(ingredients))
    return first >= 2 or (first == 1 and second >= 1) or second >= 3


def is_antiretroviral(ingredients: Ingredients) -> bool:
    """Answer whether a product holds at least one antiretroviral."""
    return not ingredients.isdisjoint(_of(_BACKBONE | _ANCHOR | _BOOSTER))


@cache
def _of(kinds: frozenset[str]) -> Ingredients:
    return frozenset(found.key for found in codes.ingredients() if found.kind in kinds)
