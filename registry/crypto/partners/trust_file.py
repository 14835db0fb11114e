"""Write, sign and read the trust list file: a JWS in general JSON form (RFC 7515 section 7.2.1).

The payload is the exact bytes the officers signed, so no rule for rewriting JSON is needed to check it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from registry.crypto.partners.trust import TrustList
from registry.crypto.partners.trust_json import read_trust, write_trust
from registry.crypto.tokens.jose import NotAuthentic, sign_compact, verify_compact
from registry.crypto.tokens.jwk import Key, curve_of, kid_of
from registry.crypto.tokens.strict import (
    Malformed,
    Members,
    from_base64url,
    read_object,
    to_base64url,
    write_object,
)

OFFICERS_NEEDED = 2
_TYP = "mhr-trust+jws"
_ALGORITHMS = ("Ed25519",)


class TrustRefused(Exception):
    """Refuse a trust list; the sentence says what to do."""


@dataclass
class TrustCache:
    """Remember the last list read from one file, so that it is read again only when the file changed."""

    stamp: tuple[int, int, int] | None = None
    trust: TrustList | None = None


def draft_trust(trust: TrustList) -> bytes:
    """Write a trust list file that nobody has signed yet."""
    return write_object({"payload": to_base64url(write_trust(trust)), "signatures": []})


def sign_trust(document: bytes, officer_key: Key) -> bytes:
    """Add an officer's signature to a trust list file; one officer's second signature replaces the first."""
    payload, signatures = _parts(document)
    protected, _, signature = sign_compact(from_base64url(payload), officer_key, _TYP).split(".")
    kept = [each for each in signatures if _kid(each) != kid_of(officer_key)]
    added: Members = {"protected": protected, "signature": signature}
    return write_object({"payload": payload, "signatures": [*kept, added]})


def read_draft(document: bytes) -> TrustList:
    """Read a trust list file without checking signatures, to show it to the officer who is asked to sign."""
    payload, _ = _parts(document)
    try:
        return read_trust(from_base64url(payload))
    except ValueError:
        raise TrustRefused(
            "The trust list breaks a rule: check kinds, addresses, dates, key ids and that keys are public."
        ) from None


def check_trust(document: bytes, officers: Mapping[str, Key], now: datetime) -> TrustList:
    """Read a trust list that two different officers signed and that has not expired."""
    payload, signatures = _parts(document)
    signers = {_thumbprint(payload, each, officers) for each in signatures} - {None}
    if len(signers) < OFFICERS_NEEDED:
        raise TrustRefused(
            "The trust list needs the signatures of two different officers: ask another one to sign it."
        )
    trust = read_draft(document)
    if trust.expires <= now:
        raise TrustRefused("The trust list has expired: issue a new one and have two officers sign it.")
    return trust


def load_trust(
    path: Path, officers: Mapping[str, Key], now: datetime, cache: TrustCache | None = None
) -> TrustList:
    """Read the node's trust list; `officers` are Ed25519 public keys by kid.

    With a cache the file is read again only when its time, size or inode changed, and never goes back to an
    older version. The expiry is checked every time.
    """
    try:
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if cache and cache.trust and cache.stamp == stamp and cache.trust.expires > now:
            return cache.trust
        document = path.read_bytes()
    except OSError:
        raise TrustRefused(f"The trust list {path} cannot be read: restore it or make a new one.") from None
    trust = check_trust(document, officers, now)
    if cache:
        if cache.trust and trust.version < cache.trust.version:
            raise TrustRefused("The trust list is older than the one in use: put the newest one back.")
        cache.stamp, cache.trust = stamp, trust
    return trust


def _parts(document: bytes) -> tuple[str, list[Members]]:
    try:
        members = read_object(document)
    except Malformed:
        members = {}
    payload, signatures = members.get("payload"), members.get("signatures")
    if not isinstance(payload, str) or not isinstance(signatures, list):
        raise TrustRefused("The trust list is not a signed JSON document: restore it or make a new one.")
    return payload, [each for each in signatures if isinstance(each, dict)]


def _kid(signature: Members) -> object:
    try:
        return read_object(from_base64url(signature.get("protected"))).get("kid")
    except Malformed:
        return None


def _thumbprint(payload: str, signature: Members, officers: Mapping[str, Key]) -> str | None:
    """Give the thumbprint of the officer's key that made a signature: one key with two names counts once."""
    token = f"{signature.get('protected')}.{payload}.{signature.get('signature')}"
    try:
        header, _ = verify_compact(token, officers.get, _TYP, _ALGORITHMS)
    except NotAuthentic:
        return None
    key = officers[str(header["kid"])]
    return key.thumbprint() if curve_of(key) == "Ed25519" else None
