"""Texts: names, addresses and titles (https://hl7.org/fhir/R4/search.html#string).

Without a modifier every word asked for must begin some word of the element, case and accents aside.
"""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from typing import Any

from fhir.search.kinds.setting import BadValue, Setting
from fhir.search.spelling import folded, plain

# How a name sounds, as values that compare: the index of the node knows, this room does not.
Sounds = Callable[[str], Set[object]]

_PARTS = (
    "text", "family", "given", "prefix", "suffix",
    "line", "city", "district", "state", "postalCode", "country",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """Words to look for; `way` is the modifier: `` begins with, exact, contains, or phonetic."""

    text: str
    way: str = ""


def read(value: str, modifier: str, _setting: Setting) -> Text:
    """Return the text a value asks for; raise BadValue when it is empty."""
    text = plain(value).strip()
    if not text:
        raise BadValue("A text to search for needs at least one letter.")
    return Text(text, modifier)


def fits(element: Any, asked: Text, _setting: Setting) -> bool:
    """Tell whether a string, HumanName or Address is what was asked for."""
    texts = list(parts_of(element))
    if asked.way == "exact":
        return asked.text in texts
    wanted = folded(asked.text)
    if asked.way == "contains":
        inside = " ".join(wanted.split())
        return bool(inside) and any(inside in " ".join(folded(text).split()) for text in texts)
    words = wanted.split()
    if not words:
        return any(text.lower().startswith(asked.text.lower()) for text in texts)
    known = [word for text in texts for word in folded(text).split()]
    return all(any(word.startswith(part) for word in known) for part in words)


def sounds_like(element: Any, asked: Text, sounds: Sounds) -> bool:
    """Tell whether every word asked for sounds like a word of the element."""
    wanted = [sounds(word) for word in asked.text.split()]
    known = sounds(" ".join(parts_of(element)))
    return bool(wanted) and all(bool(each) and each <= known for each in wanted)


def parts_of(element: Any) -> Iterator[str]:
    """Yield the texts of a string, HumanName or Address."""
    if isinstance(element, str):
        yield element
    elif isinstance(element, dict):
        for name in _PARTS:
            value = element.get(name)
            for each in value if isinstance(value, list) else (value,):
                if isinstance(each, str):
                    yield each
