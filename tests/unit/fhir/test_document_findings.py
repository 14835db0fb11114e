"""What the tolerant reader finds wrong in documents of others."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.fhir.reading import changed, collection, read, rules
from tests.unit.fhir.seeds import (
    ALLERGY,
    CONDITION,
    DIV,
    PATIENT,
    SUMMARY,
    document,
    section,
)

FINDINGS: list[tuple[Callable[[Any], object], str, str]] = [
    (lambda b: b["entry"][2].pop("fullUrl"), "full-url-missing", "Bundle.entry[2].fullUrl"),
    (lambda b: b["entry"][2].update(fullUrl="Condition/c1"), "full-url-relative", "Bundle.entry[2].fullUrl"),
    (
        lambda b: b["entry"][2].update(fullUrl="http://x/Condition/9"),
        "full-url-mismatch",
        "Bundle.entry[2].fullUrl",
    ),
    (lambda b: b["entry"][3].update(fullUrl=b["entry"][2]["fullUrl"]), "bdl-7", "Bundle"),
    (
        lambda b: b["entry"].append({"fullUrl": "urn:x", "resource": CONDITION}),
        "duplicate-id",
        "Bundle.entry[5].resource.id",
    ),
    (lambda b: b["entry"].append({"fullUrl": "urn:x"}), "bdl-5", "Bundle.entry[5]"),
    (
        lambda b: b["entry"].append({"fullUrl": "urn:x", "resource": {}}),
        "resource-type",
        "Bundle.entry[5].resource.resourceType",
    ),
    (
        lambda b: b["entry"].append({"fullUrl": "urn:x", "resource": "x"}),
        "json-type",
        "Bundle.entry[5].resource",
    ),
    (lambda b: b["entry"].append("x"), "json-type", "Bundle.entry[5]"),
    (lambda b: b.update(entry={}), "cardinality", "Bundle.entry"),
    (lambda b: b.pop("timestamp"), "bdl-10", "Bundle"),
    (lambda b: b.update(type="letter"), "required-binding", "Bundle.type"),
    (lambda b: b["entry"].pop(1), "no-patient", "Bundle.entry"),
    (
        lambda b: b["entry"].append({"fullUrl": "urn:x", "resource": {**PATIENT, "id": "p2"}}),
        "several-patients",
        "Bundle.entry[1].resource",
    ),
    (lambda b: b["entry"].pop(2), "ref-unresolved", "Bundle.entry[0].resource.section[0].entry[0]"),
    (
        lambda b: b["entry"][2]["resource"].update(subject={"reference": "#x"}),
        "ref-unresolved",
        "Bundle.entry[2].resource.subject",
    ),
    (
        lambda b: b["entry"][1]["resource"].update(gender="F"),
        "required-binding",
        "Bundle.entry[1].resource.gender",
    ),
    (lambda b: b["entry"][4]["resource"].pop("status"), "cardinality", "Bundle.entry[4].resource.status"),
    (lambda b: b["entry"][4]["resource"].update(foo=1), "unknown-element", "Bundle.entry[4].resource.foo"),
    (
        lambda b: b["entry"][4]["resource"].update(modifierExtension=[{"url": "x", "valueCode": "y"}]),
        "modifier-extension",
        "Bundle.entry[4].resource.modifierExtension",
    ),
    (
        lambda b: b["entry"][4]["resource"].update(resourceType="Lab"),
        "unknown-type",
        "Bundle.entry[4].resource.resourceType",
    ),
    (
        lambda b: b["entry"][0]["resource"]["section"].pop(1),
        "section-missing",
        "Bundle.entry[0].resource.section",
    ),
    (
        lambda b: b["entry"][0]["resource"]["section"][2].pop("emptyReason"),
        "ips-comp-1",
        "Bundle.entry[0].resource.section[2]",
    ),
    (
        lambda b: b["entry"][0]["resource"]["section"][0].pop("text"),
        "section-text",
        "Bundle.entry[0].resource.section[0].text",
    ),
    (
        lambda b: b["entry"][0]["resource"]["section"][0].pop("code"),
        "section-code-missing",
        "Bundle.entry[0].resource.section[0].code",
    ),
    (
        lambda b: b["entry"][0]["resource"]["section"].append(section("99999-9")),
        "section-unknown",
        "Bundle.entry[0].resource.section[4].code",
    ),
    (
        lambda b: b["entry"][0]["resource"]["section"].append(section("8716-3")),
        "section-empty",
        "Bundle.entry[0].resource.section[4]",
    ),
    (
        lambda b: b["entry"][0]["resource"]["section"].append(section("11369-6", "Condition/c1")),
        "section-type",
        "Bundle.entry[0].resource.section[4].entry",
    ),
    (
        lambda b: b["entry"][0]["resource"]["section"][0]["text"].update(div="<div> </div>"),
        "txt-2",
        "Bundle.entry[0].resource.section[0].text",
    ),
    (
        lambda b: b["entry"][1]["resource"].pop("birthDate"),
        "summary-element",
        "Bundle.entry[1].resource.birthDate",
    ),
    (
        lambda b: b["entry"][4]["resource"].pop("effectiveDateTime"),
        "summary-element",
        "Bundle.entry[4].resource.effective[x]",
    ),
    (
        lambda b: b["entry"][2]["resource"]["code"].update(
            coding=[
                {
                    "system": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips",
                    "code": "no-problem-info",
                }
            ]
        ),
        "retired-code",
        "Bundle.entry[2].resource.code",
    ),
]


@pytest.mark.parametrize(("change", "rule", "path"), FINDINGS)
def test_a_fault_of_a_document_is_a_finding_with_its_path(
    change: Callable[[Any], object], rule: str, path: str
) -> None:
    found = [(finding.rule, finding.path) for finding in changed(SUMMARY, change).findings]
    assert (rule, path) in found


def test_a_wrong_section_code_is_named_and_the_section_is_still_used() -> None:
    vaccine = {
        "resourceType": "Immunization",
        "id": "i1",
        "status": "completed",
        "vaccineCode": {"text": "x"},
        "patient": {"reference": "Patient/p1"},
        "occurrenceDateTime": "2026",
    }
    made = document(PATIENT, vaccine, sections=(section("60484-3", "Immunization/i1"),))
    received = read(made)
    texts = {finding.rule: finding.text for finding in received.findings}
    assert "LOINC 11369-6" in texts["section-code"]
    assert received.resources[2].section == "11369-6"


def test_a_section_inside_a_section_is_read() -> None:
    made = document(
        PATIENT,
        ALLERGY,
        sections=({**section("48765-2"), "section": [section("48765-2", "AllergyIntolerance/a1")]},),
    )
    assert read(made).resources[2].section == "48765-2"


def test_section_rules_hold_for_summaries_only() -> None:
    letter = {"coding": [{"system": "http://loinc.org", "code": "18761-7"}]}
    received = changed(SUMMARY, lambda b: b["entry"][0]["resource"].update(type=letter, section=[]))
    assert not {rule for rule in rules(received) if rule.startswith(("section", "ips", "summary"))}


def test_the_same_fault_in_many_places_is_one_finding_with_a_count() -> None:
    many = [{**CONDITION, "id": f"c{n}", "clinicalStatus": {"text": "x"}} for n in range(40)]
    received = read(collection(PATIENT, *many))
    found = [finding for finding in received.findings if finding.rule == "required-binding"]
    assert [finding.path for finding in found] == ["Bundle.entry[1].resource.clinicalStatus"]
    assert found[0].text.endswith("Found in 40 places.")


def test_the_gravest_findings_come_first_and_their_number_is_capped() -> None:
    resource = {**PATIENT, "gender": "x", **{f"new{n}": 1 for n in range(150)}}
    findings = read(resource).findings
    assert findings[0].rule == "required-binding"
    assert len(findings) == 101
    assert findings[-1].rule == "findings-capped"
    assert "51 more" in findings[-1].text


def test_a_narrative_with_its_status_is_text_enough() -> None:
    assert "section-text" not in rules(
        read(document(PATIENT, sections=({**section("48765-2"), "text": DIV},)))
    )


def test_a_document_with_more_resources_than_a_person_can_have_is_read_in_part() -> None:
    empty = [{"resource": {}} for _ in range(10_001)]
    received = read({"resourceType": "Bundle", "type": "batch", "entry": empty})
    assert len(received.resources) == 10_000
    assert "too-many-resources" in rules(received)
