"""Bytes to a FHIR resource, and a resource to its canonical bytes.

Sources: https://hl7.org/fhir/R4/json.html (numbers keep their precision), RFC 8259, RFC 7493 (no name twice).
"""

import json
import re
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

import orjson

from fhir.outcome import Issue

JsonObject = dict[str, Any]

MAX_BYTES = 5_000_000
MAX_DEPTH = 64
# Longest number token. FHIR asks for 18; a long exponent would make one token cost minutes of arithmetic.
_MAX_NUMBER = 64
_SAFE_INTEGER = 18
_EXPONENT = re.compile(r"[eE][+-]?[0-9]{4,}$")
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ELEMENT_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9_]{0,63}")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_TO_ROUND = bytes.maketrans(b"[]{}", b"()()")


class BadJson(ValueError):
    """Say why these bytes are not an acceptable JSON object; `issue` holds the sentence for the sender."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.text)
        self.issue = issue


class Number(Decimal):
    """Hold a JSON number together with its token, so that 1.50 is written back as 1.50."""

    __slots__ = ("token",)
    token: str

    def __new__(cls, token: str) -> "Number":
        """Read one JSON number token."""
        made = super().__new__(cls, token)
        made.token = token
        return made

    def __reduce__(self) -> tuple[type["Number"], tuple[str]]:
        """Keep the token in copies."""
        return (Number, (self.token,))

    def __copy__(self) -> "Number":
        """Return itself: numbers do not change."""
        return self

    def __deepcopy__(self, memo: Any) -> "Number":
        """Return itself: numbers do not change."""
        return self


def parse(data: bytes, limit: int = MAX_BYTES, depth: int = MAX_DEPTH) -> JsonObject:
    """Return the JSON object in `data` with numbers kept as written, or raise BadJson.

    limit is in bytes, depth counts nested objects and arrays; both are checked before parsing.
    """
    parsed = _parse(data, limit, depth)
    if not isinstance(parsed, dict):
        _refuse("structure", "json-object", "The content must be one JSON object.")
    return parsed


def parse_list(data: bytes, limit: int = MAX_BYTES, depth: int = MAX_DEPTH) -> list[Any]:
    """Return the JSON array in `data` (a JSON Patch, for one) under the same rules, or raise BadJson."""
    parsed = _parse(data, limit, depth)
    if not isinstance(parsed, list):
        _refuse("structure", "json-array", "The content must be one JSON array.")
    return parsed


def _parse(data: bytes, limit: int, depth: int) -> Any:
    if len(data) > limit:
        _refuse("too-long", "size-limit", f"The content is larger than {limit} bytes.")
    if nesting(data, depth) > depth:
        _refuse("too-costly", "depth-limit", f"The content is nested deeper than {depth} levels.")
    parsed = _load(_text(data))
    if _SURROGATE.search(data):
        _check_characters(parsed)
    return parsed


def canonical(resource: JsonObject) -> bytes:
    """Return the resource as UTF-8 JSON with sorted keys, no spaces, and numbers as received."""
    return orjson.dumps(resource, default=_token, option=orjson.OPT_SORT_KEYS)


def with_identity(resource: JsonObject, resource_id: str, version: str, updated: datetime) -> JsonObject:
    """Return a copy with `id`, `meta.versionId` and `meta.lastUpdated` set; `updated` has a time zone."""
    found = resource.get("meta")
    meta = dict(found) if isinstance(found, dict) else {}
    meta["versionId"] = version
    meta["lastUpdated"] = updated.isoformat(timespec="milliseconds")
    return {**resource, "id": resource_id, "meta": meta}


def nesting(data: bytes, enough: int = MAX_DEPTH) -> int:
    """Count how deep objects and arrays are nested, without parsing; counting stops just past `enough`."""
    if data.count(b"{") + data.count(b"[") <= enough:
        return 0
    rest = _STRING.sub(b"", data).translate(_TO_ROUND, _NOT_BRACKETS)
    for level in range(enough + 1):
        peeled = rest.replace(b"()", b"")
        if len(peeled) == len(rest):
            # Unbalanced brackets are left to the parser, unless they would exhaust its stack.
            return enough + 1 if rest.count(b"(") > enough else level
        rest = peeled
    return enough + 1


def safe_name(key: str) -> str:
    """Return an element name that may be shown, or `?` when the key could be anything else."""
    return key if _ELEMENT_NAME.fullmatch(key) else "?"


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        _refuse("structure", "utf-8", "The content is not valid UTF-8.")


def _load(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_number,
            parse_int=_integer,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        _refuse("structure", "json-syntax", f"The content is not JSON: the error is at {place}.")
    except RecursionError:
        _refuse("too-costly", "depth-limit", "The content is nested too deep.")


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = safe_name(next(key for key in keys if keys.count(key) > 1))
        _refuse("structure", "duplicate-key", f"The element '{twice}' is written twice in one object.")
    return made


def _number(token: str) -> Number:
    if len(token) > _MAX_NUMBER or _EXPONENT.search(token):
        _refuse("value", "number-range", f"A number is longer than {_MAX_NUMBER} characters or too large.")
    return Number(token)


def _integer(written: str) -> int | Number:
    if len(written) <= _SAFE_INTEGER and written != "-0":
        return int(written)
    return _number(written)


def _no_constant(_: str) -> NoReturn:
    _refuse("value", "json-number", "NaN and Infinity are not JSON numbers.")


def _check_characters(parsed: Any) -> None:
    try:
        canonical(parsed)
    except (TypeError, ValueError):
        _refuse("structure", "utf-8", "A text holds half of a surrogate pair, which is not a character.")


def _token(value: object) -> orjson.Fragment:
    if isinstance(value, Number):
        return orjson.Fragment(value.token)
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _refuse(code: str, rule: str, text: str) -> NoReturn:
    raise BadJson(Issue("fatal", code, "", rule, text))
