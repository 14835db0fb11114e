"""What is left of an erased person: a pseudonym and a time, so that no backup brings the person back."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Tombstone:
    """Says that a person was erased; `done` once the key is destroyed too."""

    pseudonym: str
    at: datetime
    done: bool = False
