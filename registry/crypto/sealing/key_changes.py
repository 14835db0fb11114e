"""Add, promote and destroy files of the key folder; each act is one durable change of one name."""

import os
import secrets
from pathlib import Path

from registry.crypto.sealing import key_files
from registry.crypto.sealing.envelope import KEY_BYTES
from registry.crypto.tokens.jwk import export_private, new_key
from registry.errors import Conflict, NotFound

KEK = "kek"
# Made first as "coming": partners pin the new key before this node uses it.
PINNED = tuple(key_files.JWKS)
_KINDS = (".key", ".jwk")


def add_secret(folder: Path, purpose: str, names: list[str]) -> str:
    """Make the next 32-byte secret of a purpose; return its name."""
    name = _following(purpose, names)
    key_files.write_new(folder / f"{name}.key", secrets.token_hex(KEY_BYTES).encode() + b"\n")
    key_files.sync(folder)
    return name


def add_coming(folder: Path, purpose: str) -> str:
    """Make the next key pair of a purpose, to be pinned by partners and promoted later; return its name."""
    if waiting := key_files.coming(folder, purpose):
        raise Conflict(
            f"There is a new key already: promote {waiting[0].removesuffix(key_files.COMING)} first."
        )
    name = _following(purpose, key_files.names_of(folder, purpose))
    curve, use = key_files.JWKS[purpose]
    path = folder / f"{name}{key_files.COMING}.jwk"
    key_files.write_new(path, export_private(new_key(curve, use)) + b"\n")
    key_files.sync(folder)
    return name


def promote(folder: Path, purpose: str) -> str:
    """Use the coming key of a purpose from now on; the one before it stays until it is retired."""
    waiting = key_files.coming(folder, purpose)
    if not waiting:
        raise NotFound("There is no new key of this purpose: run puente keys rotate first.")
    name = waiting[0].removesuffix(key_files.COMING)
    (folder / f"{waiting[0]}.jwk").rename(folder / f"{name}.jwk")
    key_files.sync(folder)
    return name


def destroy(folder: Path, name: str) -> None:
    """Overwrite and remove one key file."""
    path = next((folder / f"{name}{kind}" for kind in _KINDS if (folder / f"{name}{kind}").is_file()), None)
    if path is None:
        raise NotFound("There is no such key in the key folder.")
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    key_files.sync(folder)


def _following(purpose: str, names: list[str]) -> str:
    return f"{purpose}-{key_files.number_of(names[-1]) + 1:04}"
