"""Prove that beat, broker and a worker are alive: one message through all three writes one database row."""

from registry.ports import Services
from workers.work import Bench

HEARTBEAT = "exchange.heartbeat"
ROW = "worker"


def register(bench: Bench) -> None:
    """Add the heartbeat task."""
    bench.add(HEARTBEAT, lambda services, _: note(services))


def note(services: Services) -> None:
    """Write the row."""
    with services.unit() as unit:
        unit.beat(ROW)
        unit.commit()
