"""What every kind needs: the setting a search is read in, and the word for a value that cannot be read."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Setting:
    """Now, in the time zone of the node, and the address of its FHIR base (no slash at the end)."""

    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    base: str = ""


class BadValue(ValueError):
    """Say what the value should look like; never what it was."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
