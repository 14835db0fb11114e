"""Names and shares that synthetic people are drawn from, read once from their files."""

import tomllib
from bisect import bisect
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Draw:
    """Values with their weights."""

    values: tuple[str, ...]
    cumulative: tuple[float, ...]

    def one(self, rng: Random) -> str:
        """Draw one value."""
        drawn = rng.random() * self.cumulative[-1]
        return self.values[bisect(self.cumulative, drawn, 0, len(self.values) - 1)]


@dataclass(frozen=True)
class Journeys:
    """The tables of journeys.toml; `origins` by ISO country of the node."""

    shares: dict[str, Draw]
    origins: dict[str, Draw]
    numbers: dict[str, int]

    def draw(self, name: str, rng: Random) -> str:
        """Draw from one table."""
        return self.shares[name].one(rng)

    def percent(self, name: str, rng: Random) -> bool:
        """Answer yes as often as a percentage of the table says."""
        return rng.random() * 100 < self.numbers[name]


@cache
def names() -> dict[str, Draw]:
    """Return given names of both sexes and surnames."""
    return {kind: _draw(weights) for kind, weights in _read("names").items()}


@cache
def journeys() -> Journeys:
    """Return the shares and numbers of journeys."""
    found = _read("journeys")
    numbers, origins = found.pop("numbers"), found.pop("origin")
    return Journeys(
        {name: _draw(entry["weights"]) for name, entry in found.items()},
        {country: _draw(entry["weights"]) for country, entry in origins.items()},
        numbers,
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))


def _draw(weights: dict[str, float]) -> Draw:
    return Draw(tuple(weights), tuple(accumulate(weights.values())))
