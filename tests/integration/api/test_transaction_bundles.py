"""A transaction is all or nothing over HTTP, and the summary of what it stored is an IPS document."""

import json
from typing import Any

import pytest

from fhir import profiles
from fhir.outcome import has_errors
from tests.integration.api.conftest import PATIENT, Api, Node

WHO = "urn:uuid:11111111-1111-4111-8111-111111111111"


def entry(resource: dict[str, Any], url: str = "") -> dict[str, Any]:
    made = {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}
    return {"fullUrl": url, **made} if url else made


def transaction(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def condition(text: str) -> dict[str, Any]:
    return {"resourceType": "Condition", "code": {"text": text}, "subject": {"reference": WHO}}


def test_a_transaction_stores_everything_and_rewrites_references(api: Api) -> None:
    answer = api.post("", transaction(entry(condition("asma")), entry(PATIENT, WHO)))
    assert answer.status_code == 200, answer.text
    found = json.loads(answer.data)
    assert found["type"] == "transaction-response"
    places = [e["response"]["location"] for e in found["entry"]]
    assert [e["response"]["status"][:3] for e in found["entry"]] == ["201", "201"]
    problem = json.loads(api.get(places[0].partition("/_history")[0]).data)
    assert problem["subject"]["reference"] == places[1].partition("/_history")[0]


def test_one_bad_entry_stores_nothing(api: Api) -> None:
    surname = "Sumaqillari"
    good = {**PATIENT, "name": [{"family": surname}]}
    answer = api.post("", transaction(entry(good, WHO), entry({**condition("x"), "onsetDateTime": "ayer"})))
    assert answer.status_code == 422
    assert json.loads(answer.data)["issue"][0]["expression"][0].startswith("Bundle.entry[1].resource")
    assert json.loads(api.get(f"Patient?family={surname}").data)["total"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Bundle", "type": "batch", "entry": {}},
        {"resourceType": "Bundle", "type": "document"},
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "type": "transaction", "entry": "x"},
        {"resourceType": "Bundle", "type": "transaction", "entry": [None]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": 7, "request": 8}]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "DELETE"}}]},
        transaction({**entry(PATIENT), "request": {"method": "POST", "url": 5}}),
        transaction({**entry(PATIENT), "request": {"method": ["POST"], "url": "Patient"}}),
        transaction(entry(PATIENT, WHO), entry(PATIENT, WHO)),
        transaction({"resource": {"resourceType": {}}, "request": {"method": "POST", "url": "{}"}}),
        {"resourceType": "Patient"},
    ],
)
def test_a_wrong_transaction_is_a_bad_request(api: Api, body: dict[str, Any]) -> None:
    answer = api.post("", body)
    assert answer.status_code in (400, 422), answer.text


def test_a_transaction_is_checked_against_the_scope_of_each_entry(node: Node) -> None:
    narrow = Api(node.http, node.bearer(scope="system/Patient.c"))
    assert narrow.post("", transaction(entry(PATIENT, WHO))).status_code == 200
    assert narrow.post("", transaction(entry(PATIENT, WHO), entry(condition("x")))).status_code == 403


def test_the_summary_is_a_document_that_passes_the_rules(api: Api) -> None:
    answer = api.post("", transaction(entry(condition("asma")), entry(PATIENT, WHO)))
    person = json.loads(answer.data)["entry"][1]["response"]["location"].split("/")[1]
    for way in (api.get, lambda path, **more: api.post(path, b"", **more)):
        found = way(f"Patient/{person}/$summary", Accept_Language="pt")
        assert found.status_code == 200, found.text
        document = json.loads(found.data)
        assert document["type"] == "document"
        assert not has_errors(profiles.issues(document))
        assert "asma" in found.text


def test_a_summary_of_nobody_is_not_found(api: Api) -> None:
    assert api.get("Patient/nobody/$summary").status_code == 404
    assert api.get("Patient/no_body/$summary").status_code == 400
