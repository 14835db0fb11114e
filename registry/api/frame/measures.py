"""Measurements for operators (Prometheus text), in a registry of their own; no patient data in any label."""

from typing import get_args

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest

from fhir.subscription.backport import State
from registry.domain.model import InboxState, OutboxState
from registry.usecases.node.health import Health

STATES = {"outbox": get_args(OutboxState), "inbox": get_args(InboxState)}
SUBSCRIPTIONS = get_args(State)
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Measures:
    """Counts and times of this process; what the database knows is read at each look."""

    def __init__(self) -> None:
        """Make empty measurements."""
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "puente_request_seconds",
            "Time to answer, by route template.",
            ["method", "route", "status"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._rows = Gauge(
            "puente_rows",
            "Rows of outbox, inbox and subscriptions by state.",
            ["box", "state"],
            registry=self._registry,
        )
        self._beat = Gauge(
            "puente_heartbeat_age_seconds",
            "Time since it was last alive.",
            ["name"],
            registry=self._registry,
        )
        self._oldest = Gauge(
            "puente_oldest_waiting_seconds",
            "Age of the oldest row that is due, 0 for none.",
            ["box"],
            registry=self._registry,
        )
        self._audit = Gauge("puente_audit_waiting", "Audit events not chained yet.", registry=self._registry)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def text(self, health: Health) -> bytes:
        """Return everything in Prometheus text format."""
        for box, counts in (("outbox", health.outbox), ("inbox", health.inbox)):
            for state in STATES[box]:
                self._rows.labels(box, state).set(counts.get(state, 0))
            self._oldest.labels(box).set(max(0.0, health.oldest.get(box, 0.0)))
        for state in SUBSCRIPTIONS:
            self._rows.labels("subscription", state).set(health.subscriptions.get(state, 0))
        for name, age in health.beats.items():
            self._beat.labels(name).set(max(0.0, age))
        self._audit.set(health.audit_waiting)
        return generate_latest(self._registry)
