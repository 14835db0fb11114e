"""Erase a person: bodies, projections and names go, then the person's key; the audit trail stays.

A crash in between leaves a tombstone that is not done; `finish` and every restore take it up again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from registry.domain.access import rules
from registry.domain.keys.erased import Tombstone
from registry.domain.model import AuditEntry, Caller
from registry.errors import Gone, NotFound
from registry.ports import Services, Unit
from registry.usecases.care.record import sealing
from registry.usecases.keys import approvals

ACT = "erase"
PAGE = 500


@dataclass(frozen=True)
class Erased:
    """What was done: resources emptied, other rows removed or emptied."""

    pseudonym: str
    resources: int
    rows: int


def erase(services: Services, caller: Caller, person_id: str, approval_id: str) -> Erased:
    """Erase a person for ever, with the approval of two people for exactly this person."""
    rules.check_can(caller, "erase")
    with services.unit() as unit:
        unit.lock([person_id.encode()])
        patient = unit.records.current("Patient", person_id)
        if patient is None or patient.owner_id != person_id:
            raise NotFound("There is no such person.")
        approvals.spend(unit, caller, approval_id, ACT, person_id)
        if unit.people.get(person_id) is None:
            raise Gone("This person has been erased already.")
        done = remove(unit, caller, person_id)
        unit.commit()
    destroy(services, caller, person_id)
    return done


def remove(unit: Unit, caller: Caller, person_id: str) -> Erased:
    """Empty every resource (reads answer 410), remove the rest, keep a tombstone; all in one unit."""
    tombstone = unit.erasures.begin(person_id, unit.now())
    current = unit.records.of_owner(person_id)
    for row in current:
        gone = replace(row, version=row.version + 1, updated=unit.now(), deleted=True, body=b"")
        entry = AuditEntry(caller, ACT, body_digest=sealing.digest(b""))
        unit.records.add(gone, entry)
    rows = unit.erasures.remove(person_id)
    done = Erased(tombstone.pseudonym, len(current), rows)
    details = (("resources", done.resources), ("rows", done.rows))
    unit.audit.add(AuditEntry(caller, "erase-person", owner_id=person_id, details=details))
    return done


def destroy(services: Services, caller: Caller, person_id: str) -> None:
    """Keep the tombstone apart from the database, then destroy the key; safe to repeat."""
    with services.unit() as unit:
        pseudonym = unit.erasures.pseudonym(person_id)
        found = next(each for each in unit.erasures.tombstones() if each.pseudonym == pseudonym)
    services.tombstones.add(found)
    services.vault.erase(person_id)
    with services.unit() as unit:
        unit.erasures.end(pseudonym)
        unit.audit.add(AuditEntry(caller, "destroy-key", owner_id=person_id, details=(("key", "person"),)))
        unit.commit()
        unit.erasures.overwrite()


def finish(services: Services, caller: Caller) -> int:
    """Destroy the keys that an interrupted erasure has left; return how many."""
    with services.unit() as unit:
        begun = [each for each in unit.erasures.tombstones() if not each.done]
    left = _found(services, begun)
    for owner in left:
        destroy(services, caller, owner)
    return len(left)


def replay(services: Services, caller: Caller, tombstones: Iterable[Tombstone]) -> int:
    """Erase again whoever a restored backup has brought back; return how many people."""
    rules.check_can(caller, "erase")
    kept = [*tombstones, *services.tombstones.all()]
    with services.unit() as unit:
        kept += unit.erasures.tombstones()
    back = _found(services, kept)
    for owner in back:
        with services.unit() as unit:
            remove(unit, caller, owner)
            unit.commit()
        destroy(services, caller, owner)
    return len(back)


def _found(services: Services, tombstones: Iterable[Tombstone]) -> list[str]:
    """Return people and owners of keys that a tombstone names."""
    wanted = {each.pseudonym for each in tombstones}
    if not wanted:
        return []
    with services.unit() as unit:
        everybody = set(_everybody(services, unit))
        return sorted(owner for owner in everybody if unit.erasures.pseudonym(owner) in wanted)


def _everybody(services: Services, unit: Unit) -> Iterator[str]:
    after = ""
    while page := unit.people.ids(after, PAGE):
        yield from page
        after = page[-1]
    after = ""
    while page := services.keyring.owners(after, PAGE):
        yield from page
        after = page[-1]
