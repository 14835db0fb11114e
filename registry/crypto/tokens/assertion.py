"""Make and check SMART Backend Services client assertions (private_key_jwt, RFC 7523).

https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html. Whether a `jti` was used
before is checked by the caller, in the database.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from registry.crypto.tokens.jose import (
    TOKEN_ALGORITHMS,
    NotAuthentic,
    algorithm_of,
    sign_compact,
    signed_header,
    verify_compact,
)
from registry.crypto.tokens.jwk import Key
from registry.crypto.tokens.strict import (
    Malformed,
    Members,
    from_base64url,
    read_object,
    text_member,
    to_base64url,
    write_object,
)

LIFETIME = timedelta(minutes=5)
SKEW = timedelta(seconds=60)

_TYP = "JWT"
_MAX_BYTES = 8 * 1024
_CLIENT = re.compile(r"[!-~]{1,256}")
_JTI = re.compile(r"[!-~]{1,255}")

FindKeys = Callable[[str], Sequence[Key]]


class AssertionRefused(Exception):
    """Refuse a client assertion; the token endpoint answers `invalid_client` whatever the reason."""

    def __init__(self, claimed: str = "") -> None:
        super().__init__("The client assertion is not accepted.")
        self.claimed = claimed


@dataclass(frozen=True)
class Assertion:
    """Hold an accepted assertion; its jti must not be used again until `expires` plus the clock skew."""

    client_id: str
    jti: str
    expires: datetime


def make_assertion(client_id: str, token_url: str, key: Key, now: datetime) -> str:
    """Sign an assertion of five minutes for our client id at a partner's token endpoint."""
    issued = int(now.timestamp())
    claims: Members = {
        "iss": client_id,
        "sub": client_id,
        "aud": token_url,
        "iat": issued,
        "exp": issued + int(LIFETIME.total_seconds()),
        "jti": to_base64url(secrets.token_bytes(16)),
    }
    return sign_compact(write_object(claims), key, _TYP)


def check_assertion(token: str, token_url: str, find_keys: FindKeys, now: datetime) -> Assertion:
    """Check an assertion against the pinned keys of the client it names; raise AssertionRefused otherwise."""
    client_id = ""
    try:
        client_id = text_member(_claimed(token), "iss", _CLIENT)
        algorithm = signed_header(token.encode(), _TYP, TOKEN_ALGORITHMS)["alg"]

        def find_key(kid: str) -> Key | None:
            fitting = [
                key for key in find_keys(client_id) if key.kid == kid and algorithm_of(key) == algorithm
            ]
            return fitting[0] if len(fitting) == 1 else None

        _, payload = verify_compact(token, find_key, _TYP, TOKEN_ALGORITHMS, _MAX_BYTES)
        claims = read_object(payload)
        if claims.get("sub") != client_id or claims.get("aud") not in (token_url, [token_url]):
            raise Malformed
        return Assertion(client_id, text_member(claims, "jti", _JTI), _expiry(claims, now))
    except (NotAuthentic, Malformed):
        raise AssertionRefused(client_id) from None


def _claimed(token: str) -> Members:
    """Read the claims before they are verified, only to learn whose keys to look up."""
    parts = token.split(".") if len(token) <= _MAX_BYTES else []
    if len(parts) != 3:
        raise Malformed
    return read_object(from_base64url(parts[1]))


def _expiry(claims: Members, now: datetime) -> datetime:
    at = now.timestamp()
    skew = SKEW.total_seconds()
    expires = _number(claims.get("exp"))
    issued = _number(claims.get("iat", at))
    not_before = _number(claims.get("nbf", at))
    in_time = at - skew < expires <= at + skew + LIFETIME.total_seconds()
    if not in_time or max(issued, not_before) > at + skew:
        raise Malformed
    return datetime.fromtimestamp(expires, UTC)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed
    try:
        return float(value)
    except OverflowError:
        raise Malformed from None
