"""Write, sign and check audit checkpoints: what the log held at a moment, for partners to keep as witnesses.

Four lines (origin, size, base64 root, RFC 3339 time), an empty line, then `kid signature`: Ed25519 over the
four lines.
"""

import base64
import re
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from registry.crypto.tokens.jose import FindKey
from registry.crypto.tokens.jwk import Key, kid_of
from registry.crypto.tokens.strict import from_base64url, from_instant, to_base64url, to_instant

_ORIGIN = re.compile(r"[!-~]{1,64}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_ROOT_BYTES = 32


class CheckpointRefused(Exception):
    """Refuse a checkpoint that is malformed or not signed by a pinned key."""

    def __init__(self) -> None:
        super().__init__("The audit checkpoint is not accepted.")


@dataclass(frozen=True)
class Checkpoint:
    """Say that the log of `origin` held `size` entries with this Merkle root at a moment."""

    origin: str
    size: int
    root: bytes
    at: datetime


def sign_checkpoint(checkpoint: Checkpoint, key: Key) -> str:
    """Write a checkpoint and sign it with the node's Ed25519 checkpoint key."""
    body = _body(checkpoint)
    private = key.private_key
    if not isinstance(private, Ed25519PrivateKey):
        raise CheckpointRefused
    return f"{body}\n{kid_of(key)} {to_base64url(private.sign(body.encode()))}\n"


def verify_checkpoint(text: str, find_key: FindKey) -> Checkpoint:
    """Check a checkpoint with the key pinned to its kid and read it; raise CheckpointRefused otherwise."""
    try:
        origin, size, root, at, _, signed, _ = text.split("\n")
        kid, signature = signed.split(" ")
        checkpoint = Checkpoint(origin, int(size), base64.b64decode(root, validate=True), from_instant(at))
        key = find_key(kid)
        public = key.public_key if key else None
        exact = f"{_body(checkpoint)}\n{signed}\n" == text
        if not exact or not isinstance(public, Ed25519PublicKey):
            raise CheckpointRefused
        public.verify(from_base64url(signature), _body(checkpoint).encode())
    except (ValueError, InvalidSignature):
        raise CheckpointRefused from None
    return checkpoint


def _body(checkpoint: Checkpoint) -> str:
    size = str(checkpoint.size)
    fits = (
        _ORIGIN.fullmatch(checkpoint.origin) and _SIZE.fullmatch(size) and len(checkpoint.root) == _ROOT_BYTES
    )
    if not fits:
        raise CheckpointRefused
    root = base64.b64encode(checkpoint.root).decode()
    return f"{checkpoint.origin}\n{size}\n{root}\n{to_instant(checkpoint.at)}\n"
