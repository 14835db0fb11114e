"""Subscriptions of partners and their events. Whoever changes one has locked its id."""

from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, delete, exists, func, insert, select, update

from registry.domain.model import Subscription, SubscriptionEvent
from registry.store import tables
from registry.store.prepared import Prepared
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_SUBSCRIPTION = Shape(tables.subscription, Subscription)
_EVENT = Shape(tables.subscription_event, SubscriptionEvent)
_S = tables.subscription.c
_E = tables.subscription_event.c
_O = tables.outbox.c
NOTIFICATION = "notification"
_WAITS = ("pending", "leased")
_ENDED = ("delivered", "refused", "withdrawn", "superseded")
_LISTENING = Prepared(
    _SUBSCRIPTION.select.where(_S.topic == bindparam("of_topic"), _S.state != "off", ~_S.deleted).order_by(
        _S.created, _S.id
    )
)


class SqlSubscriptions:
    """The port Subscriptions."""

    def __init__(self, transaction: Transaction) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction

    def add(self, subscription: Subscription) -> None:
        """Add a subscription."""
        self._transaction.execute(insert(tables.subscription), _SUBSCRIPTION.values(subscription))

    def get(self, subscription_id: str) -> Subscription | None:
        """Return a subscription, a deleted one too."""
        wanted = _SUBSCRIPTION.select.where(_S.id == subscription_id)
        return _SUBSCRIPTION.find(self._transaction.execute(wanted).one_or_none())

    def put(self, subscription: Subscription) -> None:
        """Replace a subscription's row."""
        values = _SUBSCRIPTION.values(subscription)
        self._transaction.execute(update(tables.subscription).where(_S.id == subscription.id).values(values))

    def of(self, client: str) -> list[Subscription]:
        """Return a partner's subscriptions that are not deleted, oldest first."""
        wanted = _SUBSCRIPTION.select.where(_S.client == client, ~_S.deleted).order_by(_S.created, _S.id)
        return _SUBSCRIPTION.read_all(self._transaction.execute(wanted))

    def listening(self, topic: str) -> list[Subscription]:
        """Return the subscriptions that collect events of a topic now: neither off, deleted nor ended."""
        found = _SUBSCRIPTION.read_all(self._transaction.read(_LISTENING, {"of_topic": topic}))
        now = self._transaction.now() if found else None
        return [each for each in found if each.ends is None or now is None or each.ends > now]

    def silent(self, limit: int) -> list[str]:
        """Return active subscriptions whose heartbeat is due while nothing waits to be sent for them."""
        now = self._transaction.now()
        waits = exists().where(_O.kind == NOTIFICATION, _O.alias == _S.id, _O.state.in_(_WAITS))
        wanted = _SUBSCRIPTION.select.where(_S.state == "active", ~_S.deleted, _S.heartbeat > 0, ~waits)
        found = _SUBSCRIPTION.read_all(self._transaction.execute(wanted.order_by(_S.sent, _S.id)))
        late = [
            each.id
            for each in found
            if (each.sent or each.created) + timedelta(seconds=each.heartbeat) <= now
        ]
        return late[:limit]

    def ended(self, limit: int) -> list[str]:
        """Return subscriptions past their end that are not off yet."""
        over = _S.ends <= self._transaction.clock()
        wanted = select(_S.id).where(~_S.deleted, _S.state != "off", over).order_by(_S.id).limit(limit)
        return list(self._transaction.execute(wanted).scalars())

    def set_aside(self, limit: int) -> list[str]:
        """Return notifications that were parked because they failed here."""
        parked = and_(_O.kind == NOTIFICATION, _O.state == "parked")
        wanted = select(_O.id).where(parked).order_by(_O.created, _O.id).limit(limit)
        return list(self._transaction.execute(wanted).scalars())

    def add_event(self, event: SubscriptionEvent) -> None:
        """Add an event, without a number."""
        self._transaction.execute(insert(tables.subscription_event), _EVENT.values(event))

    def event(self, event_id: str) -> SubscriptionEvent | None:
        """Return an event."""
        wanted = _EVENT.select.where(_E.id == event_id)
        return _EVENT.find(self._transaction.execute(wanted).one_or_none())

    def put_event(self, event: SubscriptionEvent) -> None:
        """Replace an event's row."""
        changes = update(tables.subscription_event).where(_E.id == event.id)
        self._transaction.execute(changes.values(_EVENT.values(event)))

    def drop(self, event_id: str) -> None:
        """Remove an event that never got a number."""
        self._transaction.execute(delete(tables.subscription_event).where(_E.id == event_id, _E.number == 0))

    def without_number(self, subscription_id: str, limit: int) -> list[SubscriptionEvent]:
        """Return events that wait for a number, in the order they happened."""
        wanted = _EVENT.select.where(_E.subscription_id == subscription_id, _E.number == 0)
        return _EVENT.read_all(self._transaction.execute(wanted.order_by(_E.at, _E.id).limit(limit)))

    def numbered(self, subscription_id: str, since: int, until: int, limit: int) -> list[SubscriptionEvent]:
        """Return the events with these numbers (both ends included), by number."""
        wanted = _EVENT.select.where(
            _E.subscription_id == subscription_id, _E.number > 0, _E.number >= since, _E.number <= until
        )
        return _EVENT.read_all(self._transaction.execute(wanted.order_by(_E.number).limit(limit)))

    def untold(self, subscription_id: str, limit: int) -> list[SubscriptionEvent]:
        """Return events that were not delivered and no message carries, in the order they happened."""
        left = (_E.subscription_id == subscription_id, _E.delivered.is_(None), _E.item_id == "")
        wanted = _EVENT.select.where(*left).order_by(_E.at, _E.id).limit(limit)
        return _EVENT.read_all(self._transaction.execute(wanted))

    def stranded(self, limit: int) -> list[str]:
        """Return active subscriptions that have events which no message carries."""
        left = exists().where(_E.subscription_id == _S.id, _E.delivered.is_(None), _E.item_id == "")
        wanted = select(_S.id).where(_S.state == "active", ~_S.deleted, left).order_by(_S.id).limit(limit)
        return list(self._transaction.execute(wanted).scalars())

    def counts(self) -> dict[str, int]:
        """Return how many subscriptions are in each state."""
        wanted = select(_S.state, func.count().label("number")).where(~_S.deleted).group_by(_S.state)
        return {row.state: row.number for row in self._transaction.execute(wanted)}

    def purge(self, before: datetime, limit: int) -> int:
        """Remove events and finished notifications from before a time; return how many rows."""
        old = select(_E.id).where(_E.at < before).order_by(_E.at).limit(limit)
        events = self._transaction.changed(delete(tables.subscription_event).where(_E.id.in_(old)))
        done = and_(_O.kind == NOTIFICATION, _O.state.in_(_ENDED), _O.created < before)
        sent = select(_O.id).where(done).order_by(_O.created).limit(limit)
        return events + self._transaction.changed(delete(tables.outbox).where(_O.id.in_(sent)))
