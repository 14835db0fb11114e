"""Copy the key folder out of the node and back, sealed with a passphrase (scrypt, RFC 7914; AES-256-GCM).

File: one JSON line with the salt and cost, then nonce (12), ciphertext and tag of all files of the folder.
"""

import json
import os
import re
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from registry.crypto.sealing.envelope import KEY_BYTES
from registry.crypto.sealing.key_files import KeyFilesUnsafe, check_folder, sync, write_new
from registry.errors import Unreadable

FORMAT = "mhr.keys.v1"
COST = 2**16  # 64 MiB for each guess
SHORTEST = 20
_NONCE, _SALT = 12, 16
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,60}")


def pack(folder: Path, passphrase: str, cost: int = COST) -> bytes:
    """Return all files of a key folder, sealed for whoever knows the passphrase."""
    check_folder(folder)
    if len(passphrase) < SHORTEST:
        raise KeyFilesUnsafe(f"The passphrase needs at least {SHORTEST} characters.")
    files = {path.name: path.read_bytes().hex() for path in sorted(folder.iterdir()) if path.is_file()}
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    head = json.dumps({"format": FORMAT, "salt": salt.hex(), "cost": cost}).encode() + b"\n"
    sealed = AESGCM(_key(passphrase, salt, cost)).encrypt(nonce, json.dumps(files).encode(), head)
    return head + nonce + sealed


def unpack(data: bytes, passphrase: str, folder: Path) -> int:
    """Write the files of a copy into a new folder; return how many. Raise Unreadable for anything else."""
    line, _, rest = data.partition(b"\n")
    try:
        head = json.loads(line)
        if head["format"] != FORMAT or head["cost"] not in (2**power for power in range(10, 19)):
            raise Unreadable
        key = _key(passphrase, bytes.fromhex(head["salt"]), head["cost"])
        files = json.loads(AESGCM(key).decrypt(rest[:_NONCE], rest[_NONCE:], line + b"\n"))
    except (ValueError, KeyError, TypeError, InvalidTag):
        raise Unreadable from None
    if not all(_NAME.fullmatch(name) for name in files):
        raise Unreadable
    if folder.exists() and any(folder.iterdir()):
        raise KeyFilesUnsafe(f"There are files in {folder} already; they are never overwritten.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in files.items():
        write_new(folder / name, bytes.fromhex(text))
    sync(folder)
    return len(files)


def _key(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=cost, r=8, p=1).derive(passphrase.encode())
