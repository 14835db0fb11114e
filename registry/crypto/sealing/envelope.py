"""Seal bytes at rest: envelope v1, AES-256-GCM with the place of the row as authenticated data.

Blob: 0x01 (format), 0x01 (AES-256-GCM), DEK version (4 bytes big-endian), nonce (12), ciphertext and tag.
The plain bytes are padded to 512 so that the size of a record says little about it.
"""

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.errors import Unreadable

BLOCK = 512
KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_FORMAT = b"\x01\x01"
_LENGTH = struct.Struct(">I").pack
_HEAD = struct.Struct(">2sI12s")

Entropy = Callable[[int], bytes]


@dataclass(frozen=True)
class DataKey:
    """Hold one owner's data key (DEK, 32 bytes) and its version."""

    version: int
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Place:
    """Say where a sealed column belongs; a blob opens at its own place only."""

    table: str
    row_id: str
    owner_id: str
    column: str
    revision: int

    def aad(self, dek_version: int) -> bytes:
        """Give the authenticated data of a blob at this place, sealed with that DEK version."""
        return lp(
            "mhr.row.v1",
            self.table,
            self.row_id,
            self.owner_id,
            self.column,
            str(dek_version),
            str(self.revision),
        )


def lp(*parts: str) -> bytes:
    """Join parts so that no two different lists give the same bytes: 4-byte big-endian length, then UTF-8."""
    pieces: list[bytes] = []
    for part in parts:
        encoded = part.encode()
        pieces.append(_LENGTH(len(encoded)))
        pieces.append(encoded)
    return b"".join(pieces)


def split_lp(joined: bytes) -> list[str]:
    """Read back the parts that `lp` joined; raise Unreadable when the bytes are not such a list."""
    parts: list[str] = []
    at = 0
    while at < len(joined):
        start = at + 4
        at = start + int.from_bytes(joined[at:start])
        if start > len(joined) or at > len(joined):
            raise Unreadable
        try:
            parts.append(joined[start:at].decode())
        except UnicodeDecodeError:
            raise Unreadable from None
    return parts


def pad(plaintext: bytes) -> bytes:
    """Add 0x80 and zeros up to the next multiple of 512 bytes."""
    marked = len(plaintext) + 1
    return plaintext + b"\x80" + bytes(-marked % BLOCK)


def unpad(padded: bytes) -> bytes:
    """Remove what `pad` added; raise Unreadable when it is not there."""
    body = padded.rstrip(b"\x00")
    if len(padded) % BLOCK or not body.endswith(b"\x80") or len(padded) - len(body) >= BLOCK:
        raise Unreadable
    return body[:-1]


def seal(key: DataKey, place: Place, plaintext: bytes, entropy: Entropy = os.urandom) -> bytes:
    """Seal bytes so that only the holder of this owner's data key, at this place, can read them."""
    nonce = entropy(_NONCE_BYTES)
    sealed = AESGCM(key.key).encrypt(nonce, pad(plaintext), place.aad(key.version))
    return _HEAD.pack(_FORMAT, key.version, nonce) + sealed


def open_sealed(keys_lookup: Callable[[int], DataKey], place: Place, blob: bytes) -> bytes:
    """Open a blob of `seal`; `keys_lookup` turns a DEK version into the owner's key or raises Unreadable."""
    if len(blob) < _HEAD.size + BLOCK + _TAG_BYTES:
        raise Unreadable
    form, version, nonce = _HEAD.unpack_from(blob)
    if form != _FORMAT:
        raise Unreadable
    key = keys_lookup(version)
    try:
        padded = AESGCM(key.key).decrypt(nonce, blob[_HEAD.size :], place.aad(version))
    except InvalidTag:
        raise Unreadable from None
    return unpad(padded)


def wrap_aad(kek_id: str, owner_id: str, dek_version: int) -> bytes:
    """Give the authenticated data of a wrapped data key."""
    return lp("mhr.dek.v1", kek_id, owner_id, str(dek_version))


def wrap(kek: bytes, dek: bytes, aad: bytes, entropy: Entropy = os.urandom) -> bytes:
    """Wrap a data key for the holder of the KEK: nonce (12), ciphertext (32), tag (16), 60 bytes together."""
    nonce = entropy(_NONCE_BYTES)
    return nonce + AESGCM(kek).encrypt(nonce, dek, aad)


def unwrap(kek: bytes, blob: bytes, aad: bytes) -> bytes:
    """Open a wrapped data key; raise Unreadable when key, place or bytes are not the right ones."""
    if len(blob) != _NONCE_BYTES + KEY_BYTES + _TAG_BYTES:
        raise Unreadable
    try:
        return AESGCM(kek).decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], aad)
    except InvalidTag:
        raise Unreadable from None
