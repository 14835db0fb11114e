"""Work that follows the calendar, in chunks of seconds: care states, overdue transfers, messages without a
receipt, bodies past their time.
"""

import time

from config.logs import Event, log
from registry.ports import Services
from registry.usecases.care.record import care_state
from registry.usecases.exchange import overdue
from registry.usecases.exchange.sending import unanswered
from registry.usecases.node import health
from workers.work import Bench

CARE_STATE = "long.care_state"
PURGE = "long.purge"
OVERDUE = "long.overdue"
UNANSWERED = "long.unanswered"
PEOPLE_AT_ONCE = 25
ROWS_AT_ONCE = 500
LONGEST_SECONDS = 25.0


def register(bench: Bench) -> None:
    """Add the calendar's tasks."""
    bench.add(CARE_STATE, lambda services, _: recompute(services, bench))
    bench.add(PURGE, lambda services, _: empty(services))
    bench.add(OVERDUE, lambda services, _: mark_overdue(services))
    bench.add(UNANSWERED, lambda services, _: park_unanswered(services))


def recompute(services: Services, bench: Bench) -> None:
    """Recompute for up to 25 seconds, then ask for another run when people are left."""
    until = time.monotonic() + LONGEST_SECONDS
    done = 0
    more = True
    while more and time.monotonic() < until:
        found = care_state.recompute_stale(services, PEOPLE_AT_ONCE)
        done += found
        more = found == PEOPLE_AT_ONCE
    if done:
        log(Event.ROWS_WORKED, task=CARE_STATE, rows=done)
    if more:
        bench.wake(CARE_STATE, [""])


def empty(services: Services) -> None:
    """Empty what is past its time."""
    until = time.monotonic() + LONGEST_SECONDS
    done = 0
    while (emptied := health.purge(services, ROWS_AT_ONCE)) and time.monotonic() < until:
        done += emptied
    if done:
        log(Event.ROWS_WORKED, task=PURGE, rows=done)


def mark_overdue(services: Services) -> None:
    """Mark transfers whose tablets have run out without news."""
    until = time.monotonic() + LONGEST_SECONDS
    done = 0
    while (marked := overdue.mark(services, PEOPLE_AT_ONCE)) and time.monotonic() < until:
        done += marked
    if done:
        log(Event.ROWS_WORKED, task=OVERDUE, rows=done)


def park_unanswered(services: Services) -> None:
    """Park messages that left and whose receipt never came."""
    until = time.monotonic() + LONGEST_SECONDS
    done = 0
    while (parked := unanswered.park(services, PEOPLE_AT_ONCE)) and time.monotonic() < until:
        done += parked
    if done:
        log(Event.ROWS_WORKED, task=UNANSWERED, rows=done)
