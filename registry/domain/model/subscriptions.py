"""Who is told of what, and what happened that somebody must be told of."""

from dataclasses import dataclass
from datetime import datetime

from fhir.subscription.backport import State


@dataclass(frozen=True)
class Subscription:
    """What the queue needs of a partner's subscription; address, filters and headers stay sealed.

    `events` counts those with a number; `heartbeat` in seconds, 0 = none; `error` is a code; `sent` is when
    the partner last took a notification.
    """

    id: str
    client: str
    topic: str
    state: State
    created: datetime
    events: int = 0
    heartbeat: int = 0
    sent: datetime | None = None
    ends: datetime | None = None
    error: str = ""
    deleted: bool = False


@dataclass(frozen=True)
class SubscriptionEvent:
    """Something that happened to a person, for one subscription. `number` is 0 until it is given one.

    `focus` is a type and id; `status` the code of Task.status then; `item_id` the message that carries it.
    """

    id: str
    subscription_id: str
    owner_id: str
    at: datetime
    focus: str
    status: str = ""
    number: int = 0
    item_id: str = ""
    delivered: datetime | None = None
