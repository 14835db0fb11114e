"""Which regimen a visit goes on with: the same one, a part of it, its completion, or a change."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from fhir.treatment.model import Ingredients
from registry.domain.care.dispenses import Visit
from registry.domain.care.medicines import anchors, is_booster, is_complete
from registry.domain.care.stock import Stock

Relation = Literal["first", "same", "component-only", "completed", "regimen-changed"]


@dataclass
class Era:
    """The time of one regimen: its products in stock and the days supplied; mutable while counted."""

    regimen: Ingredients = frozenset()
    stocks: dict[Ingredients, Stock] = field(default_factory=dict)
    supplied: list[tuple[date, Ingredients, int]] = field(default_factory=list)
    estimate: bool = False

    @property
    def run_out(self) -> date | None:
        """Return the earliest run-out of the products that make up the regimen."""
        return min((stock.run_out for stock in self.stocks.values() if stock.run_out), default=None)


def relation(era: Era, products: Collection[Ingredients]) -> Relation:
    """Say how a visit's products (comparable ingredients) stand to the regimen of the era."""
    visit = union(products)
    if not era.regimen:
        return "first"
    if visit == era.regimen:
        return "same"
    if visit < era.regimen:
        whole_and_new = is_complete(visit) and not era.stocks.keys() >= set(products)
        return "regimen-changed" if whole_and_new else "component-only"
    if is_booster(visit):
        return "completed"
    other_half = not (anchors(visit) and anchors(era.regimen))
    if other_half and not is_complete(visit) and not is_complete(era.regimen):
        return "completed"
    return "regimen-changed"


def next_era(era: Era, products: Collection[Ingredients]) -> Era:
    """Start a new regimen without the old stock; a lone component keeps the other half of the old regimen."""
    visit = union(products)
    if is_complete(visit):
        return Era()
    anchored = bool(anchors(visit))
    kept = {
        product: stock
        for product, stock in era.stocks.items()
        if not is_complete(product) and anchored is not bool(anchors(product))
    }
    return Era(union(kept), kept)


def stock_before(era: Era, visit: Visit, how: Relation) -> dict[Ingredients, Stock]:
    """Return the stock each product of the visit adds to.

    The same regimen in another packing goes on from the regimen's run-out; an added product starts at once.
    """
    known = {product: era.stocks[product] for product in visit.products if product in era.stocks}
    repacked = how == "same" and not known
    other = Stock(era.run_out) if repacked else Stock()
    return {product: known.get(product, other) for product in visit.products}


def union(products: Collection[Ingredients]) -> Ingredients:
    """Return all ingredients of several products."""
    return frozenset[str]().union(*products)
