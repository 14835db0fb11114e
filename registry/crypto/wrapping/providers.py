"""Choose where wrapping keys live; keys of the other places still open what they wrapped."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from registry.crypto.sealing import key_changes
from registry.crypto.sealing.envelope import split_lp
from registry.crypto.sealing.key_files import KeyFilesUnsafe
from registry.crypto.sealing.keys import load_node_keys
from registry.crypto.sealing.owner_keys import KekProvider
from registry.crypto.wrapping.kek_file import FileKeyProvider
from registry.errors import Unreadable

FILE = "file"


class KekSource(KekProvider, Protocol):
    """A place of wrapping keys, for those who look after them."""

    name: str

    def ids(self) -> list[str]:
        """Return the wrapping keys that are there, oldest first."""

    def new(self) -> str:
        """Make the next wrapping key, which is the current one from now on."""

    def destroy(self, kek_id: str) -> None:
        """Destroy a wrapping key for ever."""


class KekSources:
    """Wraps with the first source and opens with whichever has the key."""

    def __init__(self, sources: Sequence[KekSource]) -> None:
        """Take at least one source."""
        self.sources = tuple(sources)

    def wrap(self, dek: bytes, aad: bytes) -> bytes:
        """Wrap a data key with the KEK named in the authenticated data."""
        return self._source(aad).wrap(dek, aad)

    def unwrap(self, blob: bytes, aad: bytes) -> bytes:
        """Open a wrapped data key; raise Unreadable when anything does not fit."""
        return self._source(aad).unwrap(blob, aad)

    def current_id(self) -> str:
        """Give the id of the KEK that new keys are wrapped with."""
        return self.sources[0].current_id()

    def new(self) -> str:
        """Make the next KEK in the first source."""
        return self.sources[0].new()

    def ids(self) -> dict[str, str]:
        """Return every KEK that is there with the name of its place."""
        return {kek_id: source.name for source in self.sources for kek_id in source.ids()}

    def destroy(self, kek_id: str) -> None:
        """Destroy a KEK for ever, wherever it is."""
        next(source for source in self.sources if kek_id in source.ids()).destroy(kek_id)

    def _source(self, aad: bytes) -> KekSource:
        parts = split_lp(aad)
        kek_id = parts[1] if len(parts) > 1 else ""
        prefix = kek_id.partition("-")[0]
        found = next((source for source in self.sources if PREFIXES[source.name] == prefix), None)
        if found is None:
            raise Unreadable
        return found


PREFIXES = {"file": "kek", "pkcs11": "hsm", "transit": "transit"}


def check_keys(folder: Path, where: str) -> None:
    """Raise KeyFilesUnsafe when a key file of the node is missing or unsafe."""
    load_node_keys(folder, keks_elsewhere=where != FILE)


def open_sources(folder: Path, where: str = FILE) -> KekSources:
    """Open the place that `where` names (`file`, `pkcs11:...`, `https://...`), and the files beside it."""
    if where == FILE:
        return KekSources([FileKeyProvider(folder)])
    files = [FileKeyProvider(folder)] if any(folder.glob(f"{key_changes.KEK}-*.key")) else []
    if where.startswith("pkcs11:"):
        from registry.crypto.wrapping.kek_hsm import HsmKeyProvider, read_address

        return KekSources([HsmKeyProvider(read_address(where), folder), *files])
    if where.startswith(("https://", "http://")):
        from registry.crypto.wrapping.kek_transit import TransitKeyProvider

        return KekSources([TransitKeyProvider(where, folder), *files])
    raise KeyFilesUnsafe("PUENTE_KEK is file, pkcs11:..., or the https:// address of a transit key.")
