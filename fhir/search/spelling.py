"""How values are written in a search: marks, escapes, and texts compared without case and accents.

Source: https://hl7.org/fhir/R4/search.html#escaping
"""

import re
import unicodedata
from collections.abc import Iterator

_ESCAPED = re.compile(r"\\(.)")


def split(value: str, mark: str = ",") -> Iterator[str]:
    """Yield the parts of a value between marks; a mark after a backslash belongs to the part."""
    if "\\" not in value:
        yield from value.split(mark)
        return
    part = ""
    place = 0
    while place < len(value):
        if value[place] == "\\" and place + 1 < len(value):
            part += value[place : place + 2]
            place += 1
        elif value[place] == mark:
            yield part
            part = ""
        else:
            part += value[place]
        place += 1
    yield part


def plain(value: str) -> str:
    """Return a part without its backslashes."""
    return _ESCAPED.sub(r"\1", value) if "\\" in value else value


def folded(text: str) -> str:
    """Return lower-case letters and digits without accents and apostrophes; all else becomes a space."""
    marked = unicodedata.normalize("NFD", text.lower().replace("'", "").replace("’", ""))
    return "".join(ch if ch.isalnum() else " " for ch in marked if not unicodedata.combining(ch))
