"""The audit trail as AuditEvents: one event, or what was done with one person's record, newest first.

Nobody writes them over the interface. A search names one patient: the trail knows people by pseudonym only.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

from fhir import audit, search, wire
from fhir.outcome import Issue
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, Stored
from registry.errors import BadInput, NotAllowed, NotFound, TooCostly
from registry.ports import Services, Unit
from registry.usecases.access import reach

TYPE = "AuditEvent"
AT_ONCE = 200
After = tuple[str, str]
_ONE_PATIENT = "Audit events are found by patient: name one, as patient=[id]."


def read(services: Services, caller: Caller, event_id: str) -> Stored:
    """Return one event; raise NotFound when there is none of this id."""
    _check(services, caller, "r")
    with services.unit() as unit:
        row = unit.audit.event(event_id)
        if row is None:
            raise NotFound(reach.ABSENT)
        unit.audit.add(AuditEntry(caller, "look-back", object_ref=f"{TYPE}/{event_id}"))
        unit.commit()
    return _stored(services, row, "")


def page(
    services: Services, caller: Caller, query: search.Query, after: After | None = None
) -> tuple[list[Stored], After | None]:
    """Return one page of events about one person and where it goes on; raise TooCostly without a patient."""
    _check(services, caller, "s")
    person = _person(query)
    with services.unit() as unit:
        found: list[Stored] = []
        for stored in _events(services, unit, person, after):
            if search.fits(wire.parse(stored.body), query):
                found.append(stored)
            if len(found) > query.count:
                break
        unit.audit.add(AuditEntry(caller, "look-back", owner_id=person, object_ref=TYPE))
        unit.commit()
    shown = found[: query.count]
    last = shown[-1] if shown else None
    goes_on = (last.updated.isoformat(), last.id) if last is not None and len(found) > len(shown) else None
    return shown, goes_on


def _check(services: Services, caller: Caller, letter: str) -> None:
    """Let people with the right to look back in, and home systems whose token covers AuditEvent."""
    if caller.role != "partner":
        rules.check_can(caller, "look-back")
        return
    rules.check_scope(caller, TYPE, letter)
    if reach.is_confined(services, caller):
        raise NotAllowed("The audit trail is not shown to partners of other programmes.")


def _person(query: search.Query) -> str:
    stops = [issue for issue in query.issues if issue.severity == "error"]
    if stops or query.chains or query.has or query.includes or query.sort:
        raise BadInput("Audit events are searched by their own parameters, newest first.", stops)
    asked = {
        value.id
        for clause in query.clauses
        if clause.parameter.name == "patient"
        for value in clause.values
        if isinstance(value, search.Link) and value.type in ("", "Patient")
    }
    if len(asked) != 1:
        issue = Issue("error", "too-costly", f"{TYPE}?patient", "too-costly", _ONE_PATIENT)
        raise TooCostly(_ONE_PATIENT, (issue,))
    return asked.pop()


def _events(services: Services, unit: Unit, person: str, after: After | None) -> Iterator[Stored]:
    place = (datetime.fromisoformat(after[0]), after[1]) if after else None
    while True:
        rows = unit.audit.about(person, AT_ONCE, place)
        yield from (_stored(services, row, person) for row in rows)
        if len(rows) < AT_ONCE:
            return
        place = (datetime.fromisoformat(rows[-1]["at"]), rows[-1]["event_id"])


def _stored(services: Services, row: dict[str, str], person: str) -> Stored:
    event = audit.Event(
        id=row["event_id"],
        at=row["at"],
        action=row["action"],
        outcome=cast(audit.Outcome, row["outcome"]),
        actor=row["actor"],
        organization=row["organization"],
        purpose=row["purpose"],
        acts_for=row["acts_for"],
        reference=row["object_ref"],
        version=int(row["version"]),
        patient=person,
    )
    body = wire.canonical(audit.audit_event(event, services.node.name))
    return Stored(TYPE, event.id, 1, person, datetime.fromisoformat(event.at), body)
