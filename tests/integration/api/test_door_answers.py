"""The door for plain FHIR over HTTP: everything that is FHIR is kept, findings come back, nothing leaks."""

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from registry.usecases.exchange.receiving import receive
from tests.integration.api.conftest import PATIENT, Api, Node

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"
FILES = sorted(SHARED.glob("*/*.json"))


@pytest.fixture(scope="module")
def door(node: Node) -> Api:
    """Give the partner of kind fhir."""
    return Api(node.http, node.bearer("fhir-demo"))


def status_of(node: Node, door: Api, answer: TestResponse) -> dict[str, Any]:
    """Process what was taken in and read the status where the answer says."""
    place = answer.headers["Location"]
    assert receive.process(node.services, place.rpartition("/")[2]) is not None
    found = door.get(place.partition("/fhir/")[2])
    assert found.status_code == 200, found.text
    parameters = json.loads(found.data)["parameter"]
    return {each["name"]: next(value for key, value in each.items() if key != "name") for each in parameters}


def test_a_document_is_taken_in_and_its_status_tells_what_was_seen(node: Node, door: Api) -> None:
    problem = {"resourceType": "Condition", "code": {"text": "asma"}, "subject": {"reference": "Patient/p"}}
    entries = [{"resource": {**PATIENT, "id": "p"}}, {"resource": problem}]
    answer = door.post("Bundle", {"resourceType": "Bundle", "type": "collection", "entry": entries})
    assert (answer.status_code, answer.data) == (202, b"")
    status = status_of(node, door, answer)
    assert status["state"] in ("review", "processed")
    assert status["findings"]["resourceType"] == "OperationOutcome"
    assert status["seen-problems"] == 1


@pytest.mark.parametrize("kind", ["document", "searchset", "transaction", "batch", "message", "history"])
def test_any_type_of_bundle_is_kept(door: Api, kind: str) -> None:
    body = {"resourceType": "Bundle", "type": kind, "entry": [{"resource": PATIENT}]}
    assert door.post("Bundle", body).status_code == 202
    assert door.post("", {**body, "id": "x"}).status_code == 202


def test_a_single_resource_is_kept(node: Node, door: Api) -> None:
    answer = door.post("Patient", PATIENT)
    assert answer.status_code == 202
    assert status_of(node, door, answer)["state"] in ("review", "processed")


def test_the_same_bytes_again_give_the_same_place(door: Api) -> None:
    body = {"resourceType": "Bundle", "type": "collection", "id": "same"}
    first, again = door.post("Bundle", body), door.post("Bundle", body)
    assert again.status_code == 202
    assert first.headers["Location"] == again.headers["Location"]


def test_a_document_that_breaks_every_rule_is_kept_with_findings(node: Node, door: Api) -> None:
    broken = {"resourceType": "Observation", "status": 7, "valueQuantity": "x", "subject": []}
    entries = [{"resource": broken}, {"resource": None}, 5, {"resource": {"resourceType": "Nothing"}}]
    answer = door.post("Bundle", {"resourceType": "Bundle", "type": "collection", "entry": entries})
    assert answer.status_code == 202
    status = status_of(node, door, answer)
    assert status["findings"]["issue"]
    assert all(issue.get("diagnostics") for issue in status["findings"]["issue"])


def test_another_partner_does_not_see_the_status(api: Api, door: Api) -> None:
    place = door.post("Bundle", {"resourceType": "Bundle", "type": "collection"}).headers["Location"]
    assert api.get(place.partition("/fhir/")[2]).status_code == 404


def test_the_status_of_nothing_is_not_found(door: Api) -> None:
    assert door.get("door/none").status_code == 404
    assert door.get("door/..%2fx").status_code == 404


@pytest.mark.skipif(not FILES, reason="the shared documents are not beside the project")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_real_document_is_kept_with_findings_somebody_can_act_on(node: Node, door: Api, path: Path) -> None:
    answer = door.post("Bundle", path.read_bytes())
    assert answer.status_code == 202, answer.text
    status = status_of(node, door, answer)
    assert status["state"] in ("review", "processed")
    for issue in status["findings"]["issue"]:
        assert issue["diagnostics"].endswith((".", "!", "?"))
        assert issue["severity"] in ("fatal", "error", "warning", "information")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "Patient/{id}"),
        ("get", "Patient/{id}/_history/1"),
        ("get", "Patient?name=quispe"),
        ("post", "Patient/_search"),
        ("get", "Patient/{id}/$summary"),
        ("put", "Patient/{id}"),
        ("delete", "Patient/{id}"),
    ],
)
def test_a_partner_of_the_door_reads_and_changes_nothing(door: Api, api: Api, method: str, path: str) -> None:
    stored = api.post("Patient", PATIENT)
    patient = {**stored.json, "gender": "other"} if stored.json else {}
    address = path.format(id=patient["id"])
    answer = getattr(door.http, method)(f"/fhir/{address}", headers=door.token, json=patient)
    assert answer.status_code == 403
    assert patient["id"] not in answer.text
    assert api.get(f"Patient/{patient['id']}").headers["ETag"] == 'W/"1"'
