"""A transfer is closed by the first dispense at the destination, and the origin is told."""

from fhir import transfer as transfer_fhir
from fhir import wire
from registry.domain.model import AuditEntry, Caller, Stored, Transfer, TransferState
from registry.ports import Services, Unit
from registry.usecases.care import sealing, write
from registry.usecases.exchange import queue

OPEN: frozenset[TransferState] = frozenset({"proposed", "sent", "received", "accepted", "overdue"})


def by_first_dispense(services: Services, unit: Unit, caller: Caller, dispense: Stored) -> None:
    """Close the person's open incoming transfers and queue the news for their origin."""
    resource = wire.parse(dispense.body)
    if resource.get("status") != "completed":
        return
    for transfer in unit.transfers.of(dispense.owner_id):
        if transfer.direction == "in" and transfer.state == "accepted":
            evidence = f"{dispense.type}/{dispense.id}"
            move(services, unit, caller, transfer, "closed", evidence)
            tell(services, unit, caller, transfer)


def move(
    services: Services, unit: Unit, caller: Caller, transfer: Transfer, state: TransferState, reason: str = ""
) -> None:
    """Set a transfer's state in its row and in its Task, and audit it."""
    if transfer.state == state:
        return
    unit.transfers.move(transfer.id, state, reason)
    row = unit.records.current("Task", transfer.task_id)
    if row is not None and not row.deleted:
        task = wire.parse(sealing.open_resource(services, row).body)
        write.update(
            services, unit, caller, transfer_fhir.task_with_state(task, state, unit.now()), transfer.task_id
        )
    unit.audit.add(
        AuditEntry(
            caller,
            "transfer",
            owner_id=transfer.owner_id,
            object_ref=f"Task/{transfer.task_id}",
            details=(("partner", transfer.partner), ("state", state)),
        )
    )


def tell(services: Services, unit: Unit, caller: Caller, transfer: Transfer) -> None:
    """Queue a task-status message for the other side of a transfer."""
    draft = queue.Draft(transfer.owner_id, transfer.partner, "task-status", transfer.request_msg_id)
    queue.add(services, unit, caller, draft)
