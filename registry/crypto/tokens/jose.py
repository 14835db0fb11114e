"""Sign and encrypt compact tokens with closed lists of algorithms and headers (RFC 7515, 7516, 7518, 9864).

Every header that could point at a key or change the processing (jku, x5u, jwk, x5c, crit, zip, b64, apu, apv)
is refused, because a header must have exactly the members listed here. Keys come only from a pinned list.
"""

from collections.abc import Callable, Collection
from enum import StrEnum

from joserfc import jwe, jws
from joserfc.errors import JoseError

from registry.crypto.tokens.jwk import Key, curve_of, kid_of
from registry.crypto.tokens.strict import Malformed, Members, from_base64url, read_object

MAX_BYTES = 5 * 1024 * 1024
EXCHANGE_ALGORITHMS = ("ES256", "Ed25519")
TOKEN_ALGORITHMS = ("RS384", "ES384", "ES256")

_MAX_HEADER = 1024
_ALGORITHM_OF = {"P-256": "ES256", "P-384": "ES384", "Ed25519": "Ed25519", "RSA": "RS384"}
_JWE_FIXED = {"alg": "ECDH-ES", "enc": "A256GCM", "cty": "JWT"}
_EPK_MEMBERS = {"kty", "crv", "x", "y"}

FindKey = Callable[[str], Key | None]


class Stage(StrEnum):
    """Name the check that failed, in the order the checks are made."""

    SIZE = "size"
    JWE_HEADER = "jwe-header"
    DECRYPT = "decrypt"
    JWS_HEADER = "jws-header"
    SIGNATURE = "signature"


class NotAuthentic(Exception):
    """Refuse a token; says at which stage, and nothing of what was in it."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.value)
        self.stage = stage


def algorithm_of(key: Key) -> str:
    """Name the one signature algorithm we use with a key of this kind."""
    return _ALGORITHM_OF[curve_of(key)]


def sign_compact(payload: bytes, key: Key, typ: str) -> str:
    """Sign bytes as a compact JWS that anyone with the public key can check."""
    algorithm = algorithm_of(key)
    header = {"alg": algorithm, "kid": kid_of(key), "typ": typ}
    return jws.serialize_compact(header, payload, key, registry=_signatures([algorithm], len(payload)))


def verify_compact(
    token: str | bytes,
    find_key: FindKey,
    typ: str,
    algorithms: Collection[str] = EXCHANGE_ALGORITHMS,
    max_bytes: int = MAX_BYTES,
) -> tuple[Members, bytes]:
    """Check a compact JWS of type `typ` with the key pinned to its kid; return (header, payload)."""
    raw = _within(token, max_bytes)
    header = signed_header(raw, typ, algorithms)
    key = find_key(str(header["kid"]))
    if key is None:
        raise NotAuthentic(Stage.SIGNATURE)
    try:
        signed = jws.deserialize_compact(raw, key, registry=_signatures(algorithms, max_bytes))
    except (JoseError, ValueError):
        raise NotAuthentic(Stage.SIGNATURE) from None
    return header, signed.payload


def signed_header(token: bytes, typ: str, algorithms: Collection[str]) -> Members:
    """Read the header of a JWS, not yet verified; refuse all but {alg, kid, typ} with accepted values."""
    header = _header(token, Stage.JWS_HEADER)
    if set(header) != {"alg", "kid", "typ"} or not isinstance(header["kid"], str):
        raise NotAuthentic(Stage.JWS_HEADER)
    if header["typ"] != typ or header["alg"] not in algorithms:
        raise NotAuthentic(Stage.JWS_HEADER)
    return header


def encrypt_compact(payload: bytes, key: Key) -> str:
    """Encrypt a JWS so that only the holder of this P-256 key's private half can read it."""
    header = {**_JWE_FIXED, "kid": kid_of(key)}
    return jwe.encrypt_compact(header, payload, key, registry=_encryption(len(payload)))


def decrypt_compact(
    token: str | bytes, find_key: FindKey, max_bytes: int = MAX_BYTES
) -> tuple[Members, bytes]:
    """Decrypt a compact JWE with our private key of its kid; return (header, plain bytes)."""
    raw = _within(token, max_bytes)
    header = _header(raw, Stage.JWE_HEADER)
    if set(header) != {*_JWE_FIXED, "kid", "epk"} or not _JWE_FIXED.items() <= header.items():
        raise NotAuthentic(Stage.JWE_HEADER)
    epk = header["epk"]
    if not isinstance(epk, dict) or set(epk) != _EPK_MEMBERS or epk["crv"] != "P-256" or epk["kty"] != "EC":
        raise NotAuthentic(Stage.JWE_HEADER)
    kid = header["kid"]
    key = find_key(kid) if isinstance(kid, str) else None
    if key is None:
        raise NotAuthentic(Stage.JWE_HEADER)
    try:
        opened = jwe.decrypt_compact(raw, key, registry=_encryption(max_bytes))
    except (JoseError, ValueError):
        raise NotAuthentic(Stage.DECRYPT) from None
    return header, opened.plaintext or b""


def _within(token: str | bytes, max_bytes: int) -> bytes:
    raw = token.encode(errors="replace") if isinstance(token, str) else token
    if len(raw) > max_bytes:
        raise NotAuthentic(Stage.SIZE)
    return raw


def _header(raw: bytes, stage: Stage) -> Members:
    segment = raw[: _MAX_HEADER + 1].split(b".", 1)[0]
    if len(segment) > _MAX_HEADER:
        raise NotAuthentic(stage)
    try:
        return read_object(from_base64url(segment.decode()))
    except (Malformed, UnicodeDecodeError):
        raise NotAuthentic(stage) from None


def _signatures(algorithms: Collection[str], max_bytes: int) -> jws.JWSRegistry:
    registry = jws.JWSRegistry(algorithms=list(algorithms))
    registry.max_header_length = _MAX_HEADER
    registry.max_payload_length = max_bytes
    return registry


def _encryption(max_bytes: int) -> jwe.JWERegistry:
    registry = jwe.JWERegistry(algorithms=[_JWE_FIXED["alg"], _JWE_FIXED["enc"]])
    registry.max_protected_header_length = _MAX_HEADER
    registry.max_ciphertext_length = max_bytes
    return registry
