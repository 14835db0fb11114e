"""Carry out a transaction Bundle in one unit: deletions, what is new, changes, then readings.

Source: https://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from fhir import wire
from fhir.outcome import Issue
from registry.domain.access import rules
from registry.domain.model import Caller, Stored
from registry.errors import Refusal, TooCostly, Unprocessable
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.record import effects, patching, record_care, write
from registry.usecases.care.record.remove import Removed, remove
from registry.usecases.care.record.transact import entries as reading
from registry.usecases.care.record.transact import identities, responses
from registry.usecases.care.record.transact.entries import Entry
from registry.usecases.care.record.transact.identities import Step
from registry.usecases.care.record.transact.responses import Done, Preference
from registry.usecases.care.record.write import Written
from registry.usecases.care.search import find

Outcome = TypeVar("Outcome")
# Others refer to these, and these refer to others: they are written before and after the rest.
FIRST_OF_ALL = frozenset({"Patient", "Organization", "Practitioner", "Location", "Medication"})
LAST_OF_ALL = frozenset({"Binary", "Provenance"})
MOST_FOUND = 200
# What is read may be larger than a body may be, but not without end.
MOST_TIMES = 4


def transact(
    services: Services, caller: Caller, bundle: wire.JsonObject, prefer: Preference = "minimal"
) -> wire.JsonObject:
    """Carry out a transaction Bundle in one unit; return the transaction-response in the order given."""
    rules.check_can(caller, "write")
    reach.check_write(services, caller)
    entries = reading.read(services, bundle)
    for entry in entries:
        rules.check_scope(caller, entry.type, entry.scope)
        if entry.method in ("POST", "PUT"):
            _check_resource(services, entry)
    with services.unit() as unit:
        steps = identities.steps(services, unit, caller, entries)
        done = _carry_out(services, unit, caller, steps)
        written = [each for each in done.values() if isinstance(each, Written)]
        removed = [
            (each.type, each.owner_id) for each in done.values() if isinstance(each, Removed) and each.now
        ]
        effects.follow(services, unit, caller, written, removed)
        unit.commit()
    return {
        "resourceType": "Bundle",
        "type": "transaction-response",
        "entry": [responses.entry(step.entry, done[step.entry.number], prefer) for step in steps],
    }


def _check_resource(services: Services, entry: Entry) -> None:
    try:
        write.check(services, entry.resource)
    except Unprocessable as refusal:
        prefix = f"Bundle.entry[{entry.number}].resource"
        found = [issue.at(f"{prefix}.{issue.path.partition('.')[2]}".rstrip(".")) for issue in refusal.issues]
        raise Unprocessable(refusal.sentence, found) from None


def _carry_out(services: Services, unit: Unit, caller: Caller, steps: Sequence[Step]) -> dict[int, Done]:
    done: dict[int, Done] = {}
    for step in _deletions(steps):
        done[step.entry.number] = _at(step, partial(_removed, services, unit, caller, step))
    for group in _writes(steps):
        done |= _written(services, unit, caller, group)
    left = MOST_TIMES * services.settings.message_limit
    for step in steps:
        if step.entry.method in ("GET", "HEAD"):
            found = _at(step, partial(_read, services, unit, caller, step))
            done[step.entry.number] = found
            left -= sum(len(each.body) for each in (found if isinstance(found, list) else [found]))
            if left < 0:
                raise TooCostly("What this transaction reads is too large: read less, or with searches.")
    return done


def _deletions(steps: Iterable[Step]) -> list[Step]:
    """Return the deletions, a Patient after what belongs to it."""
    found = [step for step in steps if step.entry.method == "DELETE"]
    return sorted(found, key=lambda step: step.entry.type == "Patient")


def _writes(steps: Iterable[Step]) -> list[list[Step]]:
    """Return what is written, in groups: each may refer to the groups before it."""
    groups: list[list[Step]] = [[], [], []]
    for step in steps:
        if step.entry.method in ("POST", "PUT", "PATCH"):
            place = 0 if step.entry.type in FIRST_OF_ALL else 2 if step.entry.type in LAST_OF_ALL else 1
            groups[place].append(step)
    return [group for group in groups if group]


def _written(services: Services, unit: Unit, caller: Caller, group: Sequence[Step]) -> dict[int, Done]:
    done: dict[int, Done] = {}
    new = [step for step in group if step.entry.method == "POST" and step.found is None]
    together = [step for step in new if step.entry.type != "Patient"]
    for step in new:
        if step.entry.type == "Patient":
            stored = write.create(services, unit, caller, step.resource, step.id)
            done[step.entry.number] = Written(stored, step.resource, "created")
    made = write.create_all(services, unit, caller, [(step.resource, step.id) for step in together])
    for step, stored in zip(together, made, strict=True):
        done[step.entry.number] = Written(stored, step.resource, "created")
    for step in group:
        if step.found is not None:
            record_care.note_read(unit, caller, step.found)
            done[step.entry.number] = Written(step.found, step.resource, "found")
        elif step.entry.method != "POST":
            done[step.entry.number] = _at(step, partial(_changed, services, unit, caller, step))
    return done


def _changed(services: Services, unit: Unit, caller: Caller, step: Step) -> Written:
    if step.entry.method == "PATCH":
        change = patching.of_entry(step.entry.resource, services.settings.message_limit)
        which = (step.entry.type, step.id)
        return patching.in_unit(services, unit, caller, which, change, step.entry.expected)
    return write.revise(services, unit, caller, step.resource, step.id, step.entry.expected)


def _removed(services: Services, unit: Unit, caller: Caller, step: Step) -> Removed:
    if not step.id or unit.records.current(step.entry.type, step.id) is None:
        return Removed(step.entry.type, "", 0, now=False)
    return remove(services, unit, caller, (step.entry.type, step.id), step.entry.expected)


def _read(services: Services, unit: Unit, caller: Caller, step: Step) -> list[Stored] | Stored:
    entry = step.entry
    if entry.id:
        return record_care.read_in(services, unit, caller, (entry.type, entry.id), entry.version)
    return find.in_unit(services, unit, caller, entry.type, entry.query, MOST_FOUND)


def _at(step: Step, act: Callable[[], Outcome]) -> Outcome:
    """Do one step; a refusal names the entry."""
    try:
        return act()
    except Refusal as refusal:
        where = f"Bundle.entry[{step.entry.number}]"
        told = refusal.issues or (Issue("error", refusal.code, where, "transaction-entry", refusal.sentence),)
        refusal.issues = tuple(each if each.path.startswith("Bundle.") else each.at(where) for each in told)
        raise
