"""Transactions, batches, patches and conditions spoiled at random: refused or done, never a 500."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.api.conftest import PATIENT, Api
from tests.integration.api.test_strange_documents import QUICK, Place, changes, spoiled

WHO = "urn:uuid:33333333-1111-4111-8111-111111111111"
JSON_PATCH = "application/json-patch+json"
OPERATIONS: list[dict[str, Any]] = [
    {"op": "add", "path": "/telecom", "value": [{"system": "phone", "value": "1"}]},
    {"op": "copy", "from": "/telecom/0", "path": "/telecom/-"},
    {"op": "move", "from": "/telecom/0", "path": "/telecom/1"},
    {"op": "test", "path": "/gender", "value": "female"},
    {"op": "replace", "path": "/gender", "value": "other"},
    {"op": "remove", "path": "/telecom/1"},
]
PATHS = ["Patient", "Patient.name[0].given", "name.where(use='x').family", "Patient.extension('u').value"]


def parameters() -> dict[str, Any]:
    return {
        "resourceType": "Parameters",
        "parameter": [
            {
                "name": "operation",
                "part": [
                    {"name": "type", "valueCode": kind},
                    {"name": "path", "valueString": path},
                    {"name": "name", "valueString": "contact"},
                    {"name": "index", "valueInteger": 0},
                    {"name": "source", "valueInteger": 0},
                    {"name": "destination", "valueInteger": 0},
                    {"name": "value", "part": [{"name": "gender", "valueCode": "male"}]},
                ],
            }
            for kind in ("add", "insert", "delete", "replace", "move")
            for path in PATHS
        ],
    }


def bundle(stored: dict[str, Any], kind: str) -> dict[str, Any]:
    path = f"Patient/{stored['id']}"
    patch = base64.b64encode(json.dumps(OPERATIONS).encode()).decode()
    binary = {"resourceType": "Binary", "contentType": JSON_PATCH, "data": patch}
    problem = {"resourceType": "Condition", "code": {"text": "x"}, "subject": {"reference": WHO}}
    seen = {**problem, "subject": {"reference": f"Patient?_id={stored['id']}"}}
    entries: list[tuple[str, str, Any]] = [
        ("POST", "Patient", PATIENT),
        ("POST", "Condition", problem),
        ("POST", "Condition", seen),
        ("PUT", f"Patient?_id={stored['id']}", {**PATIENT, "id": stored["id"]}),
        ("PATCH", path, binary),
        ("PATCH", path, parameters()),
        ("DELETE", "Patient?_id=none", None),
        ("GET", f"{path}/_history/1", None),
        ("GET", "Patient?_id=none", None),
    ]
    made = [
        {
            "fullUrl": WHO if number == 0 else f"urn:x:{number}",
            "request": {"method": method, "url": url, "ifMatch": 'W/"1"', "ifNoneExist": "_id=none"},
            **({"resource": resource} if resource else {}),
        }
        for number, (method, url, resource) in enumerate(entries)
    ]
    for number, entry in enumerate(made):
        entry["request"].pop("ifMatch" if number != 5 else "ifNoneExist")  # type: ignore[attr-defined]
        if number:
            entry["request"].pop("ifNoneExist", None)  # type: ignore[attr-defined]
    return {"resourceType": "Bundle", "type": kind, "entry": made}


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_spoiled_bundles_are_refused_or_carried_out(
    api: Api, stored: dict[str, Any], scaled: Callable[[int], int], kind: str
) -> None:
    whole = bundle(stored, kind)

    @settings(QUICK, max_examples=scaled(2_000))
    @given(given_changes=changes(whole))
    def send(given_changes: list[tuple[Place, Any]]) -> None:
        answer = api.post("", spoiled(whole, given_changes))
        assert answer.status_code < 500, (given_changes, answer.text)
        assert b'"status":"500' not in answer.data, (given_changes, answer.text)

    send()


@pytest.mark.parametrize("content", [JSON_PATCH, "application/fhir+json"])
def test_spoiled_patches_are_refused_or_done(
    api: Api, stored: dict[str, Any], scaled: Callable[[int], int], content: str
) -> None:
    whole: Any = OPERATIONS if content == JSON_PATCH else parameters()

    @settings(QUICK, max_examples=scaled(2_500))
    @given(given_changes=changes(whole))
    def send(given_changes: list[tuple[Place, Any]]) -> None:
        answer = api.patch(f"Patient/{stored['id']}", spoiled(whole, given_changes), Content_Type=content)
        assert answer.status_code < 500, (given_changes, answer.text)

    send()


def test_strange_conditions_and_headers_are_refused(
    api: Api, stored: dict[str, Any], scaled: Callable[[int], int]
) -> None:
    words = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\x00"), max_size=60)
    names = st.sampled_from(["If_None_Exist", "If_Match", "If_None_Match", "Prefer", "If_Modified_Since"])

    @settings(QUICK, max_examples=scaled(2_500))
    @given(name=names, value=words, query=words)
    def send(name: str, value: str, query: str) -> None:
        safe = "".join(each for each in query if each not in "#")
        for answer in (
            api.post("Patient", PATIENT, **{name: value}),
            api.put(f"Patient/{stored['id']}?{safe}", stored, **{name: value}),
            api.get(f"Patient/{stored['id']}?_elements={safe}&_summary=", **{name: value}),
            api.get(f"Patient/{stored['id']}/_history?_at={safe}", **{name: value}),
            api.delete(f"Condition?{safe}", **{name: value}),
        ):
            assert answer.status_code < 500, (name, value, query, answer.text)

    send()
