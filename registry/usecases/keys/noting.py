"""Note in the audit trail what operators do to the node as a whole."""

from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller
from registry.ports import Services


def note(services: Services, caller: Caller, action: str, details: tuple[tuple[str, str | int], ...]) -> None:
    """Write one event; `details` are codes and counts."""
    rules.check_can(caller, "keys")
    with services.unit() as unit:
        unit.audit.add(AuditEntry(caller, action, details=details))
        unit.commit()
