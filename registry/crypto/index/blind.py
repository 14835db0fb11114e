"""Turn searchable values into tokens that say nothing without the index root (HKDF and HMAC, SHA-256)."""

import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TOKEN_BYTES = 16
_KEY_BYTES = 32


class BlindIndex:
    """Compute tokens under one index root; each column and version has its own derived key."""

    def __init__(self, root: bytes) -> None:
        if len(root) != _KEY_BYTES:
            raise ValueError("The index root key must have 32 bytes.")
        self._root = root
        self._keys: dict[str, bytes] = {}

    def token(self, table: str, column: str, value: str, version: int = 1) -> bytes:
        """Give the 16-byte token of a normalised value in a column."""
        if "|" in table or "|" in column:
            raise ValueError("Table and column names must not contain a bar.")
        return pseudonym(self._key(f"mhr.bidx.v1|{table}|{column}|{version}"), value)

    def _key(self, info: str) -> bytes:
        key = self._keys.get(info)
        if key is None:
            key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=info.encode()).derive(self._root)
            self._keys[info] = key
        return key


def pseudonym(key: bytes, value: str) -> bytes:
    """Give HMAC-SHA256 of a value, 16 bytes; with the audit key, a person's pseudonym in the audit trail."""
    return hmac.digest(key, value.encode(errors="surrogatepass"), "sha256")[:TOKEN_BYTES]
