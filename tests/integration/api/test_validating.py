"""$validate over real storage: every issue at once with its path, nothing written, 200 for all that reads."""

import copy
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from fhir import r4, wire
from tests.integration.api.conftest import PATIENT, Api, Node
from tests.integration.api.people import agree, store, trail
from tests.unit.fhir import seeds
from tests.unit.summary.summary_values import made, record

OBSERVATION, SUMMARY = (json.loads(wire.canonical(one)) for one in (seeds.OBSERVATION, seeds.SUMMARY))
IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition"


def told(answer: TestResponse) -> list[tuple[str, str, str]]:
    """Return (severity, rule, path) of the issues of an answer."""
    assert answer.status_code == 200, answer.text
    outcome: dict[str, Any] = answer.get_json(force=True)
    r4.class_for("OperationOutcome").model_validate(outcome)
    return [
        (one["severity"], one["details"]["coding"][0]["code"], (one.get("expression") or [""])[0])
        for one in outcome["issue"]
        if "details" in one
    ]


def asking(resource: dict[str, Any] | None = None, **texts: str) -> dict[str, Any]:
    listed: list[dict[str, Any]] = [{"name": name, "valueCode": text} for name, text in texts.items()]
    if resource is not None:
        listed.append({"name": "resource", "resource": resource})
    return {"resourceType": "Parameters", "parameter": listed}


def errors(answer: TestResponse) -> list[tuple[str, str]]:
    return [(rule, path) for severity, rule, path in told(answer) if severity == "error"]


def test_a_sound_patient_has_no_issue(api: Api) -> None:
    answer = api.post("Patient/$validate", PATIENT)
    assert told(answer) == []
    assert answer.get_json(force=True)["issue"][0]["severity"] == "information"


def test_every_fault_is_told_at_once_with_its_path(api: Api) -> None:
    spoilt = {**PATIENT, "gender": "x", "birthDate": "2026-13", "eyeColour": 1, "contact": [{}]}
    assert set(errors(api.post("Patient/$validate", spoilt))) == {
        ("required-binding", "Patient.gender"),
        ("format", "Patient.birthDate"),
        ("unknown-element", "Patient.eyeColour"),
        ("empty-value", "Patient.contact[0]"),
    }


def test_the_mode_create_tells_what_a_write_would_be_refused_for(api: Api) -> None:
    observation = {**OBSERVATION, "subject": {"reference": "Patient/nobody"}}
    del observation["id"]
    assert errors(api.post("Observation/$validate", asking(observation))) == []
    found = errors(api.post("Observation/$validate", asking(observation, mode="create")))
    assert [path for _, path in found] == ["Observation.subject"]
    assert api.post("Observation", observation).status_code == 422


def test_a_bundle_is_looked_at_but_never_created_here(api: Api) -> None:
    assert errors(api.post("Bundle/$validate", SUMMARY))
    found = errors(api.post("Bundle/$validate", asking(SUMMARY, mode="create")))
    assert ("would-be-refused", "Bundle") in found


@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_a_summary_of_ours_keeps_the_rules_of_the_patient_summary(api: Api, language: str) -> None:
    assert told(api.post("Bundle/$validate", made(record(), language=language))) == []


def test_a_document_is_held_to_the_patient_summary_by_what_it_is(api: Api) -> None:
    document = copy.deepcopy(made(record()))
    document["entry"][1]["resource"].pop("birthDate")
    assert errors(api.post("Bundle/$validate", document)) == [("ips-birth-date", "Bundle.entry[1].resource")]


def test_a_profile_may_be_asked_for(api: Api) -> None:
    bare = {"resourceType": "Patient", "gender": "female"}
    asked = asking(bare, mode="profile", profile=f"{IPS}/Patient-uv-ips|2.0.1")
    assert errors(api.post("Patient/$validate", asked)) == [
        ("ips-name", "Patient"),
        ("ips-birth-date", "Patient"),
    ]
    named = api.post(f"Patient/$validate?profile={IPS}/Patient-uv-ips", bare)
    assert ("ips-name", "Patient") in errors(named)
    claimed = {**bare, "meta": {"profile": [f"{IPS}/Patient-uv-ips"]}}
    assert ("ips-name", "Patient") in errors(api.post("Patient/$validate", claimed))


def test_a_profile_nobody_knows_is_an_error_when_asked_for_and_a_note_when_claimed(api: Api) -> None:
    other = "http://example.org/StructureDefinition/other"
    assert errors(api.post(f"Patient/$validate?profile={other}", PATIENT)) == [("unknown-profile", "Patient")]
    claimed = {**PATIENT, "meta": {"profile": [other]}}
    assert told(api.post("Patient/$validate", claimed)) == [
        ("information", "unknown-profile", "Patient.meta.profile")
    ]
    wrong = api.post(f"Patient/$validate?profile={IPS}/Condition-uv-ips", PATIENT)
    assert errors(wrong) == [("profile-type", "Patient")]


