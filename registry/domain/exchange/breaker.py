"""When to leave a partner alone: after five failures in a row, one try a minute until it answers.

Derived from what the database already holds (the attempts of waiting rows and two time marks per partner), so
that all workers agree and a restart forgets nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.domain.model import OutboxItem

FAILURES = 5
REST = timedelta(seconds=60)


@dataclass(frozen=True)
class Marks:
    """When a partner last answered and when sending to it last failed (UTC); None = never seen."""

    answered: datetime | None = None
    failed: datetime | None = None


def failures(waiting: Iterable[OutboxItem], channel: str) -> int:
    """Count failed attempts of the rows that still wait for this partner's door, or for one of its hooks."""
    return sum(item.attempts for item in waiting if item.channel == channel and is_transport(item.last_error))


def is_transport(error: str) -> bool:
    """Tell whether an error code is about reaching the partner, not about one message."""
    return bool(error) and not error.startswith(("http-4", "no-note"))


def is_resting(marks: Marks, failed_attempts: int, now: datetime) -> bool:
    """Tell whether to leave the partner alone now; no longer so a minute after the last failure."""
    if marks.failed is None or failed_attempts < FAILURES:
        return False
    if marks.answered is not None and marks.answered >= marks.failed:
        return False
    return now - marks.failed < REST
