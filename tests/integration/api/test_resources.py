"""Create, read, update, delete over HTTP: right codes, right headers, stored bytes as they are."""

import json
from typing import Any

import pytest

from tests.integration.api.conftest import PATIENT, Api

Resource = dict[str, Any]
FHIR = "application/fhir+json"


def test_a_created_resource_has_its_place_version_and_time(api: Api) -> None:
    answer = api.post("Patient", {**PATIENT, "id": "mine", "meta": {"versionId": "9"}})
    assert answer.status_code == 201
    body = json.loads(answer.data)
    assert body["id"] != "mine"
    assert body["meta"]["versionId"] == "1"
    assert answer.headers["Location"].endswith(f"/fhir/Patient/{body['id']}/_history/1")
    assert answer.headers["Location"].startswith("http://127.0.0.1")
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Last-Modified"].endswith("GMT")
    assert answer.content_type == FHIR


def test_a_read_gives_the_stored_bytes_with_numbers_as_written(api: Api, stored: Resource) -> None:
    weight = {"status": "final", "code": {"text": "peso"}, "valueQuantity": {"value": "HERE", "unit": "kg"}}
    subject = {"reference": f"Patient/{stored['id']}"}
    body = json.dumps({"resourceType": "Observation", **weight, "subject": subject})
    text = body.replace('"HERE"', "70.50")
    created = api.post("Observation", text.encode())
    assert created.status_code == 201, created.text
    read = api.get(f"Observation/{json.loads(created.data)['id']}")
    assert read.status_code == 200
    assert read.data == created.data
    assert b'"value":70.50' in read.data
    assert read.headers["ETag"] == 'W/"1"'
    assert b'"value": 70.50' in api.get(f"Observation/{json.loads(created.data)['id']}?_pretty=true").data


PREFERENCES = [("return=minimal", ""), ("return=OperationOutcome", "OperationOutcome")]


@pytest.mark.parametrize(("header", "body"), PREFERENCES)
def test_the_caller_chooses_the_body_of_a_success(api: Api, header: str, body: str) -> None:
    answer = api.post("Patient", PATIENT, Prefer=header)
    assert answer.status_code == 201
    assert (json.loads(answer.data)["resourceType"] if answer.data else "") == body
    assert "Location" in answer.headers


def test_an_update_writes_the_next_version_and_keeps_the_old_one(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    answer = api.put(path, {**stored, "gender": "other"}, If_Match='W/"1"')
    assert answer.status_code == 200
    assert answer.headers["ETag"] == 'W/"2"'
    old, new = api.get(f"{path}/_history/1"), api.get(path)
    assert (json.loads(old.data)["gender"], json.loads(new.data)["gender"]) == ("female", "other")


def test_an_update_of_an_older_version_is_refused(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    assert api.put(path, {**stored, "gender": "other"}, If_Match='W/"1"').status_code == 200
    assert api.put(path, stored, If_Match='W/"1"').status_code == 412


def test_an_update_that_says_the_same_writes_no_version(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    again = api.put(path, {**stored, "meta": {"versionId": "9"}}, If_Match='W/"1"')
    assert (again.status_code, again.headers["ETag"]) == (200, 'W/"1"')
    assert json.loads(again.data) == stored
    assert api.delete(path).status_code == 204
    back = api.put(path, stored)
    assert (back.status_code, back.headers["ETag"]) == (201, 'W/"3"')


@pytest.mark.parametrize("tag", ["1", "W/1", '"x"', "*", 'W/"1", W/"2"', ""])
def test_an_unreadable_version_is_a_bad_request(api: Api, stored: Resource, tag: str) -> None:
    assert api.put(f"Patient/{stored['id']}", stored, If_Match=tag).status_code == 400


def test_an_update_with_another_id_or_none_is_a_bad_request(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    assert api.put(path, {**stored, "id": "other"}).status_code == 400
    assert api.put(path, PATIENT).status_code == 400


def test_an_update_creates_under_an_id_nobody_has(api: Api) -> None:
    made = api.put("Patient/chosen-by-us", {**PATIENT, "id": "chosen-by-us"})
    assert made.status_code == 201
    assert made.headers["ETag"] == 'W/"1"'
    assert api.put("Patient/chosen-by-us", {**PATIENT, "id": "chosen-by-us"}).status_code == 200


def test_an_update_of_a_version_nobody_has_creates_nothing(api: Api) -> None:
    answer = api.put("Patient/unknown", {**PATIENT, "id": "unknown"}, If_Match='W/"1"')
    assert answer.status_code in (404, 412)
    assert api.get("Patient/unknown").status_code == 404


def test_a_deleted_resource_is_gone_and_its_old_version_stays(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    assert api.delete(path).status_code == 204
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 410
    assert api.get(f"{path}/_history/1").status_code == 200
    assert api.get(f"{path}/_history/2").status_code == 410


def test_a_patient_with_data_is_not_deleted(api: Api, stored: Resource) -> None:
    subject = {"reference": f"Patient/{stored['id']}"}
    problem = {"resourceType": "Condition", "code": {"text": "asma"}, "subject": subject}
    assert api.post("Condition", problem).status_code == 201
    assert api.delete(f"Patient/{stored['id']}").status_code == 409
    assert api.get(f"Patient/{stored['id']}").status_code == 200


def test_an_unchanged_resource_is_not_sent_again(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    first = api.get(path)
    again = api.get(path, If_None_Match=first.headers["ETag"])
    since = api.get(path, If_Modified_Since=first.headers["Last-Modified"])
    other = api.get(path, If_None_Match='W/"7"')
    assert [again.status_code, since.status_code, other.status_code] == [304, 304, 200]
    assert again.data == b""


NOWHERE = {
    "Patient/unknown": 404,
    "Patient/unknown/_history/1": 404,
    "Patient/bad_id": 400,
    "Patient/" + "x" * 65: 400,
    "Nothing/1": 404,
    "patient/1": 404,
    "Patient/1/_history/one": 404,
    "Patient/1/_history/99999999999": 404,
    "Patient/1/nothing": 404,
    "Patient/..%2f..%2fetc": 404,
    "Patient/%00": 400,
    "Patient/é": 400,
}


@pytest.mark.parametrize("path", sorted(NOWHERE))
def test_an_address_without_a_resource_says_so(api: Api, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == NOWHERE[path]
    assert json.loads(answer.data)["resourceType"] == "OperationOutcome"


def test_an_invalid_resource_is_refused_with_every_issue_and_its_path(api: Api) -> None:
    answer = api.post("Patient", {**PATIENT, "gender": "zzz", "birthDate": "17/05/1990"})
    assert answer.status_code == 422
    issues = json.loads(answer.data)["issue"]
    assert {"Patient.gender", "Patient.birthDate"} <= {issue["expression"][0] for issue in issues}
    assert "zzz" not in answer.text
