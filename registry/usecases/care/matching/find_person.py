"""Whose record is asked for when only a document of the person is known."""

from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller
from registry.errors import NotFound
from registry.ports import Services
from registry.usecases.access import reach
from registry.usecases.care.matching import identified


def by_identifier(services: Services, caller: Caller, identifier: str) -> str:
    """Return the id of the one person who carries a document; raise NotFound for none and for several."""
    rules.check_can(caller, "find")
    rules.check_scope(caller, "Patient", "r")
    with services.unit() as unit:
        found = identified.one(services, unit, caller, identifier)
        unit.audit.add(
            AuditEntry(caller, "search", object_ref="Patient", details=(("found", int(bool(found))),))
        )
        unit.commit()
    if not found:
        raise NotFound(reach.ABSENT)
    return found
