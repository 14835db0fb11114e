"""The tolerant reader: what it reads from documents of others, whatever they hold."""

from typing import Any

import pytest

from fhir import bundle
from fhir.wire import BadJson, JsonObject, canonical
from tests.unit.fhir.reading import changed, collection, read
from tests.unit.fhir.seeds import (
    ALLERGY,
    CONDITION,
    CONSENT,
    OBSERVATION,
    PATIENT,
    SUMMARY,
)


def test_a_good_summary_is_read_whole_and_nothing_is_found() -> None:
    received = read(SUMMARY)
    assert received.findings == ()
    assert received.kind == "document"
    assert received.language == "es"
    assert received.patient is not None
    assert received.patient["id"] == "p1"
    assert received.composition is not None
    assert [(item.type, item.section, item.readable) for item in received.resources] == [
        ("Composition", None, True),
        ("Patient", None, True),
        ("Condition", "11450-4", True),
        ("MedicationRequest", "10160-0", True),
        ("Observation", "30954-2", True),
    ]
    assert received.resources[2].path == "Bundle.entry[2].resource"
    assert received.resources[2].full_url == "http://clinic.example/fhir/Condition/c1"
    assert [item.resource["id"] for item in received.of_type("Condition", "Observation")] == ["c1", "o1"]


@pytest.mark.parametrize("kind", ["collection", "searchset", "message", "history", "batch", "transaction"])
def test_a_bundle_of_any_type_is_read(kind: str) -> None:
    received = read(collection(PATIENT, CONDITION, kind=kind))
    assert received.kind == kind
    assert [item.type for item in received.resources] == ["Patient", "Condition"]
    assert received.patient is not None


def test_a_single_resource_is_read() -> None:
    received = read(CONDITION)
    assert (received.kind, received.findings) == ("resource", ())
    assert [(item.type, item.path) for item in received.resources] == [("Condition", "Condition")]
    assert received.patient is None
    assert read(PATIENT).patient == PATIENT


def test_a_bundle_inside_a_bundle_is_read_too() -> None:
    received = read(collection({**SUMMARY, "id": "b1"}))
    assert len(received.resources) == 5
    assert received.resources[1].path == "Bundle.entry[0].resource.entry[1].resource"
    assert received.composition is not None


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"{}", "resource-type"),
        (b'{"resourceType":5}', "resource-type"),
        (b"[]", "json-object"),
        (b"not json", "json-syntax"),
        (b'{"resourceType":"Patient","resourceType":"Patient"}', "duplicate-key"),
    ],
)
def test_only_unacceptable_bytes_are_refused(data: bytes, rule: str) -> None:
    with pytest.raises(BadJson) as refused:
        bundle.read(data)
    assert refused.value.issue.rule == rule


def test_the_limits_are_those_of_the_caller() -> None:
    with pytest.raises(BadJson):
        bundle.read(canonical(SUMMARY), limit=100)
    with pytest.raises(BadJson):
        bundle.read(canonical(SUMMARY), depth=3)


def test_the_subject_of_the_composition_is_the_patient_among_several() -> None:
    def add_another_first(made: Any) -> None:
        other = {**PATIENT, "id": "p2", "name": [{"text": "Other"}]}
        made["entry"].insert(1, {"fullUrl": "http://clinic.example/fhir/Patient/p2", "resource": other})

    received = changed(SUMMARY, add_another_first)
    assert received.patient is not None
    assert received.patient["id"] == "p1"


def test_without_composition_the_patient_most_resources_are_about_is_taken() -> None:
    other = {**PATIENT, "id": "p2"}
    received = read(collection(other, PATIENT, CONDITION, OBSERVATION))
    assert received.patient is not None
    assert received.patient["id"] == "p1"


def test_a_patient_nobody_names_is_still_the_patient() -> None:
    received = read(collection({**PATIENT, "id": "p9"}))
    assert received.patient is not None


def test_a_contained_patient_is_the_patient() -> None:
    inside = {"resourceType": "Patient", "id": "p", "name": {"text": "Ana"}}
    received = read({**CONDITION, "contained": [inside], "subject": {"reference": "#p"}})
    assert received.patient == {"resourceType": "Patient", "id": "p", "name": [{"text": "Ana"}]}


def test_slips_of_the_sender_are_mended_in_the_view_and_kept_in_the_original() -> None:
    def slip(made: Any) -> None:
        made["entry"][1]["resource"].update(
            name={"text": "Ana"}, active="true", gender=["female"], birthDate="x"
        )
        made["entry"][4]["resource"]["valueQuantity"]["value"] = "1.50"
        made["entry"][4]["resource"].update(code="Viral load", foo=[1], category=[None])
        made["entry"][2]["resource"].update(subject="Patient/p1")

    received = changed(SUMMARY, slip)
    patient, observation = received.resources[1], received.resources[4]
    assert patient.resolved["name"] == [{"text": "Ana"}]
    assert patient.resolved["active"] is True
    assert patient.resolved["gender"] == "female"
    assert "birthDate" not in patient.resolved
    assert patient.resource["birthDate"] == "x"
    assert received.patient == patient.resolved
    assert canonical(observation.resolved["valueQuantity"]).startswith(b'{"code":"{copies}/mL"')
    assert b'"value":1.50' in canonical(observation.resolved)
    assert observation.resolved["code"] == {"text": "Viral load"}
    assert "foo" not in observation.resolved
    assert "category" not in observation.resolved
    assert received.resources[2].resolved["subject"] == {"reference": "Patient/p1"}


@pytest.mark.parametrize(
    ("resource", "readable"),
    [
        ({**CONDITION, "code": {}}, False),
        ({key: value for key, value in OBSERVATION.items() if key != "code"}, False),
        ({**OBSERVATION, "status": "bad", "code": "CD4"}, True),
        ({**ALLERGY, "code": 5, "reaction": [{"manifestation": [{"text": "rash"}]}]}, True),
        ({"resourceType": "Wonder", "id": "w"}, False),
        ({"resourceType": "Patient"}, False),
        (CONSENT, True),
    ],
)
def test_a_resource_is_readable_when_its_basic_elements_are(resource: JsonObject, readable: bool) -> None:
    assert read(resource).resources[0].readable is readable


def test_the_name_of_a_type_that_could_be_anything_is_not_repeated() -> None:
    received = read({"resourceType": "Ana Pérez", "subject": {"reference": "#Ana"}})
    assert received.resources[0].path == "Resource"
    assert "Ana" not in repr(received.findings)


def test_what_was_received_prints_without_its_content() -> None:
    received = read(SUMMARY)
    assert "Pérez" not in repr(received) + repr(received.resources)
