"""A transfer is closed by the first dispense at the destination, and the origin is told."""

from typing import Literal

from fhir import transfer as transfer_fhir
from fhir import wire
from registry.domain.model import AuditEntry, Caller, OutboxItem, Stored, Transfer, TransferState
from registry.ports import Services, Unit
from registry.usecases.care.record import care_state, sealing, write
from registry.usecases.exchange.sending import queue
from registry.usecases.subscriptions import events

OPEN: frozenset[TransferState] = frozenset({"proposed", "sent", "received", "accepted", "overdue"})
CLOSABLE: frozenset[TransferState] = frozenset({"accepted", "overdue"})
GivenUp = Literal["refused", "cancelled"]
UNANSWERED: frozenset[TransferState] = frozenset({"proposed", "sent", "received"})


def by_first_dispense(services: Services, unit: Unit, caller: Caller, dispense: Stored) -> None:
    """Close the person's open incoming transfers and queue the news for their origin."""
    unit.lock([dispense.owner_id.encode()])
    for transfer in unit.transfers.of(dispense.owner_id):
        if (
            transfer.direction == "in"
            and transfer.state in CLOSABLE
            and _is_first(services, transfer, dispense)
        ):
            _close(services, unit, caller, transfer, dispense)


def by_earlier_dispense(services: Services, unit: Unit, caller: Caller, transfer: Transfer) -> None:
    """Close a transfer whose tablets were handed over while the partner's answer was still on its way."""
    for row in unit.records.of_owner(transfer.owner_id, ("MedicationDispense",)):
        dispense = sealing.open_resource(services, row)
        if _is_first(services, transfer, dispense):
            _close(services, unit, caller, transfer, dispense)
            return


def _close(services: Services, unit: Unit, caller: Caller, transfer: Transfer, dispense: Stored) -> None:
    """Close a transfer and tell its origin; what somebody else moved meanwhile is not told twice."""
    if move(services, unit, caller, transfer, "closed", f"{dispense.type}/{dispense.id}"):
        tell(services, unit, caller, transfer)


def _is_first(services: Services, transfer: Transfer, dispense: Stored) -> bool:
    """Tell whether tablets were handed over since the transfer was asked for, not entered late."""
    resource = wire.parse(dispense.body)
    asked = transfer.created.astimezone(services.node.time_zone).date().isoformat()
    handed_over = str(resource.get("whenHandedOver") or asked)[: len(asked)]
    return resource.get("status") == "completed" and handed_over >= asked


def move(
    services: Services, unit: Unit, caller: Caller, transfer: Transfer, state: TransferState, reason: str = ""
) -> bool:
    """Set a transfer's state in its row and in its Task, and audit it; care state is not refreshed here.

    A transfer that somebody else moved meanwhile stays as it is (False): what was decided on is not there
    any more.
    """
    if not unit.transfers.move(transfer.id, state, reason, expected=transfer.state):
        return False
    row = unit.records.current("Task", transfer.task_id)
    if row is not None and not row.deleted:
        task = wire.parse(sealing.open_resource(services, row).body)
        why = transfer_fhir.REASONS.get(reason, "")
        moved = transfer_fhir.task_with_state(task, state, unit.now(), why)
        write.update(services, unit, caller, moved, transfer.task_id)
    unit.audit.add(
        AuditEntry(
            caller,
            "transfer",
            owner_id=transfer.owner_id,
            object_ref=f"Task/{transfer.task_id}",
            details=(("partner", transfer.partner), ("state", state)),
        )
    )
    events.transfer_moved(services, unit, transfer.owner_id, transfer.task_id, state)
    return True


def tell(services: Services, unit: Unit, caller: Caller, transfer: Transfer) -> None:
    """Queue a task-status message for the other side of a transfer."""
    draft = queue.Draft(
        transfer.owner_id, transfer.partner, "task-status", transfer.request_msg_id, alias=transfer.alias
    )
    queue.add(services, unit, caller, draft)


def give_up(
    services: Services,
    unit: Unit,
    caller: Caller,
    request: OutboxItem,
    state: GivenUp,
) -> None:
    """End the transfer whose request will not be answered, so that it can be asked for again."""
    for transfer in unit.transfers.of(request.owner_id):
        if transfer.request_msg_id == request.msg_id and transfer.state in UNANSWERED:
            move(services, unit, caller, transfer, state)
            care_state.refresh(services, unit, transfer.owner_id)
