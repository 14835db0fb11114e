"""A transfer whose tablets have run out without news from the destination is overdue: somebody must look.

The origin stays responsible until the first dispense at the destination (transfers, loop rules).
"""

from dataclasses import replace

from registry.domain.model import Caller
from registry.ports import Services
from registry.usecases.care.record import care_state
from registry.usecases.exchange import close_transfer


def mark(services: Services, limit: int) -> int:
    """Mark up to `limit` open transfers whose covered-until day has passed; return how many."""
    caller = Caller("worker", "worker", services.node.code)
    with services.unit() as unit:
        rows = unit.transfers.overdue(services.today(), limit)
        marked = 0
        for transfer in rows:
            # News may arrive after the list was read: this holds the row unless it has moved meanwhile.
            if unit.transfers.move(transfer.id, "overdue", expected=transfer.state):
                close_transfer.move(services, unit, caller, replace(transfer, state="overdue"), "overdue")
                care_state.refresh(services, unit, transfer.owner_id)
                marked += 1
        unit.commit()
    return marked
