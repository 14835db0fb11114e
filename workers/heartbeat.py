"""Prove that beat, broker and a worker are alive: one message through all three writes one database row."""

from registry.usecases.node import health
from workers.work import Bench

HEARTBEAT = "exchange.heartbeat"
ROW = "worker"


def register(bench: Bench) -> None:
    """Add the heartbeat task."""
    bench.add(HEARTBEAT, lambda services, _: health.beat(services, ROW))
