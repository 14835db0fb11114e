"""Words for the codes that use cases and rules return, in the person's language.

A table gives a word, or (word, tone, advice), for a code. A code without a row is shown as it is.
"""

from collections.abc import Mapping
from typing import Any

from registry.web.wording import care, exchange, people, trail

__all__ = ["advice", "care", "exchange", "people", "tone", "trail", "word"]

Table = Mapping[str, Any]


def word(table: Table, code: str) -> str:
    """Return the word for a code."""
    return _part(table, code, 0, code)


def tone(table: Table, code: str) -> str:
    """Return the tone of a code: good, watch, act, stop or quiet."""
    return _part(table, code, 1, "quiet")


def advice(table: Table, code: str) -> str:
    """Return what a state means and what to do."""
    return _part(table, code, 2, "")


def _part(table: Table, code: str, place: int, otherwise: str) -> str:
    found = table.get(code)
    parts = found if isinstance(found, tuple) else (found,)
    return str(parts[place]) if found is not None and place < len(parts) else otherwise
