"""Process inbox rows by id; one that fails every time is set aside by the use case, never lost."""

from registry.usecases.exchange.receiving import receive
from workers.outbox import MOST_WOKEN
from workers.work import Bench

PROCESS = "exchange.process"
SWEEP = "exchange.sweep_inbox"


def register(bench: Bench) -> None:
    """Add the tasks of the inbox."""
    bench.add(PROCESS, receive.process)
    bench.add(SWEEP, lambda services, _: bench.wake(PROCESS, receive.waiting(services, MOST_WOKEN)))
