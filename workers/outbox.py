"""Deliver outbox rows by id, leave a partner alone that does not answer, and wake what is due."""

import os
import secrets
import socket

from config.logs import Event, log
from registry.domain.exchange import breaker, retry
from registry.domain.model import OutboxItem, OutboxState
from registry.errors import Misconfigured, NotReady
from registry.ports import Services, Unit
from registry.usecases.exchange.sending import deliver as use_case
from registry.usecases.subscriptions import notify
from workers.work import Bench

DELIVER = "exchange.deliver"
SWEEP = "exchange.sweep_outbox"
MOST_WOKEN = 200
MOST_FAILING_READ = 200


def register(bench: Bench) -> None:
    """Add the tasks of the outbox."""
    bench.add(DELIVER, lambda services, item_id: attempt(services, item_id, lease_name()))
    bench.add(SWEEP, lambda services, _: bench.wake(DELIVER, use_case.due(services, MOST_WOKEN)))


def lease_name() -> str:
    """Return the name of one attempt: machine and process to look at, and a number nobody else draws.

    Made when the attempt begins: processes that were forked from one another must not share it.
    """
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"


def attempt(services: Services, item_id: str, lease: str) -> OutboxState | None:
    """Deliver one item; give it back when that fails here, so that it does not wait for its lease."""
    try:
        return send(services, item_id, lease)
    except (Misconfigured, NotReady):
        # Counted by nobody: the message is not to blame, and the use case has put it back if it could.
        raise
    except Exception:
        give_back(services, item_id, lease)
        raise


def send(services: Services, item_id: str, lease: str) -> OutboxState | None:
    """Deliver one item unless its partner rests; remember whether the partner could be reached."""
    with services.unit() as unit:
        item = unit.outbox.get(item_id)
        if item is None or item.state not in ("pending", "leased") or _rests(unit, item):
            return None
    send_it = notify.deliver if item.kind == "notification" else use_case.deliver
    state = send_it(services, item_id, lease)
    if state is not None:
        with services.unit() as unit:
            _mark(unit, unit.outbox.get(item_id))
            unit.commit()
    return state


def _rests(unit: Unit, item: OutboxItem) -> bool:
    marks = _marks(unit, item)
    if marks.failed is None:
        return False
    failing = unit.outbox.failing(item.partner, MOST_FAILING_READ)
    failed = breaker.failures(failing, item.channel)
    resting = breaker.is_resting(marks, failed, unit.now())
    if resting:
        log(Event.PARTNER_RESTS, partner=item.partner, failures=failed)
    return resting


def _marks(unit: Unit, item: OutboxItem) -> breaker.Marks:
    beats = unit.beats()
    return breaker.Marks(beats.get(f"answered:{item.channel}"), beats.get(f"failed:{item.channel}"))


def _mark(unit: Unit, item: OutboxItem | None) -> None:
    if item is None:
        return
    if item.state in ("pending", "parked") and breaker.is_transport(item.last_error):
        unit.beat(f"failed:{item.channel}")
    elif item.state in ("sent", "delivered") and _marks(unit, item).failed is not None:
        unit.beat(f"answered:{item.channel}")


def give_back(services: Services, item_id: str, lease: str) -> str | None:
    """Let an item wait that failed here, not at the partner; in the end it is parked for a person.

    None when this attempt does not hold it any more.
    """
    with services.unit() as unit:
        item = unit.outbox.get(item_id)
        if item is None or (item.state, item.lease_owner) != ("leased", lease):
            return None
        age = (unit.now() - item.created).total_seconds()
        failed = retry.Attempt(0, False, item.attempts, age, error="internal")
        following = retry.after(failed, secrets.randbelow(1000) / 1000)
        if following.state == "pending":
            changed = unit.outbox.retry(item.id, following.wait, following.error, lease)
        else:
            changed = unit.outbox.finish(item.id, following.state, following.error, lease)
        unit.commit()
    return following.state if changed else None
