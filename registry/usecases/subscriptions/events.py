"""Note what happened for every partner that asked to be told, in the transaction in which it happened."""

from dataclasses import replace

from fhir.subscription import topics
from fhir.transfer.states import coded
from registry.domain.model import Caller, Stored, SubscriptionEvent, TransferState
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.subscriptions import queue

DOCUMENTS = frozenset({"Composition", "DocumentReference"})


def transfer_moved(services: Services, unit: Unit, owner_id: str, task_id: str, state: TransferState) -> None:
    """Note that a transfer of care is in a new state."""
    _happened(services, unit, topics.TRANSFER, owner_id, (f"Task/{task_id}", coded(state)[0]))


def document_counts(services: Services, unit: Unit, owner_id: str) -> None:
    """Note that a document of somebody else became a part of what is known of a person."""
    _happened(services, unit, topics.SUMMARY, owner_id, (f"Patient/{owner_id}", ""))


def written(services: Services, unit: Unit, stored: Stored) -> None:
    """Note a version that is a document, or tells of one."""
    if stored.type in DOCUMENTS:
        document_counts(services, unit, stored.owner_id)


def _happened(
    services: Services, unit: Unit, topic: topics.Topic, owner_id: str, about: tuple[str, str]
) -> None:
    """Add an event for each subscription whose partner reaches the person.

    Nothing is locked and no number given here: writers must not wait for each other. Whether the partner may
    be told is asked again when the event leaves.
    """
    for subscription in unit.subscriptions.listening(topic.url):
        if not reach.visible(services, unit, partner(subscription.client), (owner_id,)):
            continue
        event = SubscriptionEvent(
            id=services.ids.new(),
            subscription_id=subscription.id,
            owner_id=owner_id,
            at=unit.now(),
            focus=about[0],
            status=about[1],
        )
        # What happens before the handshake, or in error, is carried once the hook answers.
        if subscription.state == "active":
            event = replace(event, item_id=queue.add(services, unit, subscription, event.id).id)
        unit.subscriptions.add_event(event)


def partner(client: str) -> Caller:
    """Return the partner as it would ask itself."""
    return Caller(f"partner:{client}", "partner", client)
