"""The versions of a resource, or of all resources of a type that one owner has.

Source: https://hl7.org/fhir/R4/http.html#history
"""

from dataclasses import dataclass, replace

from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, SealedResource, Versions
from registry.errors import NotFound, TooCostly
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.record import sealing

ADVICE = "The history of this type would open every record: add patient=[id], or ask for one resource."


@dataclass(frozen=True)
class Page:
    """Versions, newest first, each with its body (None: deleted); `goes_on` is where the next page starts."""

    versions: tuple[tuple[SealedResource, bytes | None], ...]
    goes_on: int = 0
    total: int | None = None


def of_resource(services: Services, caller: Caller, asked: Versions, count: int) -> Page:
    """Return a page of one resource's versions (`asked.id`), deletions too, and note who looked."""
    rules.check_can(caller, "read")
    rules.check_scope(caller, asked.type, "r")
    with services.unit() as unit:
        row = unit.records.current(asked.type, asked.id)
        if row is None:
            raise NotFound(reach.ABSENT)
        reach.check(services, unit, caller, row.owner_id, asked.type)
        whole = asked == Versions(asked.type, asked.id)
        page = _page(services, unit, replace(asked, owner_id=row.owner_id), count)
        _note(unit, caller, row.owner_id, f"{asked.type}/{asked.id}", page)
        unit.commit()
    return replace(page, total=row.version if whole else None)


def of_type(services: Services, caller: Caller, asked: Versions, count: int) -> Page:
    """Return a page of a type's versions: of the directory, or of one person (`asked.owner_id`)."""
    rules.check_can(caller, "read")
    rules.check_scope(caller, asked.type, "s")
    if not asked.owner_id and asked.type not in sealing.DIRECTORY:
        raise TooCostly(ADVICE)
    owner = sealing.DIRECTORY_OWNER if asked.type in sealing.DIRECTORY else asked.owner_id
    with services.unit() as unit:
        reach.check(services, unit, caller, owner, asked.type)
        page = _page(services, unit, replace(asked, owner_id=owner), count)
        _note(unit, caller, owner, asked.type, page)
        unit.commit()
    return page


def _page(services: Services, unit: Unit, asked: Versions, count: int) -> Page:
    found = unit.records.versions(asked, count + 1)
    shown = [row for _, row in found[:count]]
    bodies = [None if row.deleted else sealing.open_resource(services, row).body for row in shown]
    goes_on = found[count - 1][0] if count and len(found) > count else 0
    return Page(tuple(zip(shown, bodies, strict=True)), goes_on)


def _note(unit: Unit, caller: Caller, owner: str, reference: str, page: Page) -> None:
    details = (("versions", len(page.versions)),)
    unit.audit.add(AuditEntry(caller, "history", owner_id=owner, object_ref=reference, details=details))
