"""Chain audit events within seconds of the act, and sign checkpoints of the chain."""

import time

from registry.ports import Services
from registry.usecases.access import trail
from workers.work import Bench

CHAIN = "audit.chain"
CHECKPOINT = "audit.checkpoint"
EVENTS_AT_ONCE = 500
LONGEST_SECONDS = 20.0


def register(bench: Bench) -> None:
    """Add the tasks of the audit trail."""
    bench.add(CHAIN, lambda services, _: chain_all(services))
    bench.add(CHECKPOINT, lambda services, _: trail.checkpoint(services))


def chain_all(services: Services) -> int:
    """Chain what waits in short transactions, so that writers pass in between; return how many events."""
    until = time.monotonic() + LONGEST_SECONDS
    chained = 0
    while time.monotonic() < until:
        found = trail.chain(services, EVENTS_AT_ONCE)
        chained += found
        if found < EVENTS_AT_ONCE:
            break
    return chained
