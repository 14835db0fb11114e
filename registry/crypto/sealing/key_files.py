"""Keep the node's secrets in files that only its own user can read, and make them once, at the first run.

The folder is made complete under another name and then moved in place, so that it is never seen half made and
an existing key is never overwritten.
"""

import os
import secrets
import shutil
import stat
import tempfile
from pathlib import Path

from registry.crypto.sealing.envelope import KEY_BYTES
from registry.crypto.tokens.jwk import Curve, Key, NotAKey, Use, export_private, import_private, new_key
from registry.crypto.tokens.strict import Malformed

FIRST_KEK = "kek-0001"
INDEX_ROOT = "index-root"
AUDIT_PSEUDONYM = "audit-pseudonym"
SESSION = "session"
SIGNING = "signing"
ENCRYPTION = "encryption"
TOKEN = "token"  # noqa: S105 - the name of a file, not a secret
CHECKPOINT = "checkpoint"

COMING = ".next"

_RAW = (FIRST_KEK, INDEX_ROOT, AUDIT_PSEUDONYM, SESSION)
JWKS: dict[str, tuple[Curve, Use]] = {
    SIGNING: ("P-256", "sig"),
    ENCRYPTION: ("P-256", "enc"),
    TOKEN: ("P-384", "sig"),
    CHECKPOINT: ("Ed25519", "sig"),
}
_MAX_BYTES = 16 * 1024
# 32 random bytes hold about 30 different values; fewer than half of that never happens by chance.
LEAST_DIFFERENT = 14
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyFilesUnsafe(Exception):
    """Refuse the key folder; the one sentence says what to do."""


class KeyFilesMissing(KeyFilesUnsafe):
    """Say that a key is not there; it must come back from the backup, as a new one would open nothing."""


def create_key_folder(folder: Path) -> bool:
    """Make every secret of a new node; return False, touching nothing, when the folder holds something."""
    try:
        if folder.exists() and any(folder.iterdir()):
            return False
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            _fill(stage)
            stage.rename(folder)
        except OSError:
            shutil.rmtree(stage)
            if folder.is_dir() and any(folder.iterdir()):
                return False  # another process was first
            raise
        sync(folder.parent)
    except OSError as failure:
        raise KeyFilesUnsafe(
            f"The key folder {folder} cannot be made ({failure.strerror}): choose a new local folder."
        ) from None
    return True


def read_secret(folder: Path, name: str) -> bytes:
    """Read a 32-byte secret."""
    path = folder / f"{name}.key"
    try:
        secret = bytes.fromhex(_read(path).decode())
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise _damaged(path)
    if len(set(secret)) < LEAST_DIFFERENT:
        raise KeyFilesUnsafe(
            f"The key in {path} is too simple to be random: restore it from the backup of the keys."
        )
    return secret


def read_text(folder: Path, name: str) -> str:
    """Read one line of text that is a secret: a PIN, or the token of a key service."""
    path = folder / name
    try:
        text = _read(path).decode().strip()
    except UnicodeDecodeError:
        raise _damaged(path) from None
    if not text or not text.isprintable():
        raise _damaged(path)
    return text


def read_key(folder: Path, name: str) -> Key:
    """Read a private JWK."""
    path = folder / f"{name}.jwk"
    try:
        return import_private(_read(path))
    except (NotAKey, Malformed):
        raise _damaged(path) from None


def names_of(folder: Path, purpose: str) -> list[str]:
    """List the key files of one purpose (kek-0001, kek-0002), oldest first; raise when there is none."""
    check_folder(folder)
    names = [name for name in _numbered(folder, purpose) if not name.endswith(COMING)]
    if not names:
        raise _missing(folder / f"{purpose}-0001")
    return names


def coming(folder: Path, purpose: str) -> list[str]:
    """List the keys of one purpose that partners may pin already and that this node does not use yet."""
    return [name for name in _numbered(folder, purpose) if name.endswith(COMING)]


def index_roots(folder: Path) -> list[str]:
    """List the roots of the blind index, oldest first: the newest writes, the others still find."""
    check_folder(folder)
    first = [INDEX_ROOT] if (folder / f"{INDEX_ROOT}.key").exists() else []
    names = [*first, *_numbered(folder, INDEX_ROOT)]
    if not names:
        raise _missing(folder / f"{INDEX_ROOT}.key")
    return names


def number_of(name: str) -> int:
    """Return the number in the name of a key file; a name without one is the first."""
    digits = name.removesuffix(COMING).rpartition("-")[2]
    return int(digits) if digits.isdigit() else 1


def _numbered(folder: Path, purpose: str) -> list[str]:
    return sorted(path.stem for path in folder.glob(f"{purpose}-[0-9][0-9][0-9][0-9]*.*"))


def check_folder(folder: Path) -> None:
    """Refuse a folder that others can enter or that belongs to somebody else."""
    try:
        status = folder.lstat()
    except FileNotFoundError:
        raise KeyFilesMissing(
            f"The key folder {folder} is missing: restore it from the backup, or make it at the first run."
        ) from None
    if not stat.S_ISDIR(status.st_mode):
        raise KeyFilesUnsafe(f"{folder} must be a folder and not a link: put the key folder there itself.")
    _check(status, folder, "700")


def _fill(stage: Path) -> None:
    for name in _RAW:
        write_new(stage / f"{name}.key", secrets.token_hex(KEY_BYTES).encode() + b"\n")
    for purpose, (curve, use) in JWKS.items():
        write_new(stage / f"{purpose}-0001.jwk", export_private(new_key(curve, use)) + b"\n")
    sync(stage)


def write_new(path: Path, data: bytes) -> None:
    """Write a new file that only this user can read, durable on return."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise _missing(path) from None
    except OSError:
        raise KeyFilesUnsafe(
            f"{path} cannot be opened: it must be a file, not a link, owned by this user."
        ) from None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise KeyFilesUnsafe(f"{path} must be a file: restore it from the backup of the keys.")
        _check(status, path, "600")
        return file.read(_MAX_BYTES)


def _check(status: os.stat_result, path: Path, mode: str) -> None:
    if status.st_uid != os.geteuid():
        raise KeyFilesUnsafe(
            f"{path} belongs to another user: run `chown` to give it to the user of this service."
        )
    if status.st_mode & _OTHERS:
        raise KeyFilesUnsafe(
            f"{path} can be used by others: run `chmod {mode} {path}`, then consider new keys."
        )


def _missing(path: Path) -> KeyFilesMissing:
    return KeyFilesMissing(f"The key file {path} is missing: restore it from the backup of the keys.")


def _damaged(path: Path) -> KeyFilesUnsafe:
    return KeyFilesUnsafe(f"The key file {path} is damaged: restore it from the backup of the keys.")
