"""Take in documents with what is said about them, all or nothing (IHE MHD ITI-65, Provide Document Bundle).

What is FHIR also goes through the tolerant reader, so that it stands on the chart.
"""

from collections.abc import Callable
from dataclasses import dataclass

from fhir import wire
from fhir.addresses import readdressed
from fhir.documents import provide as provided_fhir
from fhir.documents.parts import CONTENTS, NotProvided, Part, Provided
from fhir.outcome import Issue
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, Stored
from registry.errors import Conflict, NotFound, Unprocessable
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.documents import about, chart
from registry.usecases.care.record import sealing, write
from registry.usecases.care.record.write import Written


@dataclass(frozen=True)
class Answered:
    """What one entry became: a reference, its version and time; `made` when it is new; what was written."""

    reference: str
    version: int
    updated: str
    made: bool
    stored: Stored | None = None


def provide(services: Services, caller: Caller, bundle: wire.JsonObject) -> list[Answered]:
    """Store a submission and return what became of each entry, in order.

    Raise Unprocessable with every issue found, Conflict for a document that is stored already.
    """
    _check_may(services, caller)
    return _provide(services, caller, _read(provided_fhir.read, bundle))


def publish(services: Services, caller: Caller, resource: wire.JsonObject) -> Written:
    """Store a DocumentReference and the document inside it apart (ITI-105); return the DocumentReference."""
    _check_may(services, caller)
    answers = _provide(services, caller, _read(provided_fhir.of_single, resource))
    first, *_ = (each.stored for each in answers if each.stored is not None)
    return Written(first, resource, "created")


def _check_may(services: Services, caller: Caller) -> None:
    rules.check_can(caller, "write")
    reach.check_write(services, caller)


def _read(read: Callable[[wire.JsonObject], Provided], given: wire.JsonObject) -> Provided:
    try:
        return read(given)
    except NotProvided as error:
        raise Unprocessable(str(error), error.issues) from None


def _provide(services: Services, caller: Caller, given: Provided) -> list[Answered]:
    for kind in sorted({part.type for part in given.parts}):
        rules.check_scope(caller, kind, "c")
    if given.superseded or any(provided_fhir.replaced(part.resource) for part in given.parts):
        rules.check_scope(caller, "DocumentReference", "u")
    with services.unit() as unit:
        owner = about.person(services, unit, caller, given)
        # Two submissions of one document must see each other.
        unit.lock([owner.encode()])
        answers = _store(services, unit, caller, given, owner)
        details = (("documents", len(given.of("DocumentReference"))),)
        unit.audit.add(AuditEntry(caller, "provide", "ok", owner, f"Patient/{owner}", details=details))
        unit.commit()
    return answers


def _store(services: Services, unit: Unit, caller: Caller, given: Provided, owner: str) -> list[Answered]:
    _check_new(services, unit, given, owner)
    ids = {part.number: services.ids.new() for part in given.parts}
    addresses = {part.full_url: f"{part.type}/{ids[part.number]}" for part in given.parts if part.full_url}
    addresses |= {part.full_url: f"Patient/{owner}" for part in given.patients if part.full_url}
    final = {part.number: _final(part, addresses, owner) for part in given.parts}
    kept = [part for part in given.parts if part.type != "Bundle"]
    for part in kept:
        _check(services, final[part.number], part)
    answers = {part.number: _said(f"Patient/{owner}", unit) for part in given.patients}
    created = write.create_all(
        services, unit, caller, [(final[each.number], ids[each.number]) for each in kept]
    )
    answers |= {part.number: _written(stored) for part, stored in zip(kept, created, strict=True)}
    for part in given.parts:
        if part.type in CONTENTS:
            chart.keep(services, unit, caller, part, ids[part.number], owner)
        if part.type == "Bundle":
            answers[part.number] = _said(f"Bundle/{ids[part.number]}", unit, made=True)
    answers |= _supersede(services, unit, caller, given, owner)
    return [answers[number] for number in range(given.size)]


def _final(part: Part, addresses: dict[str, str], owner: str) -> wire.JsonObject:
    """Return the resource with its final references, about our Patient."""
    made: wire.JsonObject = readdressed(part.resource, addresses)
    person = {"reference": f"Patient/{owner}"}
    return made | ({"securityContext": person} if part.type == "Binary" else {"subject": person})


def _check(services: Services, resource: wire.JsonObject, part: Part) -> None:
    try:
        write.check(services, resource)
    except Unprocessable as refusal:
        found = [
            issue.at(f"{part.path}.{issue.path.partition('.')[2]}".rstrip(".")) for issue in refusal.issues
        ]
        raise Unprocessable(refusal.sentence, found) from None


def _check_new(services: Services, unit: Unit, given: Provided, owner: str) -> None:
    """Raise Conflict when a document with the same masterIdentifier is there."""
    known = {
        about.master_identifier(wire.parse(sealing.open_resource(services, row).body))
        for row in unit.records.of_owner(owner, ("DocumentReference",))
    }
    for part in given.of("DocumentReference"):
        name = about.master_identifier(part.resource)
        if name in known:
            path = f"{part.path}.masterIdentifier"
            text = "A document with this masterIdentifier is stored already."
            raise Conflict(text, (Issue("error", "duplicate", path, "provide-master-identifier", text),))
        known.add(name)


def _supersede(
    services: Services, unit: Unit, caller: Caller, given: Provided, owner: str
) -> dict[int, Answered]:
    """Set aside what is replaced, whether an entry says so or only the new DocumentReference."""
    answers: dict[int, Answered] = {}
    wanted = {name: number for number, name in given.superseded}
    for part in given.of("DocumentReference"):
        for name in provided_fhir.replaced(part.resource):
            wanted.setdefault(name, -1)
    for name, number in wanted.items():
        row = unit.records.current("DocumentReference", name)
        if row is None or row.deleted or row.owner_id != owner:
            raise NotFound("A DocumentReference that is to be replaced is not there.")
        old = wire.parse(sealing.open_resource(services, row).body)
        stored = write.update(services, unit, caller, old | {"status": "superseded"}, name)
        answers[number] = _written(stored)
    answers.pop(-1, None)
    return answers


def _written(stored: Stored) -> Answered:
    reference = f"{stored.type}/{stored.id}"
    return Answered(reference, stored.version, stored.updated.isoformat(), stored.version == 1, stored)


def _said(reference: str, unit: Unit, made: bool = False) -> Answered:
    return Answered(reference, 1, unit.now().isoformat(), made)
