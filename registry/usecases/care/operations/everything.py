"""Everything of one person, page by page: one query on the owner, stored bytes as they are.

Source: https://hl7.org/fhir/R4/patient-operation-everything.html
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fhir import wire
from fhir.care_dates import care_dates, is_within
from registry.domain.model import AuditEntry, Caller, SealedResource, Stored
from registry.errors import Gone, NotFound
from registry.ports import Services, Unit
from registry.ports.charts import Cursor, Wanted
from registry.usecases.access import reach
from registry.usecases.care.operations import readable
from registry.usecases.care.record import sealing

MOST = 1000
OPENED_AT_ONCE = 200
# A reference in canonical bytes: inside a text the quotation marks would carry backslashes.
_DIRECTORY = re.compile(
    b'"reference":"(' + "|".join(sorted(sealing.DIRECTORY)).encode() + rb")/([A-Za-z0-9\-.]{1,64})[\"/]"
)
# A role names its practitioner, organization and place, and these name others.
_STEPS = 3


@dataclass(frozen=True)
class Asked:
    """What of it: types (none: all), written after `since`, care from `start` to `end` (FHIR dates), `count`
    to a page, after a place in the order of writing.
    """

    types: tuple[str, ...] = ()
    since: datetime | None = None
    start: str = ""
    end: str = ""
    count: int = MOST
    after: Cursor | None = None


@dataclass(frozen=True)
class Found:
    """One page: the person's resources, directory entries they name, where the next page begins, and
    whether the token left types out.
    """

    resources: tuple[Stored, ...]
    included: tuple[Stored, ...]
    following: Cursor | None
    narrowed: bool


def everything(services: Services, caller: Caller, person_id: str, asked: Asked) -> Found:
    """Return a page of a person's record and note who looked; raise NotFound for nobody within reach."""
    with services.unit() as unit:
        allowed = readable.types(services, unit, caller, person_id)
        if not reach.is_confined(services, caller):
            _check_there(unit, person_id)
        types = allowed & set(asked.types) if asked.types else allowed
        rows, following = _page(services, unit, person_id, asked, types) if types else ([], None)
        included = _directory(services, unit, rows, types)
        details = (("found", len(rows)),)
        reference = f"Patient/{person_id}"
        unit.audit.add(AuditEntry(caller, "everything", "ok", person_id, reference, details=details))
        unit.commit()
    return Found(tuple(rows), tuple(included), following, narrowed=allowed != readable.EVERY)


def _check_there(unit: Unit, person_id: str) -> None:
    row = unit.records.current("Patient", person_id)
    if row is None:
        raise NotFound(reach.ABSENT)
    if row.deleted:
        raise Gone("This resource has been deleted.")


def _page(
    services: Services, unit: Unit, owner: str, asked: Asked, types: frozenset[str]
) -> tuple[list[Stored], Cursor | None]:
    """Return at most `count` resources and the place after them; one more row tells whether more follow."""
    named = () if types == readable.EVERY else tuple(sorted(types))
    # Dates of care are inside the sealed bodies: more rows are opened at once than may fit.
    batch = max(asked.count, OPENED_AT_ONCE) if asked.start or asked.end else asked.count
    wanted = Wanted(named, asked.since, asked.after, batch + 1)
    found: list[Stored] = []
    while True:
        rows = unit.charts.page(owner, wanted)
        for row in rows[:batch]:
            stored = sealing.open_resource(services, row)
            if _is_wanted(stored, asked):
                found.append(stored)
            if len(found) == asked.count:
                return found, _place(row) if row is not rows[-1] else None
        if len(rows) <= batch:
            return found, None
        wanted = replace(wanted, after=_place(rows[batch - 1]))


def _place(row: SealedResource) -> Cursor:
    return row.updated, row.type, row.id


def _is_wanted(stored: Stored, asked: Asked) -> bool:
    if not (asked.start or asked.end) or stored.type == "Patient":
        return True
    return is_within(care_dates(wire.parse(stored.body)), asked.start, asked.end)


def _directory(
    services: Services, unit: Unit, found: Sequence[Stored], types: frozenset[str]
) -> Iterable[Stored]:
    """Return the directory entries that these resources name, and those that they name in turn."""
    included: dict[tuple[str, str], Stored] = {}
    looking: Iterable[Stored] = found
    for _ in range(_STEPS):
        named = {
            (kind.decode(), entry.decode())
            for stored in looking
            for kind, entry in _DIRECTORY.findall(stored.body)
        }
        wanted = sorted(pair for pair in named if pair not in included and pair[0] in types)
        if not wanted:
            break
        looking = [sealing.open_resource(services, row) for row in unit.charts.directory(wanted)]
        included |= {(stored.type, stored.id): stored for stored in looking}
    return included.values()
