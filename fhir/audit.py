"""Events of an audit trail as FHIR AuditEvents, in the patterns of IHE Basic Audit Log Patterns (BALP).

Sources: https://hl7.org/fhir/R4/auditevent.html, https://profiles.ihe.net/ITI/BALP/
"""

from dataclasses import dataclass
from typing import Literal

from fhir.wire import JsonObject

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
EVENT_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
INTERACTION = "http://hl7.org/fhir/restful-interaction"
ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
ENTITY_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
Outcome = Literal["ok", "refused", "failed"]

_OUTCOMES: dict[str, str] = {"ok": "0", "refused": "4", "failed": "8"}
# Our words for acts -> (letter of what was done, code of the FHIR interaction it was, if it was one).
_ACTS: dict[str, tuple[str, str]] = {
    "create": ("C", "create"),
    "read": ("R", "read"),
    "update": ("U", "update"),
    "patch": ("U", "patch"),
    "delete": ("D", "delete"),
    "search": ("E", "search-type"),
    "history": ("R", "history-instance"),
    "summary": ("E", "operation"),
    "everything": ("E", "operation"),
}


@dataclass(frozen=True)
class Event:
    """One event of a trail; `at` is RFC 3339, `reference` a local reference, `patient` an id; empty: none."""

    id: str
    at: str
    action: str
    outcome: Outcome
    actor: str
    organization: str
    purpose: str
    acts_for: str = ""
    reference: str = ""
    version: int = 0
    patient: str = ""


def audit_event(event: Event, site: str) -> JsonObject:
    """Return the AuditEvent of an event of the node named `site`."""
    letter, interaction = _ACTS.get(event.action, ("E", ""))
    made: JsonObject = {
        "resourceType": "AuditEvent",
        "id": event.id,
        "meta": {"versionId": "1", "lastUpdated": event.at},
        "type": {"system": EVENT_TYPE, "code": "rest"} if interaction else _of(DICOM, "110100"),
        "subtype": [_of(INTERACTION, interaction) if interaction else {"code": event.action}],
        "action": letter,
        "recorded": event.at,
        "outcome": _OUTCOMES[event.outcome],
        "agent": list(_agents(event)),
        "source": {"site": site, "observer": {"display": site}},
    }
    if event.purpose:
        made["purposeOfEvent"] = [{"coding": [_of(REASON, event.purpose)]}]
    if entities := _entities(event):
        made["entity"] = entities
    return made


def _of(system: str, code: str) -> JsonObject:
    return {"system": system, "code": code}


def _agents(event: Event) -> list[JsonObject]:
    """Return who did it, and for whom when it was done for somebody."""
    agents: list[JsonObject] = [
        {
            "who": {"identifier": {"value": event.actor}, "display": event.organization or event.actor},
            "requestor": not event.acts_for,
        }
    ]
    if event.acts_for:
        agents.append({"who": {"identifier": {"value": event.acts_for}}, "requestor": True})
    return agents


def _entities(event: Event) -> list[JsonObject]:
    found: list[JsonObject] = []
    if event.patient:
        found.append(
            {
                "what": {"reference": f"Patient/{event.patient}"},
                "type": _of(ENTITY_TYPE, "1"),
                "role": _of(ENTITY_ROLE, "1"),
            }
        )
    if "/" in event.reference and event.reference != f"Patient/{event.patient}":
        version = f"/_history/{event.version}" if event.version else ""
        found.append(
            {
                "what": {"reference": f"{event.reference}{version}"},
                "type": _of(ENTITY_TYPE, "2"),
                "role": _of(ENTITY_ROLE, "4"),
            }
        )
    return found
