"""The officers whose two signatures make a trust list count: their public keys, pinned on the node's disk.

`var/<node>/officers.json` holds `{"officers": [JWK, ...]}`; each officer keeps the private half elsewhere.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from registry.crypto.partners.trust_file import TrustRefused
from registry.crypto.tokens.jwk import Key, NotAKey, export_public, import_public


def read_officers(path: Path) -> Mapping[str, Key]:
    """Read the pinned public keys by kid; raise TrustRefused when the file cannot be used."""
    try:
        listed = json.loads(path.read_bytes())["officers"]
        found = {str(jwk["kid"]): import_public(jwk, str(jwk["kid"])) for jwk in listed}
    except FileNotFoundError:
        raise TrustRefused(f"There is no officers file {path}: pin two officers first.") from None
    except (ValueError, KeyError, TypeError, OSError, NotAKey):
        raise TrustRefused(f"The officers file {path} is damaged: restore it from the backup.") from None
    if len({key.thumbprint() for key in found.values()}) < len(listed):
        # One key under two names would let one officer sign for two.
        raise TrustRefused(f"The officers file {path} names one key twice: restore it from the backup.")
    return found


class Officers:
    """The pinned officers of one file, read again only when its time, size or inode changed."""

    def __init__(self, path: Path) -> None:
        """Remember where they stand."""
        self._path = path
        self._known: tuple[tuple[int, int, int], Mapping[str, Key]] | None = None

    def read(self) -> Mapping[str, Key]:
        """Return the public keys by kid; raise TrustRefused when the file cannot be used."""
        try:
            status = self._path.stat()
        except OSError:
            self._known = None
            return read_officers(self._path)
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        known = self._known
        if known is None or known[0] != stamp:
            known = self._known = (stamp, read_officers(self._path))
        return known[1]


def pin_officers(path: Path, keys: list[Key]) -> None:
    """Write the officers file; raise FileExistsError when there is one, because it must not change unseen."""
    text = json.dumps({"officers": [export_public(key) for key in keys]}, indent=1)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
