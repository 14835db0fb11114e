"""Measurements for operators (Prometheus text), in a registry of their own; no patient data in any label."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest

from registry.ports import Services

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
            "puente_rows", "Rows of outbox and inbox by state.", ["box", "state"], registry=self._registry
        )
        self._oldest = Gauge(
            "puente_oldest_waiting_seconds",
            "Age of the oldest waiting row.",
            ["box"],
            registry=self._registry,
        )
        self._beat = Gauge(
            "puente_heartbeat_age_seconds",
            "Time since it was last alive.",
            ["name"],
            registry=self._registry,
        )
        self._audit = Gauge("puente_audit_waiting", "Audit events not chained yet.", registry=self._registry)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def text(self, services: Services) -> bytes:
        """Return everything in Prometheus text format."""
        with services.unit() as unit:
            now = unit.now()
            for box, counts in (("outbox", unit.outbox.counts()), ("inbox", unit.inbox.counts())):
                for state, number in counts.items():
                    self._rows.labels(box, state).set(number)
            due = [unit.outbox.get(item_id) for item_id in unit.outbox.due(1)]
            waiting = [unit.inbox.get(item_id) for item_id in unit.inbox.waiting(1)]
            self._oldest.labels("outbox").set(max((_age(now, i.created) for i in due if i), default=0.0))
            self._oldest.labels("inbox").set(max((_age(now, i.received) for i in waiting if i), default=0.0))
            for name, at in unit.beats().items():
                self._beat.labels(name).set(_age(now, at))
            self._audit.set(unit.audit.waiting())
        return generate_latest(self._registry)


def _age(now: datetime, then: datetime) -> float:
    return max(0.0, (now - then).total_seconds())
