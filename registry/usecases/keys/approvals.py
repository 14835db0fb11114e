"""Dangerous acts: one person asks, a second one confirms, and then it may be done once."""

import json
from dataclasses import dataclass

from registry.domain.access import rules
from registry.domain.keys.approval import (
    ACTS,
    LIFE,
    Approval,
    check_can_confirm,
    check_can_use,
    digest_of,
)
from registry.domain.model import NODE_OWNER, AuditEntry, Caller
from registry.errors import BadInput, Conflict, NotFound
from registry.ports import Services, Unit

SHORTEST_REASON = 10
LONGEST = 500


@dataclass(frozen=True)
class Asked:
    """A request as people see it."""

    approval: Approval
    subject: str
    reason: str


def ask(services: Services, caller: Caller, act: str, subject: str, reason: str) -> str:
    """Ask for an act on a subject (a person's id, a key's name); return the id of the request."""
    rules.check_can(caller, "approve")
    known = next((each for each in ACTS if each == act), None)
    if known is None:
        raise BadInput(f"Ask for one of: {', '.join(ACTS)}.")
    if not subject or len(subject) > LONGEST:
        raise BadInput("Say what it is to be done to.")
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST:
        raise BadInput(f"Give a reason of at least {SHORTEST_REASON} characters.")
    request = json.dumps({"subject": subject, "reason": reason.strip()}).encode()
    with services.unit() as unit:
        new, now = services.ids.new(), unit.now()
        sealed = services.vault.seal(NODE_OWNER, place(new), request)
        unit.approvals.add(Approval(new, known, digest_of(act, subject), sealed, caller.id, now, now + LIFE))
        unit.audit.add(AuditEntry(caller, "ask-approval", object_ref=f"approval/{new}", details=_of(act)))
        unit.commit()
    return new


def confirm(services: Services, caller: Caller, approval_id: str) -> Asked:
    """Agree as the second person; raise NotAllowed for the one who asked."""
    rules.check_can(caller, "approve")
    with services.unit() as unit:
        found = get(unit, approval_id)
        check_can_confirm(found, caller.id, unit.now())
        if not unit.approvals.confirm(approval_id, caller.id):
            raise Conflict("This request has been confirmed already.")
        entry = AuditEntry(caller, "confirm", object_ref=f"approval/{approval_id}", details=_of(found.act))
        unit.audit.add(entry)
        unit.commit()
    return _opened(services, found)


def waiting(services: Services, caller: Caller) -> list[Asked]:
    """Return what waits to be confirmed or done."""
    rules.check_can(caller, "approve")
    with services.unit() as unit:
        found = unit.approvals.waiting()
        unit.audit.add(AuditEntry(caller, "list-approvals"))
        unit.commit()
    return [_opened(services, each) for each in found]


def spend(unit: Unit, caller: Caller, approval_id: str, act: str, subject: str) -> None:
    """Use an approval up in the transaction of the act; raise unless it is for exactly this."""
    found = get(unit, approval_id)
    check_can_use(found, act, subject, unit.now())
    if not unit.approvals.use(approval_id):
        raise Conflict("This approval has been used.")
    details = (("act", act), ("asked", found.asked_by), ("confirmed", found.confirmed_by))
    unit.audit.add(AuditEntry(caller, "use-approval", object_ref=f"approval/{approval_id}", details=details))


def get(unit: Unit, approval_id: str) -> Approval:
    """Return a request; raise NotFound when there is none."""
    found = unit.approvals.get(approval_id)
    if found is None:
        raise NotFound("There is no such request.")
    return found


def place(approval_id: str) -> tuple[str, str, str, int]:
    """Return the envelope's place of what was asked for."""
    return ("approval", approval_id, "request", 1)


def _opened(services: Services, approval: Approval) -> Asked:
    if not approval.request:
        return Asked(approval, "", "")
    read = json.loads(services.vault.open(NODE_OWNER, place(approval.id), approval.request))
    return Asked(approval, read["subject"], read["reason"])


def _of(act: str) -> tuple[tuple[str, str], ...]:
    return (("act", act),)
