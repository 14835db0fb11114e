"""Each invariant we enforce has an example that breaks it and one that keeps it."""

from typing import Any

import pytest

from fhir.profiles.invariants import _ALL, invariants_of
from fhir.profiles.rules_types import visible_text

LIST = [{"reference": "X/1"}]
ERROR = {"coding": [{"code": "entered-in-error"}]}
STATUS = {"coding": [{"code": "active"}]}
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'
NAMED = {"resource": {"resourceType": "Composition"}}

# type, rule, breaks it, keeps it
EXAMPLES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("Extension", "ext-1", {"url": "x"}, {"url": "x", "valueCode": "y"}),
    ("Period", "per-1", {"start": "2026-02", "end": "2026-01-31"}, {"start": "2026-01-31", "end": "2026-01"}),
    (
        "Range",
        "rng-2",
        {"low": {"value": 2}, "high": {"value": 1}},
        {"low": {"value": 1}, "high": {"value": "x"}},
    ),
    ("Quantity", "qty-3", {"code": "mg"}, {"code": "mg", "system": "http://unitsofmeasure.org"}),
    ("Attachment", "att-1", {"data": "AAAA"}, {"data": "AAAA", "contentType": "text/plain"}),
    ("ContactPoint", "cpt-2", {"value": "1"}, {"value": "1", "system": "phone"}),
    ("TimingRepeat", "tim-duration-unit", {"duration": 1}, {"duration": 1, "durationUnit": "d"}),
    ("TimingRepeat", "tim-period-unit", {"period": 1}, {"period": 1, "periodUnit": "d"}),
    ("Narrative", "txt-1", {"div": DIV.format("<script>x</script>")}, {"div": DIV.format("<b>x</b>")}),
    ("Narrative", "txt-1", {"div": "plain"}, {"div": "<div/>"}),
    (
        "Narrative",
        "txt-1",
        {"div": DIV.format('<a onclick="x">y</a>')},
        {"div": DIV.format('<a href="#x">y</a>')},
    ),
    ("Narrative", "txt-2", {"div": DIV.format(" &#160;<br/>")}, {"div": DIV.format('<img src="#x"/>')}),
    ("PatientContact", "pat-1", {"gender": "male"}, {"name": {"text": "x"}}),
    (
        "Condition",
        "con-3",
        {"category": [{"coding": [{"code": "problem-list-item"}]}]},
        {"category": [{"coding": [{"code": "problem-list-item"}]}], "verificationStatus": ERROR},
    ),
    ("Condition", "con-4", {"abatementDateTime": "2026", "clinicalStatus": STATUS}, {"abatement": "x"}),
    (
        "Condition",
        "con-5",
        {"clinicalStatus": STATUS, "verificationStatus": ERROR},
        {"clinicalStatus": STATUS},
    ),
    ("AllergyIntolerance", "ait-1", {}, {"verificationStatus": ERROR}),
    (
        "AllergyIntolerance",
        "ait-2",
        {"clinicalStatus": STATUS, "verificationStatus": ERROR},
        {"clinicalStatus": STATUS},
    ),
    ("Observation", "obs-6", {"dataAbsentReason": {}, "valueInteger": 1}, {"dataAbsentReason": {}}),
    ("ObservationReferenceRange", "obs-3", {"age": {}}, {"text": "x"}),
    ("Consent", "ppc-1", {}, {"policyRule": {}}),
    (
        "Consent",
        "ppc-2",
        {"scope": {"coding": [{"code": "patient-privacy"}]}},
        {"scope": {"coding": [{"code": "x"}]}},
    ),
    (
        "MedicationDispense",
        "mdd-1",
        {"whenPrepared": "2026-01-02", "whenHandedOver": "2026-01-01"},
        {"whenPrepared": "2026-01-02", "whenHandedOver": "2026-01-02T10:00:00Z"},
    ),
    (
        "Task",
        "inv-1",
        {"authoredOn": "2026-01-02", "lastModified": "2026-01-01"},
        {"lastModified": "2026-01-01"},
    ),
    ("Appointment", "app-2", {"start": "x"}, {"start": "x", "end": "y"}),
    ("Appointment", "app-3", {"status": "booked"}, {"status": "proposed"}),
    ("AppointmentParticipant", "app-1", {"status": "accepted"}, {"actor": {}}),
    ("ServiceRequest", "prr-1", {"orderDetail": []}, {"orderDetail": [], "code": {}}),
    ("Organization", "org-1", {"active": True}, {"name": "x"}),
    ("CompositionSection", "cmp-1", {"title": "x"}, {"text": {}}),
    ("CompositionSection", "cmp-2", {"emptyReason": {}, "entry": LIST}, {"emptyReason": {}}),
    ("List", "lst-1", {"emptyReason": {}, "entry": LIST}, {"entry": LIST}),
    ("CarePlanActivity", "cpl-3", {"detail": {}, "reference": {}}, {"detail": {}}),
    ("ImmunizationEducation", "imm-1", {"publicationDate": "2026"}, {"reference": "x"}),
    ("Bundle", "bdl-1", {"type": "document", "total": 1}, {"type": "searchset", "total": 1}),
    (
        "Bundle",
        "bdl-2",
        {"type": "document", "entry": [{"search": {}}]},
        {"type": "searchset", "entry": [{"search": {}}]},
    ),
    ("Bundle", "bdl-3", {"type": "batch", "entry": [{}]}, {"type": "batch", "entry": [{"request": {}}]}),
    (
        "Bundle",
        "bdl-3",
        {"type": "document", "entry": [{"request": {}}]},
        {"type": "document", "entry": [{}]},
    ),
    (
        "Bundle",
        "bdl-4",
        {"type": "history", "entry": [{}]},
        {"type": "batch-response", "entry": [{"response": {}}]},
    ),
    (
        "Bundle",
        "bdl-7",
        {"entry": [{"fullUrl": "x"}, {"fullUrl": "x"}]},
        {"entry": [{"fullUrl": "x"}, {}, {}]},
    ),
    (
        "Bundle",
        "bdl-7",
        {"entry": [{"fullUrl": "x"}, {"fullUrl": "x"}]},
        {"type": "history", "entry": [{"fullUrl": "x"}, {"fullUrl": "x"}]},
    ),
    ("Bundle", "bdl-9", {"type": "document", "identifier": {"value": "x"}}, {"type": "collection"}),
    ("Bundle", "bdl-10", {"type": "document"}, {"type": "document", "timestamp": "x"}),
    (
        "Bundle",
        "bdl-11",
        {"type": "document", "entry": [{}, NAMED]},
        {"type": "document", "entry": [NAMED, {}]},
    ),
    ("Bundle", "bdl-11", {"type": "document"}, {"type": "collection"}),
    ("Bundle", "bdl-12", {"type": "message", "entry": [NAMED]}, {"type": "document", "entry": [NAMED]}),
    ("BundleEntry", "bdl-5", {"fullUrl": "x"}, {"request": {}}),
    ("BundleEntry", "bdl-8", {"fullUrl": "http://x/Patient/1/_history/2"}, {"fullUrl": "http://x/Patient/1"}),
]


@pytest.mark.parametrize(("name", "rule", "breaks", "keeps"), EXAMPLES)
def test_an_invariant_is_broken_and_kept(
    name: str, rule: str, breaks: dict[str, Any], keeps: dict[str, Any]
) -> None:
    check = next(item for item in invariants_of(name) if item.id == rule)
    assert not check.holds(breaks)
    assert check.holds(keeps)


def test_every_invariant_has_an_example() -> None:
    assert {(name, rule) for name, rule, *_ in EXAMPLES} == {
        (name, rule.id) for name, rules in _ALL.items() for rule in rules
    }


@pytest.mark.parametrize(
    "junk", [None, 3, "x", [], ["x", 1], {}, {"coding": 3}, {"coding": ["x"]}, [{"x": []}]]
)
def test_no_invariant_fails_on_elements_of_a_wrong_kind(junk: object) -> None:
    for name, rule, breaks, keeps in EXAMPLES:
        check = next(item for item in invariants_of(name) if item.id == rule)
        for key in {*breaks, *keeps}:
            assert check.holds({**breaks, key: junk}) in (True, False)


def test_the_words_of_a_narrative_are_read_without_its_tags() -> None:
    assert visible_text('<div><p title="x">Uno</p>&nbsp;</div>') == "Uno"
