"""Search parameters of a request to a typed Query; what cannot be used becomes an issue, never "match all".

Source: https://hl7.org/fhir/R4/search.html
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, cast

from fhir.outcome import Issue

Prefix = Literal["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]
NamePart = Literal["name", "family", "given"]

DEFAULT_COUNT = 20
MOST = 200
_FULL_DATE = 10
_DATE = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?([0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?)")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_PARAMETER = re.compile(r"_?[A-Za-z][A-Za-z.:-]{0,63}")
# Parameters that shape the answer and are read by the caller.
_FOR_CALLER = frozenset({"_format", "_pretty", "_summary", "_elements", "_total"})


@dataclass(frozen=True, slots=True)
class Token:
    """One token: system None means any system, an empty text no system; an empty code means any code."""

    system: str | None
    code: str


@dataclass(frozen=True, slots=True)
class Name:
    """One word or name to look for, in one part of a name; `exact` keeps case and accents."""

    part: NamePart
    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Birth:
    """One comparison with the birth date; `day` is a FHIR date of day, month or year precision."""

    prefix: Prefix
    day: str

    @property
    def is_exact(self) -> bool:
        """Tell whether it is one whole day, which the index can find."""
        return self.prefix == "eq" and len(self.day) == _FULL_DATE


@dataclass(frozen=True, slots=True)
class Query:
    """A search for Patients: every group must match, and in a group any one value is enough.

    `count` is the page size; `issues` holds what was not understood (errors: refuse the search; warnings:
    parameters not used, an error under `Prefer: handling=strict`).
    """

    ids: tuple[tuple[str, ...], ...] = ()
    identifiers: tuple[tuple[Token, ...], ...] = ()
    names: tuple[tuple[Name, ...], ...] = ()
    births: tuple[tuple[Birth, ...], ...] = ()
    count: int = DEFAULT_COUNT
    issues: tuple[Issue, ...] = ()


def parse(parameters: Iterable[tuple[str, str]]) -> Query:
    """Return the Query of the parameters of a Patient search, in the order written."""
    query = Query()
    for name, value in parameters:
        bare, _, modifier = name.partition(":")
        reader = _READERS.get(bare)
        if reader is not None and value and modifier in _MODIFIERS.get(bare, ("",)):
            query = reader(query, bare, modifier, value)
        elif bare not in _FOR_CALLER:
            query = _noted(query, _not_used(name, known=reader is not None, given=bool(value)))
    return query


def refusal(query: Query) -> Issue | None:
    """Return the reason to refuse a search that would have to open every record, or None.

    The answer to the caller is 403: a search needs an identifier, a name, a whole birth date or an id.
    """
    exact_birth = any(all(birth.is_exact for birth in group) for group in query.births)
    tokens = any(all(token.code for token in group) for group in query.identifiers)
    if query.ids or tokens or query.names or exact_birth:
        return None
    text = "This search would open every record: add an identifier, a name or a whole birth date."
    return Issue("error", "too-costly", "Patient", "too-costly", text)


def split(value: str, mark: str = ",") -> Iterator[str]:
    """Yield the parts of a value between marks; a mark after a backslash belongs to the part."""
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


def _ids(query: Query, _name: str, _modifier: str, value: str) -> Query:
    ids = tuple(split(value))
    if not all(_ID.fullmatch(item) for item in ids):
        return _noted(query, _bad("_id", "An id has at most 64 letters, digits, dots and dashes."))
    return replace(query, ids=(*query.ids, ids))


def _identifier(query: Query, _name: str, _modifier: str, value: str) -> Query:
    tokens = tuple(_token(item) for item in split(value) if item)
    if not tokens or any(not token.code and not token.system for token in tokens):
        return _noted(query, _bad("identifier", "An identifier is written as system|value or as value."))
    return replace(query, identifiers=(*query.identifiers, tokens))


def _token(value: str) -> Token:
    first, *rest = split(value, "|")
    if not rest:
        return Token(None, _plain(first))
    return Token(_plain(first), _plain("|".join(rest)))


def _name(query: Query, name: str, modifier: str, value: str) -> Query:
    part = cast(NamePart, name)
    words = (_plain(item).strip() for item in split(value))
    names = tuple(Name(part, word, modifier == "exact") for word in words if word)
    if not names:
        return _noted(query, _bad(name, "A name to search for needs at least one letter."))
    return replace(query, names=(*query.names, names))


def _birth(query: Query, name: str, _modifier: str, value: str) -> Query:
    found = [_DATE.fullmatch(item) for item in split(value)]
    births = tuple(Birth(cast(Prefix, match[1] or "eq"), match[2]) for match in found if match)
    if len(births) != len(found):
        return _noted(query, _bad(name, "A birth date is written as YYYY, YYYY-MM or YYYY-MM-DD."))
    return replace(query, births=(*query.births, births))


def _count(query: Query, name: str, _modifier: str, value: str) -> Query:
    if not value.isascii() or not value.isdigit() or len(value) > len(str(MOST)) + 1:
        return _noted(query, _bad(name, "A page size is a whole number."))
    return replace(query, count=min(int(value), MOST))


_READERS: dict[str, Callable[[Query, str, str, str], Query]] = {
    "_id": _ids,
    "identifier": _identifier,
    "name": _name,
    "family": _name,
    "given": _name,
    "birthdate": _birth,
    "_count": _count,
}
_MODIFIERS = dict.fromkeys(("name", "family", "given"), ("", "exact"))


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value)


def _noted(query: Query, issue: Issue) -> Query:
    return replace(query, issues=(*query.issues, issue))


def _bad(name: str, text: str) -> Issue:
    return Issue("error", "value", f"Patient?{name}", "search-value", text)


def _not_used(name: str, *, known: bool, given: bool) -> Issue:
    shown = name if _PARAMETER.fullmatch(name) else "?"
    if known and not given:
        return _bad(shown, "The search parameter has no value.")
    if known:
        text = f"The search parameter '{shown}' has a modifier that is not supported."
        return Issue("error", "not-supported", f"Patient?{shown}", "search-modifier", text)
    text = f"The search parameter '{shown}' is not known here and was not used."
    return Issue("warning", "not-supported", f"Patient?{shown}", "search-parameter", text)
