"""Each rule of the summary table finds its own fault, and real documents of others never stop the check."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

from fhir import wire
from fhir.summary import rules
from fhir.wire import JsonObject
from tests.unit.summary.summary_values import entries, made, record

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
Change = Callable[[JsonObject], object]


def composition(document: JsonObject) -> JsonObject:
    found: JsonObject = document["entry"][0]["resource"]
    return found


def first(document: JsonObject, kind: str) -> JsonObject:
    return entries(document, kind)[0]


FAULTS: list[tuple[str, Change]] = [
    ("ips-document", lambda d: d.update(type="collection")),
    ("bdl-ips-1", lambda d: d["entry"].append(copy.deepcopy(d["entry"][0]))),
    ("bdl-ips-1", lambda d: d["entry"].reverse()),
    ("ips-patient-once", lambda d: d["entry"].append(copy.deepcopy(d["entry"][1]))),
    ("ips-identifier", lambda d: d.pop("identifier")),
    ("ips-timestamp", lambda d: d.pop("timestamp")),
    ("ips-full-url", lambda d: d["entry"][2].pop("fullUrl")),
    ("ips-entry-plain", lambda d: d["entry"][2].update(request={})),
    ("ips-resolve", lambda d: composition(d).update(subject={"reference": "Patient/9"})),
    ("label-entries", lambda d: first(d, "Patient").pop("meta")),
    ("ips-type", lambda d: composition(d).pop("type")),
    ("ips-subject", lambda d: composition(d).pop("subject")),
    ("ips-author", lambda d: composition(d).pop("author")),
    ("ips-sections", lambda d: composition(d)["section"].pop(1)),
    ("ips-comp-1", lambda d: composition(d)["section"][0].pop("entry")),
    ("ips-section-text", lambda d: composition(d)["section"][0].pop("text")),
    ("ips-section-flat", lambda d: composition(d)["section"][0].update(section=[{}])),
    ("ips-pat-1", lambda d: first(d, "Patient").pop("name")),
    ("ips-birth-date", lambda d: first(d, "Patient").pop("birthDate")),
    ("ips-effective", lambda d: first(d, "Observation").pop("effectiveDateTime")),
    ("ips-performer", lambda d: first(d, "Observation").pop("performer")),
    ("ips-2", lambda d: first(d, "Observation").pop("valueQuantity")),
    ("ips-subject", lambda d: first(d, "Observation").pop("subject")),
    ("ips-effective", lambda d: first(d, "MedicationStatement").pop("effectivePeriod")),
    ("ips-medication", lambda d: first(d, "MedicationStatement").pop("medicationCodeableConcept")),
    ("ips-status", lambda d: first(d, "MedicationStatement").update(status="entered-in-error")),
    ("ips-code", lambda d: first(d, "Condition").pop("code")),
    ("ips-clinical-status", lambda d: first(d, "Condition").pop("clinicalStatus")),
    ("ips-patient", lambda d: first(d, "AllergyIntolerance").pop("patient")),
    ("ips-clinical-status", lambda d: first(d, "AllergyIntolerance").pop("clinicalStatus")),
    ("ips-occurrence", lambda d: first(d, "Immunization").pop("occurrenceDateTime")),
]


@pytest.mark.parametrize(
    ("rule", "change"), FAULTS, ids=[f"{place}-{rule}" for place, (rule, _) in enumerate(FAULTS)]
)
def test_each_fault_is_found_by_its_rule(rule: str, change: Change) -> None:
    document = made(record())
    assert rules.issues(document) == []
    change(document)
    assert rule in {issue.rule for issue in rules.issues(document)}


def test_every_rule_has_a_fault_that_shows_it() -> None:
    shown = {rule for rule, _ in FAULTS}
    assert {rule.id for table in rules.RULES.values() for rule in table} == shown


def test_an_issue_says_where() -> None:
    document = made(record())
    document["entry"][1]["resource"].pop("birthDate")
    (issue,) = rules.issues(document)
    assert issue.path == "Bundle.entry[1].resource"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"entry": "x"},
        {"entry": [None, 1, {"resource": []}]},
        {"entry": [{"resource": {"resourceType": "Observation"}}]},
    ],
)
def test_broken_documents_give_issues_and_no_exception(document: JsonObject) -> None:
    assert rules.issues(document)


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared example documents are not there")
@pytest.mark.parametrize("path", sorted(DATA.glob("ips/*.json")), ids=lambda path: path.stem)
def test_documents_of_others_can_be_checked(path: Path) -> None:
    document = wire.parse(path.read_bytes())
    for issue in rules.issues(document):
        assert issue.path.startswith("Bundle")
