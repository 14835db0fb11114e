"""What a system's token may do: SMART scopes, of version 2 (`system/Patient.rs`) and the older words.

Source: https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html. A scope that narrows by a query
(`?category=...`) is not given at all: giving it without its query would open more than was asked.
"""

import re
from collections.abc import Iterable

LETTERS = "cruds"
_SCOPE = re.compile(r"system/(\*|[A-Z][A-Za-z]{1,63})\.(read|write|\*|c?r?u?d?s?)")
_WORDS = {"read": "rs", "write": "cud", "*": LETTERS}


def parse(scope: str) -> tuple[str, str] | None:
    """Return (resource type or *, letters of c r u d s), or None for what is not given here."""
    found = _SCOPE.fullmatch(scope)
    if found is None or not found[2]:
        return None
    return found[1], _WORDS.get(found[2], found[2])


def covers(scope: str, resource_type: str, letter: str) -> bool:
    """Answer whether a scope allows the interaction of a letter on a type."""
    found = parse(scope)
    return found is not None and found[0] in ("*", resource_type) and letter in found[1]


def granted(asked: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """Return what to give: each scope asked for, cut down to what is allowed, in the order asked."""
    most = [found for scope in allowed if (found := parse(scope)) is not None]
    given: dict[str, None] = {}
    for wanted in filter(None, map(parse, asked)):
        for name in dict.fromkeys(name for name, _ in most if wanted[0] in ("*", name) or name == "*"):
            target = wanted[0] if name == "*" else name
            letters = {letter for other, kept in most if other in ("*", target) for letter in kept}
            if kept := "".join(letter for letter in LETTERS if letter in wanted[1] and letter in letters):
                given[f"system/{target}.{kept}"] = None
    return tuple(given)
