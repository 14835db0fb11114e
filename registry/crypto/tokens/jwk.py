"""Make, read and write the keys we sign and encrypt with (JWK, RFC 7517; kid = thumbprint, RFC 7638)."""

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from registry.crypto.tokens.strict import Members, from_base64url, read_object, text_member, write_object

Key: TypeAlias = ECKey | OKPKey | RSAKey
Curve: TypeAlias = Literal["P-256", "P-384", "Ed25519"]
Use: TypeAlias = Literal["sig", "enc"]

_PUBLIC = {"EC": ("crv", "x", "y"), "OKP": ("crv", "x"), "RSA": ("n", "e")}
_SECRET = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_CURVES = ("P-256", "P-384", "Ed25519", "RSA")
_RSA_BITS = range(2048, 8192 + 1)
_ANY = re.compile(r".+")


class NotAKey(ValueError):
    """Refuse a JWK that is secret where it must be public, of a kind we do not use, or not a valid key."""

    def __init__(self) -> None:
        super().__init__("This is not a JWK of an accepted kind.")


def new_key(curve: Curve, use: Use = "sig") -> Key:
    """Make a random private key; its `kid` is its thumbprint."""
    key: Key
    if curve == "Ed25519":
        key = OKPKey.generate_key("Ed25519", {"use": use})
    else:
        key = ECKey.generate_key(curve, {"use": use})
    key.ensure_kid()
    return key


def kid_of(key: Key) -> str:
    """Give the key id, which every key of ours has."""
    key.ensure_kid()
    return str(key.kid)


def curve_of(key: Key) -> str:
    """Name what the key is: P-256, P-384, Ed25519 or RSA."""
    return "RSA" if isinstance(key, RSAKey) else key.curve_name


def import_public(jwk: Mapping[str, object], kid: str) -> Key:
    """Read a partner's or officer's public JWK under the pinned `kid`; refuse a secret one."""
    if any(name in jwk for name in _SECRET):
        raise NotAKey
    kty = jwk.get("kty")
    if not isinstance(kty, str) or kty not in _PUBLIC:
        raise NotAKey
    return _import(kty, {name: jwk.get(name) for name in _PUBLIC[kty]} | {"kty": kty, "kid": kid})


def import_private(data: bytes) -> Key:
    """Read our own private JWK from its JSON bytes."""
    jwk = read_object(data)
    kty = jwk.get("kty")
    if not isinstance(kty, str) or kty not in _PUBLIC or "d" not in jwk:
        raise NotAKey
    return _import(kty, jwk)


def export_public(key: Key) -> Members:
    """Give the public JWK, for the trust list and for partners."""
    key.ensure_kid()
    return dict(key.as_dict(private=False))


def export_private(key: Key) -> bytes:
    """Give the secret JWK as JSON bytes, for the key folder only."""
    key.ensure_kid()
    return write_object(dict(key.as_dict(private=True)))


def public_of(key: Key) -> Key:
    """Give the public half of a private key under the same key id."""
    return import_public(export_public(key), kid_of(key))


def same_key(one: Key, other: Key) -> bool:
    """Tell whether two keys are the same key, whatever they are called."""
    return one.thumbprint() == other.thumbprint()


def _import(kty: str, members: Members) -> Key:
    kinds: dict[str, type[Key]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
    try:
        # The size is looked at first: joserfc warns about short RSA keys instead of refusing them.
        if kty == "RSA" and int.from_bytes(from_base64url(members["n"])).bit_length() not in _RSA_BITS:
            raise NotAKey
        key = kinds[kty].import_key({name: text_member(members, name, _ANY) for name in members})
        if curve_of(key) not in _CURVES:
            raise NotAKey
    except (JoseError, ValueError, KeyError):
        raise NotAKey from None
    return key
