"""Write files that only their owner may read."""

import os
from pathlib import Path

from registry.errors import Conflict


def write_closed(path: Path, data: bytes) -> None:
    """Write a new file with mode 0600; raise Conflict when there is one."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise Conflict(f"{path} exists already and is not overwritten.") from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def replace_closed(path: Path, data: bytes) -> None:
    """Replace a file in one step, so that a reader sees the old or the new one, never half of it."""
    partial = path.with_name(f".{path.name}.new")
    partial.unlink(missing_ok=True)
    write_closed(partial, data)
    partial.replace(path)
