"""Put notifications into the outbox: one message for each event, handshake and heartbeat."""

from dataclasses import replace

from registry.domain.model import NODE_OWNER, OutboxItem, Subscription
from registry.ports import Services, Unit

HANDSHAKE = "handshake"
HEARTBEAT = "heartbeat"
MOST_EVENTS = 200


def add(services: Services, unit: Unit, subscription: Subscription, about: str) -> OutboxItem:
    """Queue one notification; `about` is handshake, heartbeat or the id of an event.

    It belongs to the node, not to a person: what may be told of a person is decided when it leaves.
    """
    item = OutboxItem(
        id=services.ids.new(),
        partner=subscription.client,
        owner_id=NODE_OWNER,
        alias=subscription.id,
        seq=0,
        msg_id=services.ids.new(),
        kind="notification",
        state="pending",
        created=unit.now(),
        in_reply_to=about,
        actor=f"partner:{subscription.client}",
    )
    unit.outbox.add(item)
    return item


def carry_rest(services: Services, unit: Unit, subscription: Subscription) -> int:
    """Queue messages for events that none carries; return how many. The subscription is locked."""
    left = unit.subscriptions.untold(subscription.id, MOST_EVENTS)
    for event in left:
        item = add(services, unit, subscription, event.id)
        unit.subscriptions.put_event(replace(event, item_id=item.id))
    return len(left)


def let_go(unit: Unit, item: OutboxItem) -> None:
    """Leave the event of a message that ended undelivered to a later one."""
    event = unit.subscriptions.event(item.in_reply_to)
    if event is not None and event.item_id == item.id:
        unit.subscriptions.put_event(replace(event, item_id=""))
