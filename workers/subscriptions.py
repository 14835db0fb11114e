"""Keep subscriptions going: heartbeats, ends, events that no message carries, removal of old ones."""

from registry.usecases.subscriptions import sweep
from workers.work import Bench

SWEEP = "exchange.sweep_subscriptions"


def register(bench: Bench) -> None:
    """Add the task; notifications themselves are delivered with the rest of the outbox."""
    bench.add(SWEEP, lambda services, _: sweep.run(services) or None)
