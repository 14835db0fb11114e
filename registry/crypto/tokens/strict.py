"""Read JSON, base64url and times in one accepted form only, so that two readers never see two meanings.

Used for what is signed: JOSE headers, message payloads, assertions, the trust list (RFC 7515, RFC 3339).
"""

import base64
import json
import re
from datetime import UTC, datetime
from typing import NoReturn

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")

Members = dict[str, object]


class Malformed(ValueError):
    """Say that input does not have the one accepted form; never carries content."""

    def __init__(self) -> None:
        super().__init__("The input does not have the accepted form.")


def read_object(data: bytes) -> Members:
    """Read one JSON object from UTF-8; refuse repeated names, NaN, infinities and too deep nesting."""
    try:
        value: object = json.loads(
            data.decode("utf-8"), object_pairs_hook=_without_repeats, parse_constant=_refuse
        )
    except (ValueError, RecursionError):
        raise Malformed from None
    if not isinstance(value, dict):
        raise Malformed
    return value


def write_object(members: Members) -> bytes:
    """Write one JSON object as UTF-8 with sorted names and no spaces."""
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def to_base64url(data: bytes) -> str:
    """Write bytes as base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: object) -> bytes:
    """Read base64url without padding; refuse every other spelling of the same bytes."""
    if not isinstance(text, str):
        raise Malformed
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise Malformed from None
    if to_base64url(data) != text:
        raise Malformed
    return data


def to_instant(moment: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC, for example 2026-11-22T19:00:00Z."""
    if moment.tzinfo is None:
        raise Malformed
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def from_instant(text: object) -> datetime:
    """Read an RFC 3339 time in UTC written with Z."""
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise Malformed
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Malformed from None


def text_member(members: Members, name: str, form: re.Pattern[str]) -> str:
    """Give a member that must be there as text of the given form."""
    value = members.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Malformed
    return value


def optional_text_member(members: Members, name: str, form: re.Pattern[str]) -> str | None:
    """Give a member that may be absent or null, else as `text_member`."""
    return None if members.get(name) is None else text_member(members, name, form)


def whole_member(members: Members, name: str) -> int:
    """Give a member that must be a whole number from 0 to 2^53 - 1 (what every JSON reader keeps exactly)."""
    value = members.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise Malformed
    return value


def _without_repeats(pairs: list[tuple[str, object]]) -> Members:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed
    return members


def _refuse(_: str) -> NoReturn:
    raise Malformed
