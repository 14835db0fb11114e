"""Files of the demo: secrets for one user only, and reports that are never half written."""

import json
import os
from pathlib import Path


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file that only this user can read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def write_json(path: Path, value: object) -> None:
    """Write a JSON file in one step, so that nobody reads half of it."""
    half = path.with_suffix(".part")
    half.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")
    half.replace(path)
