"""Why a transfer of care is not accepted: a code for both sides' records, a sentence for people.

A free text could carry facts about a person into clear columns, so only these are sent and kept.
Source: https://hl7.org/fhir/R4/task-definitions.html#Task.statusReason
"""

from datetime import datetime

from fhir.transfer.tasks import task_with_state
from fhir.treatment.fields import codings, one
from fhir.treatment.systems import TRANSFER_STATE
from fhir.wire import JsonObject

REASONS: dict[str, str] = {
    "not-one-of-ours": "The person is not known at this registry.",
    "cannot-tell-who": "This registry cannot tell who is meant. Ask again with another document.",
    "consent-does-not-allow": "The consent that came with the question does not allow an answer.",
    "not-able-to": "This registry cannot take this on. Call it.",
}
OTHER = "other"
# What an answer to the sender needs; everything else of its Task it has.
_KEPT = ("resourceType", "id", "identifier", "intent", "code", "authoredOn", "requester", "owner", "meta")


def refused_task(task: JsonObject, person: str, reason: str, at: datetime) -> JsonObject:
    """Return a partner's own Task as refused: about `person` (an address the partner knows), with the reason
    as code and sentence.
    """
    kept = {name: task[name] for name in _KEPT if name in task}
    moved = task_with_state({**kept, "for": {"reference": person}}, "refused", at)
    coding = [{"system": TRANSFER_STATE, "code": reason}]
    return {**moved, "statusReason": {"coding": coding, "text": REASONS[reason]}}


def reason_of(task: JsonObject) -> str:
    """Return the code of the reason a Task gives: one of REASONS, `other` for any else, empty for none."""
    said = one(task, "statusReason")
    known = (coding.code for coding in codings(said) if coding.system == TRANSFER_STATE)
    return next((code for code in known if code in REASONS), OTHER if said else "")
