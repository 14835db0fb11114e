"""Prove to a partner's hook that a notification is ours: a JWS over where it goes and what it carries.

Whoever answers at the address checks it with the keys of /.well-known/jwks.json (RFC 7515, RFC 7517); the
digest binds the body, `aud` the address, and `jti` shows a copy.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.crypto.tokens.jose import sign_compact
from registry.crypto.tokens.jwk import Key
from registry.crypto.tokens.strict import to_base64url, write_object

TYP = "mhr-hook+jws"
LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True)
class Proof:
    """Who sends which body where; `issuer` is the code of this node."""

    issuer: str
    audience: str
    msg_id: str
    body: bytes


def pack_proof(proof: Proof, at: datetime, key: Key) -> str:
    """Sign for one notification; times are seconds since 1970 (RFC 7519 section 2)."""
    begins = int(at.timestamp())
    members: dict[str, object] = {
        "iss": proof.issuer,
        "aud": proof.audience,
        "jti": proof.msg_id,
        "iat": begins,
        "exp": begins + int(LIFETIME.total_seconds()),
        "sha256": to_base64url(hashlib.sha256(proof.body).digest()),
    }
    return sign_compact(write_object(members), key, TYP)
