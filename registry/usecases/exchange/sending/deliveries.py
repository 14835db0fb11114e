"""Where every message is: the node's outbox and transfers as people see them, and a second try for parked
ones.
"""

from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, OutboxItem
from registry.errors import Conflict, NotFound
from registry.ports import Services


def deliveries(services: Services, caller: Caller, limit: int = 50) -> list[OutboxItem]:
    """Return what is parked, receipts too, then the newest messages that are not receipts; no bodies."""
    rules.check_can(caller, "share")
    with services.unit() as unit:
        parked = unit.outbox.recent(limit, states=("parked",), without_kinds=("notification",))
        newest = unit.outbox.recent(limit, without_kinds=("receipt", "notification"))
        items = (parked + [item for item in newest if item.state != "parked"])[:limit]
        unit.audit.add(AuditEntry(caller, "list-deliveries", details=(("count", len(items)),)))
        unit.commit()
    return items


def delivery(services: Services, caller: Caller, item_id: str) -> OutboxItem:
    """Return one message's state."""
    rules.check_can(caller, "share")
    with services.unit() as unit:
        item = unit.outbox.get(item_id)
    if item is None:
        raise NotFound("There is no such message.")
    return item


def retry_parked(services: Services, caller: Caller, item_id: str) -> OutboxItem:
    """Put a parked message back into the queue after somebody mended the cause."""
    rules.check_can(caller, "share")
    with services.unit() as unit:
        item = unit.outbox.get(item_id)
        if item is None:
            raise NotFound("There is no such message.")
        if item.state != "parked":
            raise Conflict("Only parked messages can be sent again.")
        unit.outbox.retry(item_id, 0, "")
        unit.wake("exchange.deliver", item_id)
        unit.audit.add(
            AuditEntry(caller, "retry", owner_id=item.owner_id, object_ref=f"message/{item.msg_id}")
        )
        unit.commit()
    return item
