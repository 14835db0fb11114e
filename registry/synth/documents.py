"""Document numbers that look right, with the check digit where a kind has a rule."""

from collections.abc import Callable, Iterator
from datetime import date
from random import Random

from config import IdentifierKind, Node
from fhir.treatment.person import Identity

_PASSPORT_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
# What people of each country of origin carry, then what the country of the node gives to those who arrive.
_HOME = {
    "VE": ("ve-ci", "ve-pp"),
    "CO": ("co-cc", "passport"),
    "PE": ("dni",),
    "EC": ("ec-ci", "passport"),
    "CL": ("cl-run",),
    "BR": ("br-cpf", "passport"),
}
_PERMITS = {
    "PE": ("pe-ce", "pe-ptp", "pe-cpp"),
    "CO": ("co-ppt", "co-ce"),
    "EC": ("ec-ci",),
    "CL": ("cl-run",),
}
_CHANCE = {"ve-pp": 0.4, "passport": 0.6}


def identities(origin: str, through: str, born: date, node: Node, rng: Random) -> Iterator[Identity]:
    """Yield one person's documents: of home, of a country passed through, of here, the clinic number."""
    carried = [key for key in _HOME.get(origin, ("passport",)) if rng.random() < _CHANCE.get(key, 0.92)]
    if origin != node.country:
        carried += [key for key in _PERMITS.get(through, ())[:1] if rng.random() < 0.5]
        carried += [rng.choice(keys) for keys in [_PERMITS.get(node.country)] if keys and rng.random() < 0.6]
    for key in (*dict.fromkeys(carried), "clinic"):
        kind = node.identifier_kind(key)
        if kind is not None:
            country = kind.country or (origin if key == "passport" else node.country)
            yield identity(kind, number(kind, born, rng), country)


def identity(kind: IdentifierKind, value: str, country: str = "") -> Identity:
    """Return one document as it is written in a Patient."""
    return Identity(kind.system, value, kind.type_code, kind.names["es"], country or kind.country)


def number(kind: IdentifierKind, born: date, rng: Random) -> str:
    """Draw a number of a kind of document."""
    if kind.check:
        return _CHECKED[kind.check](rng)
    makers = {"ve-ci": _venezuelan, "clinic": _clinic, "co-cc": _digits(10), "dni": _digits(8)}
    if kind.key in makers:
        return makers[kind.key](born, rng)
    if kind.type_code == "PPN":
        prefix = "" if kind.key == "ve-pp" else rng.choice(_PASSPORT_LETTERS) + rng.choice(_PASSPORT_LETTERS)
        return f"{prefix}{rng.randrange(10**8, 10**9) if not prefix else rng.randrange(10**6, 10**7)}"
    return _digits(7 if kind.key in ("co-ppt", "co-ce") else 9)(born, rng)


def _venezuelan(born: date, rng: Random) -> str:
    """Follow the rough order of issue: later births have higher numbers."""
    middle = 12_000_000 + 450_000 * (born.year - 1975)
    return f"V{max(1_000_000, min(36_000_000, middle + rng.randrange(-1_500_000, 1_500_000)))}"


def _clinic(born: date, rng: Random) -> str:
    return f"{born.year % 100:02}-{rng.randrange(10**6):06}"


def _digits(length: int) -> Callable[[date, Random], str]:
    return lambda _, rng: str(rng.randrange(10 ** (length - 1), 10**length))


def _ecuadorian(rng: Random) -> str:
    """Return a province, a digit up to 5, six digits and the Luhn check digit."""
    digits = f"{rng.randrange(1, 25):02}{rng.randrange(6)}{rng.randrange(10**6):06}"
    total = 0
    for place, digit in enumerate(digits):
        value = int(digit) * (2 - place % 2)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


def _chilean(rng: Random) -> str:
    """Return a number and its modulo 11 check digit, K for ten."""
    digits = str(rng.randrange(5_000_000, 28_000_000))
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(digits)))
    return digits + "0123456789K"[-total % 11]


def _brazilian(rng: Random) -> str:
    """Return nine digits and two modulo 11 check digits."""
    digits = [rng.randrange(10) for _ in range(9)]
    for _ in range(2):
        total = sum(digit * (len(digits) + 1 - place) for place, digit in enumerate(digits))
        digits.append(-total % 11 % 10)
    return "".join(map(str, digits))


_CHECKED: dict[str, Callable[[Random], str]] = {
    "ec.ci": _ecuadorian,
    "cl.rut": _chilean,
    "br.cpf": _brazilian,
}
