"""Hand out a document as it is (IHE MHD ITI-68): a Binary, or a FHIR document as received."""

from fhir import wire
from fhir.documents import attachment
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, ReceivedDocument
from registry.errors import NotFound
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.chart.gather import document_place
from registry.usecases.care.record import sealing


def binary(services: Services, caller: Caller, resource_id: str) -> tuple[str, bytes]:
    """Return content type and bytes of a Binary; raise NotFound or Gone, and note who looked."""
    rules.check_can(caller, "read")
    rules.check_scope(caller, "Binary", "r")
    with services.unit() as unit:
        row = unit.records.current("Binary", resource_id)
        if row is not None:
            reach.check(services, unit, caller, row.owner_id, "Binary")
        stored = sealing.open_resource(services, row)
        found = wire.parse(stored.body)
        data = attachment.content(found) or b""
        _note(unit, caller, stored.owner_id, f"Binary/{resource_id}")
        unit.commit()
    return str(found.get("contentType", "")), data


def document(services: Services, caller: Caller, document_id: str) -> bytes:
    """Return the exact bytes of a FHIR document as received.

    A system of this node's own clinics reads all of them, any other partner those it sent itself: what others
    sent was agreed to for another corridor.
    """
    rules.check_can(caller, "read")
    rules.check_scope(caller, "Bundle", "r")
    with services.unit() as unit:
        row = unit.documents.get(document_id)
        if row is None or not may_read(services, unit, caller, row):
            raise NotFound(reach.ABSENT)
        body = services.vault.open(row.owner_id, document_place(row.id, "body"), row.body)
        _note(unit, caller, row.owner_id, f"Bundle/{document_id}")
        unit.commit()
    return body


def may_read(services: Services, unit: Unit, caller: Caller, row: ReceivedDocument) -> bool:
    """Tell whether a caller may have a received document as it is."""
    if not reach.is_confined(services, caller):
        return True
    own = row.partner == caller.organization
    return own and bool(reach.visible(services, unit, caller, (row.owner_id,), "DocumentReference"))


def _note(unit: Unit, caller: Caller, owner_id: str, reference: str) -> None:
    unit.audit.add(AuditEntry(caller, "retrieve", "ok", owner_id, reference))
