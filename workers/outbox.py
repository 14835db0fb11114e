"""Deliver outbox rows by id, leave a partner alone that does not answer, and wake what is due."""

import secrets

from config.logs import Event, log
from registry.domain.exchange import breaker, retry
from registry.domain.model import OutboxItem, OutboxState
from registry.ports import Services, Unit
from registry.usecases.exchange.sending import deliver as use_case
from workers.work import Bench

DELIVER = "exchange.deliver"
SWEEP = "exchange.sweep_outbox"
MOST_WOKEN = 200
MOST_WAITING_READ = 200


def register(bench: Bench, worker: str) -> None:
    """Add the tasks of the outbox; `worker` names this process in leases."""
    bench.add(DELIVER, lambda services, item_id: send(services, item_id, worker), otherwise=give_back)
    bench.add(SWEEP, lambda services, _: bench.wake(DELIVER, use_case.due(services, MOST_WOKEN)))


def send(services: Services, item_id: str, worker: str) -> OutboxState | None:
    """Deliver one item unless its partner rests; remember whether the partner could be reached."""
    with services.unit() as unit:
        item = unit.outbox.get(item_id)
        if item is None or item.state not in ("pending", "leased") or _rests(unit, item.partner):
            return None
    state = use_case.deliver(services, item_id, worker)
    if state is not None:
        with services.unit() as unit:
            _mark(unit, unit.outbox.get(item_id))
            unit.commit()
    return state


def _rests(unit: Unit, partner: str) -> bool:
    marks = _marks(unit, partner)
    if marks.failed is None:
        return False
    waiting = unit.outbox.recent(MOST_WAITING_READ, states=("pending",))
    failed = breaker.failures(waiting, partner)
    resting = breaker.is_resting(marks, failed, unit.now())
    if resting:
        log(Event.PARTNER_RESTS, partner=partner, failures=failed)
    return resting


def _marks(unit: Unit, partner: str) -> breaker.Marks:
    beats = unit.beats()
    return breaker.Marks(beats.get(f"answered:{partner}"), beats.get(f"failed:{partner}"))


def _mark(unit: Unit, item: OutboxItem | None) -> None:
    if item is None:
        return
    if item.state in ("pending", "parked") and breaker.is_transport(item.last_error):
        unit.beat(f"failed:{item.partner}")
    elif item.state in ("sent", "delivered") and _marks(unit, item.partner).failed is not None:
        unit.beat(f"answered:{item.partner}")


def give_back(services: Services, item_id: str) -> str | None:
    """Let an item wait that failed here, not at the partner; in the end it is parked for a person."""
    with services.unit() as unit:
        item = unit.outbox.get(item_id)
        if item is None or item.state != "leased":
            return None
        age = (unit.now() - item.created).total_seconds()
        attempt = retry.Attempt(0, False, item.attempts, age, error="internal")
        following = retry.after(attempt, secrets.randbelow(1000) / 1000)
        if following.state == "pending":
            unit.outbox.retry(item.id, following.wait, following.error)
        else:
            unit.outbox.finish(item.id, following.state, following.error)
        unit.commit()
    return following.state
