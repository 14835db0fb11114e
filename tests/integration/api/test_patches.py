"""PATCH over HTTP: both formats, checked like an update, nothing written when nothing changes."""

import json
from typing import Any

import pytest

from tests.integration.api.conftest import Api

JSON_PATCH = "application/json-patch+json"
Resource = dict[str, Any]


def replace(path: str, value: object) -> list[dict[str, Any]]:
    return [{"op": "replace", "path": path, "value": value}]


def by_path(path: str, **value: Any) -> Resource:
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": path},
        {"name": "value", **value},
    ]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}


def test_both_formats_write_the_next_version(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    first = api.patch(path, replace("/gender", "other"), Content_Type=JSON_PATCH)
    assert (first.status_code, first.headers["ETag"]) == (200, 'W/"2"')
    second = api.patch(path, by_path("Patient.gender", valueCode="male"), If_Match='W/"2"')
    assert (second.status_code, json.loads(second.data)["gender"]) == (200, "male")
    assert api.patch(path, by_path("Patient.gender", valueCode="male"), If_Match='W/"2"').status_code == 412
    assert json.loads(api.get(f"{path}/_history/1").data)["gender"] == "female"


def test_a_patch_that_changes_nothing_writes_no_version(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    answer = api.patch(path, replace("/gender", "female"), Content_Type=JSON_PATCH)
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"1"')


def test_numbers_keep_their_tokens_through_a_patch(api: Api, stored: Resource) -> None:
    weight = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "peso"},
        "subject": {"reference": f"Patient/{stored['id']}"},
        "valueQuantity": {"value": "HERE"},
    }
    made = json.loads(api.post("Observation", json.dumps(weight).replace('"HERE"', "70.50").encode()).data)
    body = b'[{"op":"add","path":"/referenceRange","value":[{"low":{"value":60.0}}]}]'
    answer = api.patch(f"Observation/{made['id']}", body, Content_Type=JSON_PATCH)
    assert answer.status_code == 200, answer.text
    assert b'"value":70.50' in answer.data
    assert b'"value":60.0' in answer.data


REFUSED = [
    (replace("/gender", "zzz"), 422),
    (replace("/birthPlace", "x"), 422),
    (replace("/id", "other"), 422),
    (replace("/resourceType", "Person"), 422),
    ([{"op": "test", "path": "/gender", "value": "male"}], 422),
    ([{"op": "nothing"}], 400),
    ({"op": "add"}, 400),
    (b"[", 400),
    (b"", 400),
    (b"[" * 100 + b"]" * 100, 400),
    (b'[{"op":"test","op":"add"}]', 400),
]


@pytest.mark.parametrize(("body", "status"), REFUSED, ids=range(len(REFUSED)))
def test_a_patch_that_does_not_fit_is_told_and_changes_nothing(
    api: Api, stored: Resource, body: object, status: int
) -> None:
    answer = api.patch(f"Patient/{stored['id']}", body, Content_Type=JSON_PATCH)
    assert answer.status_code == status, answer.text
    assert json.loads(answer.data)["resourceType"] == "OperationOutcome"
    assert api.get(f"Patient/{stored['id']}").headers["ETag"] == 'W/"1"'


def test_a_body_of_another_kind_is_refused(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    assert api.patch(path, stored).status_code == 400
    assert api.patch(path, [], Content_Type="application/xml-patch+xml").status_code == 415
    assert api.patch(path, by_path("Patient.x(", valueCode="male")).status_code == 422
    assert api.patch("Patient/nobody", [], Content_Type=JSON_PATCH).status_code == 404
    api.delete(path)
    assert api.patch(path, [], Content_Type=JSON_PATCH).status_code == 410


def test_a_condition_picks_what_is_patched(api: Api) -> None:
    value = "patched-1"
    api.post("Patient", {"resourceType": "Patient", "identifier": [{"system": "urn:t", "value": value}]})
    path = f"Patient?identifier=urn:t|{value}"
    answer = api.patch(path, [{"op": "add", "path": "/active", "value": True}], Content_Type=JSON_PATCH)
    assert (answer.status_code, json.loads(answer.data)["active"]) == (200, True)
    assert api.patch("Patient?identifier=urn:t|none", [], Content_Type=JSON_PATCH).status_code == 404
