"""Active ingredients read from the words of a product, in Spanish, Portuguese and English.

A combination with a part we do not know gives nothing: half a regimen is worse than none.
"""

import re
import unicodedata
from functools import cache

from fhir.codes.systems import table

_PARENTHESIS = re.compile(r"\([^()]*\)")
_BREAK = re.compile(r"[/+]")
_WORD = re.compile(r"[a-z0-9]+")
_DOSE = re.compile(r"\d+(mg|mcg|ug|g|ml|h|x)?|[xh]\d+")
_BOOSTED = {"LPV", "ATV", "DRV", "EVG"}
_SHORT_BOOSTERS = {"r": "RTV", "c": "COBI"}


def ingredients_in_text(text: str) -> frozenset[str] | None:
    """Return the active ingredients named in a text, or None when none or not all of them are known."""
    plain = _plain(text)
    if not _in_words(_WORD.findall(plain)):
        return None
    parts = [_WORD.findall(part) for part in _BREAK.split(_without_remarks(plain))]
    found: set[str] = set()
    for words in parts:
        here = _in_words(words)
        if not here and words and not _is_filler(words):
            return None
        found |= here
    return _with_boosters(found, parts)


def _with_boosters(found: set[str], parts: list[list[str]]) -> frozenset[str] | None:
    if found & _BOOSTED:
        found |= {_SHORT_BOOSTERS[words[0]] for words in parts[1:] if words and words[0] in _SHORT_BOOSTERS}
    lonely = _lonely()
    if len(found) == 1 and found <= lonely and not _full_name(parts, next(iter(found))):
        return None
    return frozenset(found) or None


def _without_remarks(plain: str) -> str:
    """Drop parentheses that name no ingredient: makers, salts, brand names."""

    def keep(match: re.Match[str]) -> str:
        inside = match.group(0)[1:-1]
        return f" {inside} " if _in_words(_WORD.findall(inside)) else " "

    return _PARENTHESIS.sub(keep, plain)


def _in_words(words: list[str]) -> set[str]:
    names, longest = _names()
    found: set[str] = set()
    place = 0
    while place < len(words):
        for size in range(min(longest, len(words) - place), 0, -1):
            keys = names.get(" ".join(words[place : place + size]))
            if keys:
                found |= keys
                place += size - 1
                break
        place += 1
    return found


def _is_filler(words: list[str]) -> bool:
    if words[0] in _SHORT_BOOSTERS:
        words = words[1:]
    return all(word in _fillers() or _DOSE.fullmatch(word) for word in words)


def _full_name(parts: list[list[str]], key: str) -> bool:
    """Tell whether an ingredient is written out, not only abbreviated ("dor" is also pain in Portuguese)."""
    words = {word for part in parts for word in part}
    row = next(row for row in table("medicines")["ingredients"] if row["key"] == key)
    return any(set(name.split()) <= words for name in row["names"])


@cache
def _fillers() -> frozenset[str]:
    """Return words that may stand beside a substance without being one: units, forms, routes, times."""
    return frozenset(table("medicines")["fillers"].split())


@cache
def _lonely() -> frozenset[str]:
    """Return ingredients whose abbreviation is too common a word to count alone."""
    return frozenset(row["key"] for row in table("medicines")["ingredients"] if row["needs_company"])


@cache
def _names() -> tuple[dict[str, frozenset[str]], int]:
    rows = table("medicines")
    names: dict[str, frozenset[str]] = {}
    for product in rows["products"]:
        for label in (product["label"], *product["also_called"]):
            if label.isalnum():
                names[_plain(label)] = frozenset(product["ingredients"])
    for row in rows["ingredients"]:
        for name in (*row["names"], *row["abbreviations"]):
            names[_plain(name)] = frozenset([row["key"]])
    return names, max(len(name.split()) for name in names)


def _plain(text: str) -> str:
    spread = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in spread if not unicodedata.combining(char))
