"""A message that left and got no receipt before its end of life waits for a person: nobody knows what became
of it.
"""

from datetime import timedelta

from registry.domain.model import AuditEntry, Caller
from registry.ports import Services

# The partner accepts a message for seven days after it was packed, and signs a receipt in that time.
LIFE = timedelta(days=7)
NO_RECEIPT = "no-receipt"


def park(services: Services, limit: int) -> int:
    """Park up to `limit` messages whose receipt is overdue; return how many."""
    caller = Caller("worker", "worker", services.node.code)
    parked = 0
    with services.unit() as unit:
        for item_id in unit.outbox.unanswered(unit.now() - LIFE, limit):
            unit.lock([item_id.encode()])
            item = unit.outbox.get(item_id)
            # Its receipt may have come after the list was read.
            if item is None or item.state != "sent":
                continue
            unit.outbox.finish(item.id, "parked", NO_RECEIPT)
            details = (("kind", item.kind), ("partner", item.partner), ("error", NO_RECEIPT))
            reference = f"message/{item.msg_id}"
            unit.audit.add(AuditEntry(caller, "send", "failed", item.owner_id, reference, details=details))
            parked += 1
        unit.commit()
    return parked