def test_what_this_node_would_like_is_a_warning(api: Api) -> None:
    dispense = {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "medicationCodeableConcept": {"text": "TLD"},
        "subject": {"reference": "Patient/p"},
        "whenHandedOver": "2020-01-01",
    }
    found = told(api.post("MedicationDispense/$validate", dispense))
    assert found == [("warning", "dispense-supply", "MedicationDispense")]
    later = {**dispense, "whenHandedOver": "2999-01-01", "daysSupply": {"value": 30}}
    assert errors(api.post("MedicationDispense/$validate", later)) == [
        ("dispense-not-in-future", "MedicationDispense.whenHandedOver")
    ]


def test_a_stored_resource_is_validated_and_the_look_is_noted(api: Api, node: Node) -> None:
    chart = store(api, "61000001")
    before = len(trail(node, chart.id))
    assert told(api.get(f"Patient/{chart.id}/$validate")) == []
    found = told(api.get(f"Patient/{chart.id}/$validate?mode=profile&profile={IPS}/Patient-uv-ips"))
    assert found == []
    assert (
        told(
            api.post(f"Patient/{chart.id}/$validate", asking(mode="profile", profile=f"{IPS}/Patient-uv-ips"))
        )
        == []
    )
    assert len(trail(node, chart.id)) == before + 3
    assert api.get("Patient/none/$validate").status_code == 404


def test_the_mode_update_tells_what_an_update_would_be_refused_for(api: Api) -> None:
    chart, other = store(api, "61000002"), store(api, "61000003")
    again = {**PATIENT, "id": chart.id}
    asked = asking(again, mode="update")
    assert errors(api.post(f"Patient/{chart.id}/$validate", asked)) == []
    assert errors(api.post(f"Patient/{other.id}/$validate", asked)) == [("would-be-refused", "Patient")]
    assert errors(api.post("Patient/$validate", asked)) == [("validate-instance", "")]
    place = chart.one("Observation")
    moved = {**OBSERVATION, "id": place.split("/")[1], "subject": {"reference": f"Patient/{other.id}"}}
    assert errors(api.post(f"{place}/$validate", asking(moved, mode="update"))) == [
        ("would-be-refused", "Observation")
    ]
    assert api.get(f"Patient/{chart.id}").headers["ETag"] == 'W/"1"'


def test_the_mode_delete_tells_whether_it_would_go(api: Api) -> None:
    chart = store(api, "61000004")
    assert errors(api.post(f"{chart.one('Observation')}/$validate", asking(mode="delete"))) == []
    assert errors(api.get(f"Patient/{chart.id}/$validate?mode=delete")) == [("would-be-refused", "Patient")]
    assert errors(api.get("Patient/none/$validate?mode=delete")) == [("would-be-refused", "Patient")]
    assert api.get(chart.one("Observation")).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "rule"),
    [
        ("Patient/$validate", asking(PATIENT, mode="guess"), "validate-mode"),
        ("Patient/$validate", asking(PATIENT, mode="profile"), "validate-profile"),
        ("Patient/$validate", asking(mode="create"), "validate-resource"),
        ("Patient/$validate", asking(mode="delete"), "validate-instance"),
        ("Patient/x/$validate", asking(PATIENT, mode="create"), "validate-instance"),
        ("Patient/$validate", OBSERVATION, "resource-type"),
        ("Patient/$validate", {"resourceType": "Ana Pérez"}, "resource-type"),
        ("Patient/$validate", {"name": []}, "resource-type"),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_with_its_fault(
    api: Api, path: str, body: dict[str, Any], rule: str
) -> None:
    answer = api.post(path, body)
    assert rule in [found for _, found, _ in told(answer)]
    assert "Ana" not in answer.text


def test_only_what_cannot_be_read_is_refused(api: Api) -> None:
    assert api.post("Patient/$validate", b'{"resourceType":').status_code == 400
    assert api.post("Nothing/$validate", PATIENT).status_code == 404
    assert api.get("Patient/a_b/$validate").status_code == 400


def test_a_token_must_cover_the_type(node: Node) -> None:
    narrow = Api(node.http, node.bearer(scope="system/Observation.r"))
    assert narrow.post("Patient/$validate", PATIENT).status_code == 403
    assert narrow.post("Observation/$validate", OBSERVATION).status_code == 200
    assert narrow.post("Observation/$validate", asking(OBSERVATION, mode="create")).status_code == 403


def test_another_country_learns_nothing_of_people_who_did_not_agree(node: Node, api: Api) -> None:
    abroad = Api(node.http, node.bearer("co"))
    chart = store(api, "61000005")
    assert abroad.get(f"Patient/{chart.id}/$validate").status_code == 404
    asked = asking({**PATIENT, "id": chart.id}, mode="update")
    unknown = asking({**PATIENT, "id": "none"}, mode="update")
    assert told(abroad.post(f"Patient/{chart.id}/$validate", asked)) == told(
        abroad.post("Patient/none/$validate", unknown)
    )
    agree(node, chart, "identity", "clinical")
    assert told(abroad.get(f"Patient/{chart.id}/$validate")) == []
