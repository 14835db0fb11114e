"""Wrap data keys inside a PKCS#11 module (an HSM): the wrapping keys never leave it.

Source: PKCS#11 v2.40, CKM_AES_GCM. The library python-pkcs11 is loaded only when this provider is chosen.
"""

import importlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from registry.crypto.sealing.envelope import KEY_BYTES, split_lp
from registry.crypto.sealing.key_files import KeyFilesUnsafe, read_text
from registry.errors import NotReady, Unreadable

PIN = "pkcs11.pin"
PREFIX = "hsm-"
_NONCE, _TAG_BITS = 12, 128
_SIZE = _NONCE + KEY_BYTES + _TAG_BITS // 8
LOST = -1  # no process: the next act begins a session anew
_AWAY = "The key module does not answer. Try again in a minute."


@dataclass(frozen=True)
class Slot:
    """Which module and token: `pkcs11:token=NAME?module-path=/path/of/module.so` (RFC 7512)."""

    module: str
    token: str


def read_address(address: str) -> Slot:
    """Read an address of a token; raise KeyFilesUnsafe with one sentence when it names none."""
    path, _, query = address.removeprefix("pkcs11:").partition("?")
    parts = dict(part.partition("=")[::2] for part in path.split(";"))
    module = parse_qs(query).get("module-path", [""])[0]
    token = unquote(parts.get("token", ""))
    if not module.startswith("/") or not token:
        raise KeyFilesUnsafe("PUENTE_KEK: write pkcs11:token=NAME?module-path=/path/of/module.so.")
    return Slot(module, token)


class HsmKeyProvider:
    """The wrapping keys of one token, labelled hsm-0001, hsm-0002; the highest number is the current one."""

    name = "pkcs11"

    def __init__(self, slot: Slot, folder: Path) -> None:
        """Log in with the PIN from the key folder."""
        self._slot = slot
        self._pin = read_text(folder, PIN)
        self._lock = threading.Lock()
        self._process = 0
        self._session: Any = None
        self._keys: dict[str, Any] = {}
        try:
            self._module: Any = importlib.import_module("pkcs11")
        except ImportError:
            raise KeyFilesUnsafe("PUENTE_KEK names a key module: install python-pkcs11 first.") from None
        with self._lock:
            self._open()
            if not self._keys:
                self._make("hsm-0001")

    def wrap(self, dek: bytes, aad: bytes) -> bytes:
        """Wrap a data key with the KEK named in the authenticated data: nonce, ciphertext, tag, 60 bytes."""
        nonce = os.urandom(_NONCE)
        return nonce + self._run("encrypt", dek, nonce, aad)

    def unwrap(self, blob: bytes, aad: bytes) -> bytes:
        """Open a wrapped data key; raise Unreadable when anything does not fit."""
        if len(blob) != _SIZE:
            raise Unreadable
        return self._run("decrypt", blob[_NONCE:], blob[:_NONCE], aad)

    def current_id(self) -> str:
        """Give the id of the newest KEK."""
        return self.ids()[-1]

    def ids(self) -> list[str]:
        """Return the KEKs that are there, oldest first."""
        with self._lock:
            self._open()
            self._look()
            return sorted(self._keys)

    def new(self) -> str:
        """Make the next KEK inside the module, which is the current one from now on."""
        name = f"{PREFIX}{int(self.current_id().removeprefix(PREFIX)) + 1:04}"
        with self._lock:
            self._make(name)
        return name

    def destroy(self, kek_id: str) -> None:
        """Destroy a KEK for ever."""
        with self._lock:
            self._open()
            self._look()
            key = self._keys.pop(kek_id, None)
            if key is None:
                raise Unreadable
            key.destroy()

    def _run(self, act: str, data: bytes, nonce: bytes, aad: bytes) -> bytes:
        parts = split_lp(aad)
        name = parts[1] if len(parts) > 1 else ""
        with self._lock:
            self._open()
            if name not in self._keys:
                self._look()
            key = self._keys.get(name)
            if key is None:
                raise Unreadable
            how = {
                "mechanism": self._module.Mechanism.AES_GCM,
                "mechanism_param": self._module.GCMParams(nonce, aad, _TAG_BITS),
            }
            try:
                return bytes(getattr(key, act)(data, **how))
            except (self._module.GeneralError, self._module.EncryptedDataInvalid):
                raise Unreadable from None
            except self._module.PKCS11Error:
                self._process = LOST
                raise NotReady(_AWAY) from None

    def _open(self) -> None:
        """Open a session of this process; a forked child must not use its parent's."""
        if self._process == os.getpid():
            return
        try:
            library = self._module.lib(self._slot.module)
            if self._process:
                library.reinitialize()
            token = library.get_token(token_label=self._slot.token)
            self._session = self._signed_in(token)
        except (self._module.PKCS11Error, RuntimeError):
            raise NotReady(_AWAY) from None
        self._process = os.getpid()
        self._look()

    def _signed_in(self, token: Any) -> Any:
        """Open a session; the sign-in counts for all sessions of a process."""
        try:
            return token.open(user_pin=self._pin, rw=True)
        except self._module.UserAlreadyLoggedIn:
            return token.open(rw=True)

    def _look(self) -> None:
        wanted = {self._module.Attribute.CLASS: self._module.ObjectClass.SECRET_KEY}
        found = {str(key.label): key for key in self._session.get_objects(wanted)}
        self._keys = {name: key for name, key in found.items() if name.startswith(PREFIX)}

    def _make(self, name: str) -> None:
        kinds = self._module.Attribute
        kept = {kinds.SENSITIVE: True, kinds.EXTRACTABLE: False}
        size = KEY_BYTES * 8
        self._session.generate_key(self._module.KeyType.AES, size, label=name, store=True, template=kept)
        self._look()
