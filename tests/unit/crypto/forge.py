"""Make tokens no honest node would make, without the code under test."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from registry.crypto.tokens.jwk import Key


def b64(data: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def header_of(token: str | bytes) -> dict[str, object]:
    """Read a token's header."""
    text = token if isinstance(token, str) else token.decode()
    segment = text.split(".", maxsplit=1)[0]
    return dict(json.loads(base64.urlsafe_b64decode(segment + "==")))


def with_header(token: str, header: Mapping[str, object] | bytes) -> str:
    """Put another header on a token."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return ".".join([b64(raw), *token.split(".")[1:]])


def es256(header: Mapping[str, object], payload: bytes, key: Key) -> str:
    """Sign any header and payload with a P-256 key."""
    signed = f"{b64(json.dumps(header).encode())}.{b64(payload)}"
    private = key.private_key
    assert isinstance(private, EllipticCurvePrivateKey)
    r, s = decode_dss_signature(private.sign(signed.encode(), ECDSA(hashes.SHA256())))
    return f"{signed}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def hs256(header: Mapping[str, object], payload: bytes, secret: bytes) -> str:
    """Sign any header and payload with HMAC."""
    signed = f"{b64(json.dumps(header).encode())}.{b64(payload)}"
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"
