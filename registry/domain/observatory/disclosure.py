"""What may leave the node: every figure and total rounded on its own, small ones as a range.

Rounding to base 5: 0 to 2 become `0-2`, any other figure its multiple of 5 with 2 to either side. With every
total rounded by itself, no difference of two published figures gives a true one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from registry.domain.observatory.tally import Cell

STEP = 5
SPREAD = 2
SMALLEST_DENOMINATOR = 30


@dataclass(frozen=True)
class Figure:
    """A published figure: the true one lies from `low` to `high`, both included."""

    low: int
    high: int

    @property
    def rounded(self) -> int:
        """Return the multiple of 5 it was rounded to."""
        return self.high - SPREAD


@dataclass(frozen=True)
class Released:
    """One figure with its place in the published table."""

    cell: Cell
    figure: Figure


def publish(number: int) -> Figure:
    """Round one count; ValueError when it is negative."""
    if number < 0:
        raise ValueError("A count is never negative.")
    rounded = STEP * ((number + SPREAD) // STEP)
    return Figure(max(0, rounded - SPREAD), rounded + SPREAD)


def release(cells: Iterable[tuple[Cell, int]]) -> Iterator[Released]:
    """Round every figure of a tally by itself."""
    for cell, number in cells:
        yield Released(cell, publish(number))


def rate(numerator: Figure, denominator: Figure) -> Decimal | None:
    """Return a percentage of rounded figures, one decimal, at most 100; None below a denominator of 30."""
    if denominator.rounded < SMALLEST_DENOMINATOR:
        return None
    share = Decimal(100 * numerator.rounded) / denominator.rounded
    return min(Decimal(100), share).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
