"""Bring identifiers, names and birth dates into the one spelling that is indexed and searched."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from anyascii import anyascii

PREFIX_LETTERS = 3

# The order is part of the definition: "gue" becomes "ge" and then "je"; "ch" is gone before "c" becomes "k".
_SOUNDS = (
    ("ph", "f"), ("ch", "x"), ("ll", "y"), ("qu", "k"), ("gue", "ge"), ("gui", "gi"), ("ge", "je"),
    ("gi", "ji"), ("ce", "se"), ("ci", "si"), ("c", "k"), ("z", "s"), ("ss", "s"), ("v", "b"), ("w", "b"),
    ("h", ""), ("y", "i"), ("j", "i"), ("nn", "n"), ("rr", "r"), ("lh", "y"), ("nh", "n"),
)  # fmt: skip
_DROPPED = {"Zs", "Cc", "Cf", "Pd"}  # spaces, control and invisible characters, dashes
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, order=True)
class Term:
    """Hold one searchable spelling of a name word; `kind` is word, prefix or sound."""

    kind: str
    value: str


def identifier_values(system: str, value: str) -> tuple[str, ...]:
    """Give `system|value` and `|value`; only the second without a system, nothing without a value."""
    number = _number(value)
    if not number:
        return ()
    space = system.strip()
    if space.startswith("urn:oid."):
        space = "urn:oid:" + space.removeprefix("urn:oid.")
    return (f"{space}|{number}", f"|{number}") if space else (f"|{number}",)


def name_words(text: str) -> tuple[Term, ...]:
    """Give the terms of each word of a name: whole, first three letters, how it sounds; sorted, each once."""
    terms: set[Term] = set()
    for word in folded_words(text):
        terms.add(Term("word", word))
        terms.add(Term("prefix", word[:PREFIX_LETTERS]))
        terms.add(Term("sound", skeleton(word)))
    return tuple(sorted(term for term in terms if term.value))


def birth_date(text: str) -> str | None:
    """Give a full date of birth as YYYY-MM-DD; None for a partial or impossible one, which is not indexed."""
    if not _ISO_DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def folded_words(text: str) -> list[str]:
    """Split a name into words of a to z: marks dropped (NFD), other scripts and letters spelled in Latin."""
    marked = unicodedata.normalize("NFD", text.replace("'", "").replace("’", ""))
    plain = "".join(character for character in marked if not unicodedata.combining(character))
    return re.findall(r"[a-z]+", anyascii(plain).lower())


def skeleton(word: str) -> str:
    """Give how a folded word sounds in Spanish and Portuguese, so that Gonzalez and Gonsales meet."""
    sound = word
    for written, spoken in _SOUNDS:
        sound = sound.replace(written, spoken)
    sound = re.sub(r"(.)\1+", r"\1", sound)
    return sound[:1] + re.sub(r"[aeiou]", "", sound[1:])


def _number(value: str) -> str:
    kept = (character for character in unicodedata.normalize("NFKC", value) if not _ignored(character))
    return "".join(kept).upper()


def _ignored(character: str) -> bool:
    return character in ".\u2212" or unicodedata.category(character) in _DROPPED
