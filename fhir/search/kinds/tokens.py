"""Tokens: codes, identifiers, contacts and yes or no (https://hl7.org/fhir/R4/search.html#token)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from fhir.codes.identifiers import normal_value
from fhir.codes.systems import canonical_system, table
from fhir.search.kinds.setting import BadValue, Setting
from fhir.search.spelling import folded, plain, split

_WRITTEN = "A token is written as code, system|code, |code or system|."
_OF_TYPE = "With :of-type an identifier is written as system|code|value of its type and value."
_NO_SET = "This node does not know the value set; it knows those of required codes of FHIR 4.0.1."


@dataclass(frozen=True, slots=True)
class Token:
    """One token: system None means any system, an empty text no system; an empty code means any code.

    The system is as written, because the index of identifiers has its own spelling.
    """

    system: str | None
    code: str


@dataclass(frozen=True, slots=True)
class OfType:
    """An identifier by the code of its type and its value."""

    system: str
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class Words:
    """Words that the text of a code begins with (`:text`)."""

    text: str


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of a value set; those that are no address are of any system (`:in`)."""

    codes: frozenset[str]


Value = Token | OfType | Words | Codes


def read(value: str, modifier: str, _setting: Setting) -> Value:
    """Return the token a value asks for; raise BadValue when it has none of the forms."""
    if modifier == "text":
        return Words(folded(plain(value)).strip())
    if modifier in ("in", "not-in"):
        known = value_sets().get(plain(value).partition("|")[0])
        if known is None:
            raise BadValue(_NO_SET)
        return Codes(known)
    parts = [plain(part) for part in split(value, "|")]
    if modifier == "of-type":
        if len(parts) != 3 or not all(parts):
            raise BadValue(_OF_TYPE)
        return OfType(canonical_system(parts[0]), parts[1].lower(), normal_value(parts[2]))
    if len(parts) == 1:
        parts = ["", parts[0]]
        system = None
    else:
        system = parts[0]
    code = "|".join(parts[1:])
    if not code and not system:
        raise BadValue(_WRITTEN)
    return Token(system, code)


def fits(element: Any, asked: Value, _setting: Setting) -> bool:
    """Tell whether a code, Coding, CodeableConcept, Identifier, ContactPoint or boolean is what was asked."""
    match asked:
        case Token():
            wanted = asked.code.lower()
            space = None if asked.system is None else canonical_system(asked.system)
            return any(
                (space is None or space == system)
                and (not wanted or (wanted == code if exact else normal_value(wanted) == code))
                for system, code, exact in _codes(element)
            )
        case Words():
            return any(folded(text).startswith(asked.text) for text in _texts(element))
        case Codes():
            return any(code in asked.codes for _, code, exact in _codes(element) if exact)
        case _:
            return _is_of_type(element, asked)


@cache
def value_sets() -> dict[str, frozenset[str]]:
    """Return the codes of the value sets this node knows, by address."""
    known: dict[str, set[str]] = {}
    for row in table("required")["elements"].values():
        if row.get("value_set") and row.get("codes"):
            known.setdefault(row["value_set"].partition("|")[0], set()).update(row["codes"])
    return {address: frozenset(code.lower() for code in codes) for address, codes in known.items()}


def shown(element: Any) -> str:
    """Return the text to sort a token by."""
    texts = [*_texts(element), *(code for _, code, _ in _codes(element))]
    return folded(texts[0]) if texts else ""


def _codes(element: Any) -> Iterator[tuple[str, str, bool]]:
    """Yield (system, code, whether it is compared as written); values of identifiers have one form only."""
    if isinstance(element, bool):
        yield "", "true" if element else "false", True
    elif isinstance(element, str):
        yield "", element.lower(), True
    elif isinstance(element, dict):
        codings = element.get("coding")
        if isinstance(codings, list):
            for coding in codings:
                yield from _codes(coding)
        elif isinstance(code := element.get("code"), str):
            yield canonical_system(element.get("system")), code.lower(), True
        elif element.get("system") in _CONTACTS:
            yield "", str(element.get("value", "")).lower(), True
        else:
            value = element.get("value")
            number = normal_value(value) if isinstance(value, str) else ""
            yield canonical_system(element.get("system")), number, False


_CONTACTS = frozenset({"phone", "fax", "email", "pager", "url", "sms", "other"})


def _texts(element: Any) -> Iterator[str]:
    if not isinstance(element, dict):
        return
    inner = element.get("type") if isinstance(element.get("type"), dict) else None
    for each in (element, inner):
        if isinstance(each, dict):
            for name in ("text", "display"):
                if isinstance(text := each.get(name), str):
                    yield text
            codings = each.get("coding")
            for coding in codings if isinstance(codings, list) else ():
                if isinstance(coding, dict) and isinstance(display := coding.get("display"), str):
                    yield display


def _is_of_type(element: Any, asked: OfType) -> bool:
    if not isinstance(element, dict) or not isinstance(value := element.get("value"), str):
        return False
    kinds = _codes(element.get("type"))
    of_type = any(system == asked.system and code == asked.code for system, code, _ in kinds)
    return of_type and normal_value(value) == asked.value
