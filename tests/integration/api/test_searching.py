"""Search Patients over HTTP: exact answers, honest self links, no search that opens everybody."""

import json
import uuid
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.integration.api.conftest import PATIENT, Api

SYSTEM = "urn:test:passport"


@pytest.fixture(scope="module")
def rosa(api: Api) -> dict[str, Any]:
    """Give somebody with a document of her own."""
    number = f"P{uuid.uuid4().int % 10**9}"
    answer = api.post("Patient", {**PATIENT, "identifier": [{"system": SYSTEM, "value": number}]})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = json.loads(answer.data)
    return found


def bundle(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = json.loads(answer.data)
    assert (found["resourceType"], found["type"]) == ("Bundle", "searchset")
    return found


def matches(answer: TestResponse) -> list[str]:
    entries = bundle(answer).get("entry", [])
    return [e["resource"]["id"] for e in entries if e["search"]["mode"] == "match"]


def number_of(person: dict[str, Any]) -> str:
    return str(person["identifier"][0]["value"])


@pytest.mark.parametrize("form", ["{system}|{number}", "{number}", "nothing,{system}|{number}"])
def test_a_person_is_found_by_document(api: Api, rosa: dict[str, Any], form: str) -> None:
    value = form.format(system=SYSTEM, number=number_of(rosa))
    answer = api.get(f"Patient?identifier={value}")
    assert matches(answer) == [rosa["id"]]
    found = bundle(answer)
    assert found["total"] == 1
    assert found["entry"][0]["fullUrl"].endswith(f"/fhir/Patient/{rosa['id']}")


def test_the_match_holds_the_stored_bytes(api: Api, rosa: dict[str, Any]) -> None:
    read = api.get(f"Patient/{rosa['id']}").data
    assert read in api.get(f"Patient?identifier={SYSTEM}|{number_of(rosa)}").data


def test_a_document_of_another_system_is_not_found(api: Api, rosa: dict[str, Any]) -> None:
    found = bundle(api.get(f"Patient?identifier=urn:other|{number_of(rosa)}"))
    assert found["total"] == 0
    assert "entry" not in found


def test_a_form_finds_the_same_and_keeps_the_document_out_of_the_address(
    api: Api, rosa: dict[str, Any]
) -> None:
    form = "application/x-www-form-urlencoded"
    body = f"identifier={SYSTEM}%7C{number_of(rosa)}".encode()
    assert matches(api.post("Patient/_search", body, Content_Type=form)) == [rosa["id"]]


def test_a_search_form_of_another_type_is_refused(api: Api) -> None:
    assert api.post("Patient/_search", b"{}", Content_Type="application/json").status_code == 415


def test_name_and_birth_date_narrow_together(api: Api, rosa: dict[str, Any]) -> None:
    assert rosa["id"] in matches(api.get("Patient?family=quispe&birthdate=1990-05-17&_count=200"))
    assert matches(api.get("Patient?family=quispe&birthdate=1871-01-01")) == []


def test_the_self_link_shows_only_what_was_used(api: Api, rosa: dict[str, Any]) -> None:
    answer = api.get(f"Patient?identifier={number_of(rosa)}&favourite=blue")
    found = bundle(answer)
    assert "favourite" not in found["link"][0]["url"]
    assert f"identifier={number_of(rosa)}" in found["link"][0]["url"]
    outcome = found["entry"][-1]
    assert outcome["search"]["mode"] == "outcome"
    assert outcome["resource"]["issue"][0]["severity"] == "warning"


def test_an_unknown_parameter_is_refused_when_the_caller_is_strict(api: Api, rosa: dict[str, Any]) -> None:
    answer = api.get(f"Patient?identifier={number_of(rosa)}&favourite=blue", Prefer="handling=strict")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "query", ["", "?", "?gender=female", "?_count=10", "?birthdate=1990", "?birthdate=gt1900-01-01"]
)
def test_a_search_for_everybody_is_refused_with_advice(api: Api, query: str) -> None:
    answer = api.get(f"Patient{query}")
    assert answer.status_code == 403
    issue = json.loads(answer.data)["issue"][0]
    assert issue["code"] == "too-costly"
    assert "identifier" in issue["diagnostics"]


@pytest.mark.parametrize(
    "query",
    ["birthdate=yesterday", "_count=many", "identifier=|", "_id=a%00b", "name:above=x", "identifier="],
)
def test_a_value_nobody_can_read_is_a_bad_request(api: Api, query: str) -> None:
    assert api.get(f"Patient?{query}").status_code == 400


@pytest.mark.parametrize(
    "query", ["identifier=" + "9" * 5000, "name=" + "%F0%9F%98%80" * 50, "family=%27%3B--"]
)
def test_a_strange_value_finds_nobody(api: Api, query: str) -> None:
    assert matches(api.get(f"Patient?{query}")) == []


def test_what_has_no_search_parameter_of_its_own_is_not_searched(api: Api) -> None:
    assert api.get("Binary?_id=1").status_code == 404
