"""The roots of the blind index as they are in the key folder now: the newest writes, older ones find."""

from collections.abc import Sequence
from pathlib import Path

from registry.crypto.index.blind import BlindIndex
from registry.crypto.sealing import key_files


class IndexRoots:
    """Reads the key folder again when its list of names has changed, so that no process lags behind."""

    def __init__(self, folder: Path) -> None:
        """Read every root; raise KeyFilesUnsafe when there is none."""
        self._folder = folder
        self._seen = -1
        self._roots: tuple[BlindIndex, ...] = ()
        self()

    def __call__(self) -> Sequence[BlindIndex]:
        """Return the indexes, newest first."""
        changed = self._folder.stat().st_mtime_ns
        if changed != self._seen:
            names = key_files.index_roots(self._folder)
            secrets = [key_files.read_secret(self._folder, name) for name in reversed(names)]
            self._roots = tuple(BlindIndex(secret) for secret in secrets)
            self._seen = changed
        return self._roots
