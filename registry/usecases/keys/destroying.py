"""Destroy a wrapping key that wraps nothing any more; two people must have agreed."""

from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller
from registry.errors import Conflict, NotFound
from registry.ports import Services
from registry.usecases.keys import approvals

ACT = "destroy-key"


def destroy(services: Services, caller: Caller, kek_id: str, approval_id: str) -> None:
    """Destroy a wrapping key for ever: backups whose keys it wraps open never again."""
    rules.check_can(caller, "keys")
    under = services.keyring.under()
    if kek_id not in under:
        raise NotFound("There is no such wrapping key.")
    if kek_id == services.keyring.current_kek():
        raise Conflict("This is the key that wraps new keys: rotate first.")
    if under[kek_id]:
        raise Conflict("Keys are still wrapped with it: wait for the rotation to end.")
    with services.unit() as unit:
        approvals.spend(unit, caller, approval_id, ACT, kek_id)
        unit.audit.add(AuditEntry(caller, ACT, details=(("key", kek_id),)))
        unit.commit()
    services.keyring.destroy_kek(kek_id)
