"""The CapabilityStatement says what the code does, no more and no less."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from fhir import profiles, r4
from fhir.outcome import has_errors
from tests.integration.api.conftest import PATIENT, Api, Node


@pytest.fixture(scope="module")
def statement(node: Node) -> dict[str, Any]:
    """Give the statement, read without a token."""
    answer = node.http.get("/fhir/metadata")
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.data)
    return found


def test_the_statement_is_valid_and_of_this_version(statement: dict[str, Any]) -> None:
    r4.class_for("CapabilityStatement").model_validate(statement)
    assert statement["fhirVersion"] == "4.0.1"
    assert not has_errors(profiles.issues(statement))


def test_the_statement_has_an_etag(node: Node) -> None:
    tag = node.http.get("/fhir/metadata").headers["ETag"]
    assert node.http.get("/fhir/metadata", headers={"If-None-Match": tag}).status_code == 304


def test_every_interaction_it_names_is_answered(statement: dict[str, Any], api: Api) -> None:
    for resource in statement["rest"][0]["resource"]:
        kind = resource["type"]
        answers = {
            "read": api.get(f"{kind}/none").status_code,
            "vread": api.get(f"{kind}/none/_history/1").status_code,
            "update": api.put(f"{kind}/none", {"resourceType": kind, "id": "none"}).status_code,
            "patch": api.patch(f"{kind}/none", [], Content_Type="application/json-patch+json").status_code,
            "delete": api.delete(f"{kind}/none").status_code,
            "history-instance": api.get(f"{kind}/none/_history").status_code,
            "history-type": api.get(f"{kind}/_history?patient=none").status_code,
            "create": api.post(kind, {"resourceType": kind, "unknownElement": 1}).status_code,
            "search-type": api.get(f"{kind}?_id=none").status_code,
        }
        named = {each["code"] for each in resource["interaction"]}
        if kind == "Bundle":
            # Documents are handed over there: it makes no Bundle to read.
            del answers["create"]
        if answers["search-type"] == 404:
            del answers["search-type"]
        assert {name for name, status in answers.items() if status != 405} == named, kind
        assert answers["read"] == 404, kind
        assert answers["vread"] == (404 if "vread" in named else 405), kind
        assert 500 not in answers.values(), kind


def test_every_search_parameter_it_names_is_used(statement: dict[str, Any], api: Api) -> None:
    patient = next(each for each in statement["rest"][0]["resource"] if each["type"] == "Patient")
    values = {"date": "1990-05-17", "reference": "Patient/1"}
    for parameter in patient["searchParam"]:
        name = parameter["name"]
        answer = api.get(
            f"Patient?_id=none&{name}={values.get(parameter['type'], 'x')}", Prefer="handling=strict"
        )
        assert answer.status_code == 200, (name, answer.text)


def test_types_it_does_not_name_are_not_there(statement: dict[str, Any], api: Api) -> None:
    named = {each["type"] for each in statement["rest"][0]["resource"]}
    assert "Account" not in named
    assert api.get("Account/1").status_code == 404
    assert api.post("Account", {"resourceType": "Account"}).status_code == 404
    assert api.post("Bundle", {"resourceType": "Bundle", "type": "collection"}).status_code == 400


@pytest.mark.parametrize(
    "path", ["/.well-known/smart-configuration", "/fhir/.well-known/smart-configuration"]
)
def test_the_smart_configuration_names_the_token_endpoint(http: FlaskClient, path: str) -> None:
    answer = http.get(path, headers={"Accept": "text/html"})
    assert answer.content_type == "application/json"
    found = answer.get_json()
    assert found["token_endpoint"] == "http://127.0.0.1:8000/oauth/token"
    assert found["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert {"ES384", "RS384"} <= set(found["token_endpoint_auth_signing_alg_values_supported"])
    assert {"client-confidential-asymmetric", "permission-v2"} <= set(found["capabilities"])


def test_formats_are_negotiated(api: Api, http: FlaskClient) -> None:
    accepted = ["application/fhir+json", "application/json", "*/*", "text/html, application/fhir+json;q=0.5"]
    accepted += ["application/fhir+json; fhirVersion=4.0", "application/*", "text/json"]
    refused = ["application/fhir+xml", "text/html", "application/fhir+json; fhirVersion=5.0"]
    refused += ["application/fhir+json;q=0", "nonsense"]
    assert {http.get("/fhir/metadata", headers={"Accept": one}).status_code for one in accepted} == {200}
    assert {http.get("/fhir/metadata", headers={"Accept": one}).status_code for one in refused} == {406}
    for asked in ("json", "application/fhir%2Bjson", "application/fhir+json"):
        assert http.get(f"/fhir/metadata?_format={asked}", headers={"Accept": "x/y"}).status_code == 200
    assert http.get("/fhir/metadata?_format=xml").status_code == 406


@pytest.mark.parametrize(
    "content", ["", "text/plain", "application/fhir+xml", "application/x-www-form-urlencoded"]
)
def test_a_body_of_another_type_is_refused(api: Api, content: str) -> None:
    answer = api.post("Patient", PATIENT, Content_Type=content)
    assert answer.status_code == 415
    assert json.loads(answer.data)["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("content", "status"), [("application/fhir+json; fhirVersion=5.0", 415), ("application/json", 201)]
)
def test_the_version_of_a_body_is_looked_at(api: Api, content: str, status: int) -> None:
    assert api.post("Patient", PATIENT, Content_Type=content).status_code == status


def test_every_answer_has_its_own_id_and_closed_headers(http: FlaskClient) -> None:
    for path in ("/fhir/metadata", "/fhir/Patient/1", "/fhir/nothing/there/is", "/healthz", "/oauth/token"):
        answer = http.get(path, headers={"X-Request-Id": "mine-1"})
        assert len(answer.headers["X-Request-Id"]) == 16
        assert answer.headers["X-Correlation-Id"] == "mine-1"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers


def test_an_id_that_is_no_id_is_not_repeated(http: FlaskClient) -> None:
    assert "X-Correlation-Id" not in http.get("/healthz", headers={"X-Request-Id": "a b"}).headers


def test_a_wrong_method_names_the_right_ones(http: FlaskClient) -> None:
    answer = http.post("/fhir/Patient/1")
    assert answer.status_code == 405
    assert "PUT" in answer.headers["Allow"]
    assert http.get("/exchange/v1/messages").status_code == 405


def test_health_and_measurements_name_no_person(api: Api, stored: dict[str, Any]) -> None:
    assert api.http.get("/healthz").get_json() == {"status": "ok", "database": True}
    api.get(f"Patient/{stored['id']}")
    api.http.get(f"/fhir/{stored['id']}/{stored['id']}")
    text = api.http.get("/metrics").text
    assert (
        'puente_request_seconds_count{method="GET",route="/fhir/<resource_type>/<resource_id>",status="200"}'
        in text
    )
    assert 'puente_rows{box="outbox",state="parked"} 0.0' in text
    assert 'puente_oldest_waiting_seconds{box="outbox"} 0.0' in text
    assert stored["id"] not in text
    assert "Quispe" not in text


def test_measurements_are_not_told_outside(http: FlaskClient) -> None:
    assert http.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
