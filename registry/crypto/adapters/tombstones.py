"""The file of erasures in the key folder: it survives the loss of the database and is never in its backup."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from registry.crypto.sealing.key_files import sync
from registry.crypto.tokens.strict import Malformed, from_instant, to_instant
from registry.domain.keys.erased import Tombstone
from registry.errors import Misconfigured


class TombstoneFile:
    """One JSON line for each erased person (port Tombstones)."""

    def __init__(self, path: Path) -> None:
        """Remember where; the file is made by the first erasure."""
        self._path = path

    def add(self, tombstone: Tombstone) -> None:
        """Append and make durable; once for each pseudonym."""
        if any(known.pseudonym == tombstone.pseudonym for known in self.all()):
            return
        line = json.dumps({"pseudonym": tombstone.pseudonym, "at": to_instant(tombstone.at)})
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        with os.fdopen(os.open(self._path, flags, 0o600), "w") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        sync(self._path.parent)

    def all(self) -> Sequence[Tombstone]:
        """Return every tombstone; raise Misconfigured when a line cannot be read."""
        return read_tombstones(self._path) if self._path.exists() else ()


def read_tombstones(path: Path) -> Sequence[Tombstone]:
    """Read a file of tombstones; raise Misconfigured, because a lost line would bring a person back."""
    found = []
    for line in path.read_text().splitlines():
        try:
            read = json.loads(line)
            found.append(Tombstone(str(read["pseudonym"]), from_instant(read["at"]), done=True))
        except (ValueError, KeyError, TypeError, Malformed):
            raise Misconfigured(f"{path} has a line that cannot be read: restore it from a copy.") from None
    return found
