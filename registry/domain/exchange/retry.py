"""What to do after one attempt to send: done, try again later, or park and alert a person.

Times in seconds. Waits have full jitter (a random share of an exponential limit), so that nodes that failed
together do not come back together.
"""

from dataclasses import dataclass
from typing import Literal

FIRST_WAIT = 5.0
LONGEST_WAIT = 6 * 3600.0
LARGEST_DOUBLING = 13  # 5 s doubled 13 times is past the longest wait
MOST_ATTEMPTS = 12
LONGEST_TRY = 72 * 3600.0

# While this node itself is not ready: not an attempt, so only time ends it.
OWN_WAIT = 300.0

# Refusals that a later attempt may turn into success: time-out, too early, too many requests.
PASSING = frozenset({408, 425, 429})
CONFLICT = 409


@dataclass(frozen=True)
class Attempt:
    """One attempt: HTTP `status` (0 = no answer, then `error` says why) and how often and long it was tried.

    `noted` tells whether a signed note of the partner for these exact bytes came with the answer; `attempts`
    counts this one; `age` is the time since the message was queued; `retry_after` is what the partner asks.
    """

    status: int
    noted: bool
    attempts: int
    age: float
    retry_after: float | None = None
    error: str = ""


@dataclass(frozen=True)
class Next:
    """What follows: the outbox state to move to, the wait (pending only), and an error code to keep."""

    state: Literal["sent", "pending", "parked"]
    wait: float = 0.0
    error: str = ""


def after(attempt: Attempt, chance: float) -> Next:
    """Decide what follows an attempt; `chance` is a random number from 0 to 1 for the jitter.

    An HTTP status is signed by nobody: it may stop the trying, but only a signed receipt refuses a message.
    """
    success = 200 <= attempt.status < 300
    if attempt.noted and (success or attempt.status == CONFLICT):
        return Next("sent")
    error = attempt.error or ("no-note" if success else f"http-{attempt.status}")
    if 400 <= attempt.status < 500 and attempt.status not in PASSING:
        return Next("parked", error=error)
    wait = wait_before(attempt.attempts, attempt.retry_after, chance)
    if attempt.attempts >= MOST_ATTEMPTS or attempt.age + wait > LONGEST_TRY:
        return Next("parked", error=error)
    return Next("pending", wait, error)


def when_not_ready(age: float, error: str, chance: float) -> Next:
    """Decide what follows when this node could not try (keys, trust list, database): wait up to 5 minutes."""
    if age > LONGEST_TRY:
        return Next("parked", error=error)
    return Next("pending", OWN_WAIT * (1 + chance) / 2, error)


def wait_before(attempts: int, retry_after: float | None, chance: float) -> float:
    """Return the wait after this many attempts: at least what the partner asked for, at most six hours."""
    limit = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempts - 1, LARGEST_DOUBLING))
    return min(LONGEST_WAIT, max(chance * limit, retry_after or 0.0))
