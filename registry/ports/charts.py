"""Port of a person's whole record: read in one go, and the summaries kept of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from registry.domain.model import SealedResource

Cursor = tuple[datetime, str, str]


@dataclass(frozen=True)
class Wanted:
    """Which current resources of a person: of these types (none: all but Binary), written after `since`, and
    after a place (time, type, id) in the order of writing; at most `limit`.
    """

    types: tuple[str, ...] = ()
    since: datetime | None = None
    after: Cursor | None = None
    limit: int = 1000


@dataclass(frozen=True)
class KeptSummary:
    """A summary as built: `variant` is language and recipient, `made_from` a digest of all it depends on,
    `body` is sealed, `day` the local day it speaks of, after which it counts no more.
    """

    owner_id: str
    variant: str
    made_from: str
    body: bytes
    day: date


class Charts(Protocol):
    """Everything of one person at once."""

    def page(self, owner_id: str, wanted: Wanted) -> list[SealedResource]:
        """Return current resources of an owner in the order of writing."""

    def directory(self, references: Sequence[tuple[str, str]]) -> list[SealedResource]:
        """Return the current directory entries among these (type, id)."""

    def state(self, owner_id: str) -> str:
        """Return a digest of every version and document there is of an owner: it changes with any write."""

    def summary(self, owner_id: str, variant: str) -> KeptSummary | None:
        """Return the summary kept of this variant."""

    def keep_summary(self, kept: KeptSummary) -> None:
        """Keep a summary in the place of the one of the same variant."""

    def drop_summaries(self, before: date, limit: int) -> int:
        """Drop summaries kept on an earlier day; return how many."""
