"""A transfer whose tablets have run out without news from the destination is overdue: somebody must look.

The origin stays responsible until the first dispense at the destination (transfers, loop rules).
"""

from registry.domain.model import Caller
from registry.ports import Services
from registry.usecases.care import care_state
from registry.usecases.exchange import close_transfer


def mark(services: Services, limit: int) -> int:
    """Mark up to `limit` open transfers whose covered-until day has passed; return how many."""
    caller = Caller("worker", "worker", services.node.code)
    with services.unit() as unit:
        rows = unit.transfers.overdue(services.today(), limit)
        for transfer in rows:
            close_transfer.move(services, unit, caller, transfer, "overdue")
            care_state.refresh(services, unit, transfer.owner_id)
        unit.commit()
    return len(rows)
