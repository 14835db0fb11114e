"""What is done at a node by an operator's hands: receipts listed, trails verified, the quarter published."""

import time
from pathlib import Path
from typing import Any

from registry.domain.model import Caller
from registry.ports import Services
from registry.usecases.access import trail
from registry.usecases.exchange import receipts
from registry.usecases.observatory import publish

POLL_SECONDS = 0.1


def listed(services: Services) -> list[dict[str, Any]]:
    """Return the receipts of a node."""
    return receipts.listing(services)


def published(services: Services, quarter: str, folder: Path) -> None:
    """Publish one quarter under `folder`."""
    publish.publish(services, Caller("system", "system", services.node.code), quarter, folder)


def chained(services: Services, seconds: float) -> tuple[int, str]:
    """Wait until every event is chained, and verify all; return how many and what is wrong, if anything."""
    until = time.monotonic() + seconds
    while waiting := _waiting(services):
        if time.monotonic() > until:
            return 0, f"{waiting} events are still not chained"
        time.sleep(POLL_SECONDS)
    verdict = trail.verify(services)
    return verdict.events, "" if verdict.ok else f"{verdict.first_bad}: {verdict.why}"


def _waiting(services: Services) -> int:
    with services.unit() as unit:
        return unit.audit.waiting()
