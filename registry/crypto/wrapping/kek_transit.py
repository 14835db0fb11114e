"""Wrap data keys at a key service that speaks like Vault's transit engine: wrapping keys never leave it.

Source: https://developer.hashicorp.com/vault/api-docs/secret/transit (encrypt, decrypt, rotate, trim).
Its `rewrap` is not used: it cannot carry the associated data that binds a key to owner, version and KEK.
"""

import base64
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from registry.crypto.sealing.envelope import split_lp
from registry.crypto.sealing.key_files import KeyFilesUnsafe, read_text
from registry.errors import NotReady, Unreadable

TOKEN = "transit.token"  # noqa: S105 - the name of a file, not a secret
PREFIX = "transit-"
SECONDS = 60.0
_AWAY = "The key service does not answer. Try again in a minute."
_TIMEOUT = httpx.Timeout(10.0, connect=3.0)
_LOOPBACK = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


class TransitKeyProvider:
    """The versions of one named key; `address` is `https://host/v1/transit/keys/NAME`."""

    name = "transit"

    def __init__(self, address: str, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Use the token from the key folder; nothing is asked yet."""
        base, middle, self._key = address.rpartition("/keys/")
        if not middle or not self._key or not address.startswith(("https://", *_LOOPBACK)):
            raise KeyFilesUnsafe("PUENTE_KEK: write https://host/v1/transit/keys/NAME.")
        self._base = base
        self._clock = clock
        self._until = 0.0
        self._versions: list[int] = []
        headers = {"X-Vault-Token": read_text(folder, TOKEN)}
        self._client = httpx.Client(headers=headers, timeout=_TIMEOUT, trust_env=False)

    def wrap(self, dek: bytes, aad: bytes) -> bytes:
        """Wrap a data key with the KEK named in the authenticated data; the answer names its version."""
        body = {"plaintext": _text(dek), "associated_data": _text(aad), "key_version": self._version(aad)}
        return str(self._ask("POST", f"encrypt/{self._key}", body)["ciphertext"]).encode()

    def unwrap(self, blob: bytes, aad: bytes) -> bytes:
        """Open a wrapped data key; raise Unreadable when anything does not fit."""
        if not blob.startswith(f"vault:v{self._version(aad)}:".encode()):
            raise Unreadable
        body = {"ciphertext": blob.decode("ascii", "replace"), "associated_data": _text(aad)}
        answer = self._ask("POST", f"decrypt/{self._key}", body)
        try:
            return base64.b64decode(answer["plaintext"], validate=True)
        except ValueError:
            raise Unreadable from None

    def current_id(self) -> str:
        """Give the id of the newest version; asked again after a minute."""
        if self._clock() >= self._until:
            self.ids()
        return self._id(self._versions[-1])

    def ids(self) -> list[str]:
        """Return the versions that can still open, oldest first."""
        answer = self._ask("GET", f"keys/{self._key}", None)
        least = max(1, int(answer.get("min_decryption_version", 1)))
        there = [int(number) for number in answer.get("keys", ())]
        self._versions = sorted(number for number in there if number >= least)
        if not self._versions:
            raise NotReady(_AWAY)
        self._until = self._clock() + SECONDS
        return [self._id(number) for number in self._versions]

    def new(self) -> str:
        """Make the next version, which is the current one from now on."""
        self._ask("POST", f"keys/{self._key}/rotate", {})
        return self.ids()[-1]

    def destroy(self, kek_id: str) -> None:
        """Destroy a version and all before it for ever."""
        following = self._number(kek_id) + 1
        least = {"min_decryption_version": following, "min_encryption_version": following}
        self._ask("POST", f"keys/{self._key}/config", least)
        self._ask("POST", f"keys/{self._key}/trim", {"min_available_version": following})
        self.ids()

    def _id(self, version: int) -> str:
        return f"{PREFIX}{self._key}-{version:04}"

    def _number(self, kek_id: str) -> int:
        digits = kek_id.removeprefix(f"{PREFIX}{self._key}-")
        if digits == kek_id or not digits.isdigit():
            raise Unreadable
        return int(digits)

    def _version(self, aad: bytes) -> int:
        parts = split_lp(aad)
        return self._number(parts[1] if len(parts) > 1 else "")

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None) -> Mapping[str, Any]:
        """Return the `data` of an answer; a refusal of the content is Unreadable, anything else NotReady."""
        try:
            answer = self._client.request(method, f"{self._base}/{path}", json=body)
            if answer.status_code == httpx.codes.BAD_REQUEST:
                raise Unreadable
            answer.raise_for_status()
            found = answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError):
            raise NotReady(_AWAY) from None
        data: Mapping[str, Any] = found.get("data") or {}
        return data


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
