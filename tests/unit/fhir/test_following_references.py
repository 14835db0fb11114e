"""References inside received documents, and medicines given by reference."""

import pytest

from fhir.wire import JsonObject
from tests.unit.fhir.reading import collection, read, rules
from tests.unit.fhir.seeds import (
    CONDITION,
    MEDICATION,
    PATIENT,
    REQUEST,
    STATEMENT,
    SUMMARY,
    document,
    section,
)


def referenced(reference: str, full_url: str, medication: JsonObject = MEDICATION) -> bool:
    statement = {**STATEMENT, "medicationReference": {"reference": reference}}
    content = collection(PATIENT, statement, medication)
    content["entry"][2]["fullUrl"] = full_url
    received = read(content)
    view = received.resources[1].resolved
    return view.get("medicationCodeableConcept") == {"text": "TLD"} and "ref-unresolved" not in rules(
        received
    )


@pytest.mark.parametrize(
    ("reference", "full_url"),
    [
        ("Medication/m1", "http://x.example/fhir/Medication/m1"),
        ("Medication/m1", "urn:uuid:7"),
        ("http://x.example/fhir/Medication/m1", "http://x.example/fhir/Medication/m1"),
        ("http://other.example/r4/Medication/m1", "http://x.example/fhir/Medication/m1"),
        ("http://x.example/fhir/Medication/m1/_history/3", "http://x.example/fhir/Medication/m1"),
        ("Medication/m1/_history/3", "http://x.example/fhir/Medication/m1"),
        ("urn:uuid:7", "urn:uuid:7"),
        ("urn:uuid:m1", "http://x.example/fhir/Medication/m1"),
        ("Medication/7", "urn:uuid:7"),
        ("Medication/m1", "Medication/m1"),
        ("m1", "urn:uuid:7"),
    ],
)
def test_a_reference_is_followed_in_every_form_partners_use(reference: str, full_url: str) -> None:
    assert referenced(reference, full_url)


@pytest.mark.parametrize(
    "reference", ["Medication/m2", "Patient/m1", "urn:uuid:8", "#m1", "http://x.example/m2", ""]
)
def test_a_reference_to_something_else_is_not_followed(reference: str) -> None:
    assert not referenced(reference, "urn:uuid:7")


def test_an_id_that_two_resources_share_is_no_ground_to_follow_a_bare_id() -> None:
    content = collection(
        PATIENT, {**STATEMENT, "medicationReference": {"reference": "urn:uuid:m1"}}, MEDICATION
    )
    content["entry"].append({"fullUrl": "urn:uuid:z", "resource": {**CONDITION, "id": "m1"}})
    assert "medicationCodeableConcept" not in read(content).resources[1].resolved


def test_a_contained_medicine_is_brought_into_its_request_and_the_original_is_kept() -> None:
    received = read(SUMMARY)
    request = received.resources[3]
    assert request.resolved["medicationCodeableConcept"] == {"text": "TLD"}
    assert request.resource == REQUEST


def test_a_medicine_without_code_is_named_by_its_ingredients() -> None:
    ingredients = [
        {"itemCodeableConcept": {"coding": [{"display": "tenofovir disoproxil"}]}},
        {"itemCodeableConcept": {"text": "lamivudine"}},
        {"itemReference": {"reference": "Substance/1"}},
    ]
    medication = {"resourceType": "Medication", "id": "m1", "ingredient": ingredients}
    view = read(collection(PATIENT, STATEMENT, medication)).resources[1].resolved
    assert view["medicationCodeableConcept"] == {"text": "tenofovir disoproxil + lamivudine"}


def test_a_medicine_that_is_not_there_is_named_by_the_display_of_its_reference() -> None:
    statement = {**STATEMENT, "medicationReference": {"reference": "Medication/9", "display": "TLD"}}
    received = read(collection(PATIENT, statement))
    assert received.resources[1].resolved["medicationCodeableConcept"] == {"text": "TLD"}
    assert "ref-unresolved" in rules(received)


def test_a_medicine_that_cannot_be_named_leaves_its_statement_unreadable() -> None:
    received = read(collection(PATIENT, STATEMENT))
    assert not received.resources[1].readable
    assert received.of_type("MedicationStatement") == []


def test_references_of_a_single_resource_may_name_what_the_receiver_has() -> None:
    assert "ref-unresolved" not in rules(read(CONDITION))
    assert "ref-unresolved" in rules(read({**CONDITION, "subject": {"reference": "#nobody"}}))


def test_transactions_need_no_full_url_and_conditional_references_are_left_alone() -> None:
    content = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"request": {"method": "POST", "url": "Patient"}, "resource": PATIENT},
            {
                "request": {"method": "POST", "url": "Condition"},
                "resource": {**CONDITION, "subject": {"reference": "Patient?identifier=x"}},
            },
            {"request": {"method": "DELETE", "url": "Condition/9"}},
        ],
    }
    received = read(content)
    assert received.findings == ()
    assert len(received.resources) == 2


def test_a_reference_that_is_no_text_names_nothing() -> None:
    patient = {"subject": {"reference": 5}}
    assert read(collection(PATIENT, {**CONDITION, **patient})).patient is not None
    listed = {**section("11450-4"), "entry": [{"display": "somewhere else"}]}
    assert read(document(PATIENT, CONDITION, sections=(listed,))).resources[2].section is None
