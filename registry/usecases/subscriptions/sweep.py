"""What no event starts: heartbeats, ends, events that nobody carries, and the removal of old ones."""

from collections.abc import Callable
from datetime import timedelta

from registry.domain.model import Caller, Subscription
from registry.ports import Services, Unit
from registry.usecases.subscriptions import notify, queue, sealed

MOST = 50
MOST_OLD = 500
Act = Callable[[Unit, Subscription], object]


def run(services: Services) -> int:
    """Do what is due now, a subscription at a time; return how many were worked on."""
    caller = Caller("worker", "worker", services.node.code)
    with services.unit() as unit:
        ended, stranded = unit.subscriptions.ended(MOST), unit.subscriptions.stranded(MOST)
        silent, parked = unit.subscriptions.silent(MOST), unit.subscriptions.set_aside(MOST)
    for row_id in ended:
        _on(services, row_id, lambda unit, row: sealed.change(services, unit, caller, row, "off"))
    for row_id in stranded:
        _on(services, row_id, lambda unit, row: _carry(services, unit, row))
    for row_id in silent:
        _on(services, row_id, lambda unit, row: _beat(services, unit, row))
    for item_id in parked:
        notify.give_up(services, item_id)
    purge(services)
    return len(ended) + len(stranded) + len(silent) + len(parked)


def purge(services: Services) -> int:
    """Remove events and finished notifications older than the node keeps what it received."""
    with services.unit() as unit:
        before = unit.now() - timedelta(days=services.node.inbox_body_days)
        done = unit.subscriptions.purge(before, MOST_OLD)
        unit.commit()
    return done


def _on(services: Services, subscription_id: str, act: Act) -> None:
    with services.unit() as unit:
        row = sealed.locked(unit, subscription_id)
        if row is not None:
            act(unit, row)
            unit.commit()


def _carry(services: Services, unit: Unit, row: Subscription) -> None:
    if row.state == "active":
        queue.carry_rest(services, unit, row)


def _beat(services: Services, unit: Unit, row: Subscription) -> None:
    """Queue a heartbeat, unless something was queued or changed since the list was read."""
    if row.id in unit.subscriptions.silent(MOST):
        queue.add(services, unit, row, queue.HEARTBEAT)
