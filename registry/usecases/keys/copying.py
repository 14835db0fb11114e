"""Hand out a copy of the whole key folder, sealed with a passphrase; two people must have agreed."""

from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller
from registry.ports import Services
from registry.usecases.keys import approvals

ACT = "export-keys"


def copy(services: Services, caller: Caller, passphrase: str, approval_id: str) -> bytes:
    """Return the copy; whoever holds it and the passphrase can read everything of this node."""
    rules.check_can(caller, "keys")
    packed = services.keyring.copy(passphrase)
    with services.unit() as unit:
        approvals.spend(unit, caller, approval_id, ACT, services.node.code)
        unit.audit.add(AuditEntry(caller, ACT, details=(("bytes", len(packed)),)))
        unit.commit()
    return packed
