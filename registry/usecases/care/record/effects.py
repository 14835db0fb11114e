"""What follows from a write in the same transaction: a transfer that closes, the care state that moves."""

from collections.abc import Iterable, Sequence

from registry.domain.model import Caller
from registry.ports import Services, Unit
from registry.usecases.care.record import care_state, sealing, write
from registry.usecases.exchange import close_transfer


def follow(
    services: Services,
    unit: Unit,
    caller: Caller,
    written: Sequence[write.Written],
    removed: Iterable[tuple[str, str]] = (),
) -> None:
    """Do what follows from what was written, and from what was removed (type, owner)."""
    new = [each for each in written if each.is_new_version]
    _hold(unit, new, removed := tuple(removed))
    for each in new:
        if each.stored.type == "MedicationDispense":
            close_transfer.by_first_dispense(services, unit, caller, each.stored)
    begun = {each.stored.id for each in new if each.stored.type == "Patient" and each.stored.version == 1}
    touched = [(each.stored.type, each.stored.owner_id) for each in new]
    touched += removed
    owners = {owner for kind, owner in touched if kind in write.MOVES_CARE_STATE}
    for owner in sorted(owners - sealing.SERVICE_OWNERS):
        if owner in begun:
            own = [(each.stored, each.resource) for each in new if each.stored.owner_id == owner]
            care_state.begin(services, unit, own)
        else:
            care_state.refresh(services, unit, owner)


def _hold(unit: Unit, new: Sequence[write.Written], removed: Iterable[tuple[str, str]]) -> None:
    """Let nobody else work out these people's states now: all at once, so that no two units wait in a ring.

    People who begin in this unit are known to nobody else yet.
    """
    begun = {each.stored.id for each in new if each.stored.type == "Patient" and each.stored.version == 1}
    owners = {each.stored.owner_id for each in new} | {owner for _, owner in removed}
    if known := owners - begun - sealing.SERVICE_OWNERS:
        unit.lock(sorted(owner.encode() for owner in known))
