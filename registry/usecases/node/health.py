"""Is the node able to serve, and the counts that monitoring reads: numbers only, nothing about people."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from registry.ports import Services, Unit


@dataclass(frozen=True)
class Health:
    """Counts by state and ages in seconds."""

    outbox: dict[str, int]
    inbox: dict[str, int]
    audit_waiting: int
    beats: dict[str, float]
    oldest: dict[str, float]
    subscriptions: dict[str, int] = field(default_factory=dict)


def check_alive(services: Services) -> None:
    """Raise NotReady when the database does not answer; counts nothing, because it is asked every second."""
    with services.unit() as unit:
        unit.now()


def health(services: Services) -> Health:
    """Read the counts; raise NotReady when the database does not answer."""
    with services.unit() as unit:
        now = unit.now()
        return Health(
            outbox=unit.outbox.counts(),
            inbox=unit.inbox.counts(),
            audit_waiting=unit.audit.waiting(),
            beats={name: (now - at).total_seconds() for name, at in unit.beats().items()},
            oldest={box: (now - since).total_seconds() for box, since in _oldest(unit).items()},
            subscriptions=unit.subscriptions.counts(),
        )


def _oldest(unit: Unit) -> dict[str, datetime]:
    """Return since when the oldest row of each box waits that is due now."""
    found: dict[str, datetime] = {}
    for sent in filter(None, map(unit.outbox.get, unit.outbox.due(1))):
        found["outbox"] = sent.created
    for received in filter(None, map(unit.inbox.get, unit.inbox.waiting(1))):
        found["inbox"] = received.received
    return found


def beat(services: Services, name: str) -> None:
    """Note that a process is alive."""
    with services.unit() as unit:
        unit.beat(name)
        unit.commit()


def purge(services: Services, limit: int = 500) -> int:
    """Empty bodies of finished messages that are older than the node keeps them; drop old tokens and the
    summaries kept of earlier days.
    """
    with services.unit() as unit:
        before = unit.now() - timedelta(days=services.node.inbox_body_days)
        done = unit.inbox.purge_bodies(before, limit) + unit.tokens.purge()
        done += unit.charts.drop_summaries(services.today(), limit)
        unit.commit()
    return done
