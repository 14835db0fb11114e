"""Invariants of clinical and administrative resources of FHIR R4.

Source: the "Constraints" part of each resource page, https://hl7.org/fhir/R4/resourcelist.html
"""

from fhir.profiles.rule import Rule, codes, has, has_choice, objects, text
from fhir.wire import JsonObject

_ENDED = {"inactive", "resolved", "remission"}
_IN_ERROR = "entered-in-error"
_WITHOUT_TIME = {"proposed", "cancelled", "waitlist"}


def _in_error(node: JsonObject) -> bool:
    return _IN_ERROR in codes(node, "verificationStatus")


def _problem_has_status(node: JsonObject) -> bool:
    category = {
        code for entry in objects(node, "category") for code in codes({"category": entry}, "category")
    }
    return "problem-list-item" not in category or has(node, "clinicalStatus") or _in_error(node)


def _abated_has_ended(node: JsonObject) -> bool:
    return not has_choice(node, "abatement") or bool(codes(node, "clinicalStatus") & _ENDED)


def _error_has_no_status(node: JsonObject) -> bool:
    return not (_in_error(node) and has(node, "clinicalStatus"))


def _value_or_reason(node: JsonObject) -> bool:
    return not (has(node, "dataAbsentReason") and has_choice(node, "value"))


def _policy_named(node: JsonObject) -> bool:
    return has(node, "policy", "policyRule")


def _patient_of_privacy(node: JsonObject) -> bool:
    return "patient-privacy" not in codes(node, "scope") or has(node, "patient")


def _handed_over_after_preparing(node: JsonObject) -> bool:
    prepared, handed = text(node, "whenPrepared")[:10], text(node, "whenHandedOver")[:10]
    return len(prepared) != len(handed) or prepared <= handed


def _modified_after_authored(node: JsonObject) -> bool:
    authored, modified = text(node, "authoredOn")[:10], text(node, "lastModified")[:10]
    return len(authored) != len(modified) or authored <= modified


def _appointment_has_time(node: JsonObject) -> bool:
    return (has(node, "start") and has(node, "end")) or text(node, "status") in _WITHOUT_TIME


def _section_has_content(node: JsonObject) -> bool:
    return has(node, "text", "entry", "section")


def _empty_reason_alone(node: JsonObject) -> bool:
    return not (has(node, "emptyReason") and has(node, "entry"))


def _start_and_end(node: JsonObject) -> bool:
    return has(node, "start") == has(node, "end")


CLINICAL_RULES: dict[str, tuple[Rule, ...]] = {
    "PatientContact": (
        Rule(
            "pat-1",
            lambda node: has(node, "name", "telecom", "address", "organization"),
            "A contact needs a name, telecom, address or organization.",
        ),
    ),
    "Condition": (
        Rule("con-3", _problem_has_status, "A problem list item should have a clinicalStatus.", "warning"),
        Rule(
            "con-4", _abated_has_ended, "A condition with an abatement is inactive, resolved or in remission."
        ),
        Rule("con-5", _error_has_no_status, "A condition entered in error has no clinicalStatus."),
    ),
    "AllergyIntolerance": (
        Rule(
            "ait-1",
            lambda node: has(node, "clinicalStatus") or _in_error(node),
            "An allergy needs a clinicalStatus unless it was entered in error.",
        ),
        Rule("ait-2", _error_has_no_status, "An allergy entered in error has no clinicalStatus."),
    ),
    "Observation": (
        Rule("obs-6", _value_or_reason, "dataAbsentReason is given only when there is no value."),
    ),
    "ObservationReferenceRange": (
        Rule(
            "obs-3",
            lambda node: has(node, "low", "high", "text"),
            "A reference range needs low, high or text.",
        ),
    ),
    "Consent": (
        Rule("ppc-1", _policy_named, "A consent needs a policy or a policyRule."),
        Rule("ppc-2", _patient_of_privacy, "A privacy consent names its patient."),
    ),
    "MedicationDispense": (
        Rule("mdd-1", _handed_over_after_preparing, "whenHandedOver cannot be before whenPrepared."),
    ),
    "Task": (Rule("inv-1", _modified_after_authored, "lastModified cannot be before authoredOn."),),
    "Appointment": (
        Rule("app-2", _start_and_end, "Either start and end are given, or neither."),
        Rule(
            "app-3",
            _appointment_has_time,
            "Only proposed, cancelled or wait-listed appointments lack a time.",
        ),
    ),
    "AppointmentParticipant": (
        Rule("app-1", lambda node: has(node, "type", "actor"), "A participant needs a type or an actor."),
    ),
    "ServiceRequest": (
        Rule(
            "prr-1", lambda node: "orderDetail" not in node or has(node, "code"), "orderDetail needs a code."
        ),
    ),
    "Organization": (
        Rule(
            "org-1",
            lambda node: has(node, "identifier", "name"),
            "An organization needs an identifier or a name.",
        ),
    ),
    "CompositionSection": (
        Rule("cmp-1", _section_has_content, "A section needs text, entries or sections."),
        Rule("cmp-2", _empty_reason_alone, "A section with entries has no emptyReason."),
    ),
    "List": (Rule("lst-1", _empty_reason_alone, "A list with entries has no emptyReason."),),
    "CarePlanActivity": (
        Rule(
            "cpl-3",
            lambda node: not ("detail" in node and "reference" in node),
            "Give a detail or a reference.",
        ),
    ),
    "ImmunizationEducation": (
        Rule(
            "imm-1",
            lambda node: has(node, "documentType", "reference"),
            "Give a documentType or a reference.",
        ),
    ),
}
