"""Wrap data keys with keys from files `kek-<number>.key`; the highest number is the current one."""

from pathlib import Path

from registry.crypto.sealing import key_changes, key_files
from registry.crypto.sealing.envelope import split_lp, unwrap, wrap
from registry.errors import Unreadable


class FileKeyProvider:
    """The wrapping keys of the key folder; a key added by another process is seen at once."""

    name = "file"

    def __init__(self, folder: Path) -> None:
        """Read every wrapping key; raise KeyFilesUnsafe when there is none."""
        self._folder = folder
        self._keks: dict[str, bytes] = {}
        self._read()

    def wrap(self, dek: bytes, aad: bytes) -> bytes:
        """Wrap a data key with the KEK named in the authenticated data."""
        return wrap(self._kek(aad), dek, aad)

    def unwrap(self, blob: bytes, aad: bytes) -> bytes:
        """Open a wrapped data key; raise Unreadable when anything does not fit."""
        return unwrap(self._kek(aad), blob, aad)

    def current_id(self) -> str:
        """Give the id of the newest KEK."""
        return self.ids()[-1]

    def ids(self) -> list[str]:
        """Return the KEKs that are there, oldest first."""
        self._read()
        return list(self._keks)

    def new(self) -> str:
        """Make the next KEK, which is the current one from now on."""
        return key_changes.add_secret(self._folder, key_changes.KEK, self.ids())

    def destroy(self, kek_id: str) -> None:
        """Destroy a KEK for ever."""
        key_changes.destroy(self._folder, kek_id)

    def _read(self) -> None:
        """Read the keys again when the list of their names has changed."""
        names = key_files.names_of(self._folder, key_changes.KEK)
        if names != list(self._keks):
            self._keks = {name: key_files.read_secret(self._folder, name) for name in names}

    def _kek(self, aad: bytes) -> bytes:
        parts = split_lp(aad)
        name = parts[1] if len(parts) > 1 else ""
        if name and name not in self._keks:
            self._read()
        if name not in self._keks:
            raise Unreadable
        return self._keks[name]
