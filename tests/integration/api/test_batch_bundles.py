"""A batch: each entry on its own, in the form a single request would be answered."""

import base64
import json
from dataclasses import replace
from typing import Any

from fhir import profiles
from fhir.outcome import has_errors
from registry import create_app
from tests.integration.api.conftest import PATIENT, Api, Node

Resource = dict[str, Any]


def batch(api: Api, *entries: Any, **headers: str) -> list[Resource]:
    answer = api.post("", {"resourceType": "Bundle", "type": "batch", "entry": list(entries)}, **headers)
    assert answer.status_code == 200, answer.text
    found = json.loads(answer.data)
    assert found["type"] == "batch-response"
    assert not has_errors(profiles.issues(found))
    listed: list[Resource] = found["entry"]
    return listed


def entry(method: str, url: str, resource: Resource | None = None, **request: str) -> Resource:
    made: Resource = {"request": {"method": method, "url": url, **request}}
    return {**made, "resource": resource} if resource is not None else made


def statuses(entries: list[Resource]) -> list[str]:
    return [each["response"]["status"][:3] for each in entries]


def test_every_interaction_is_answered_in_its_place(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    patch = [{"op": "replace", "path": "/gender", "value": "other"}]
    as_binary = {
        "contentType": "application/json-patch+json",
        "data": base64.b64encode(json.dumps(patch).encode()),
    }
    binary = {"resourceType": "Binary", **as_binary, "data": as_binary["data"].decode()}  # type: ignore[attr-defined]
    found = batch(
        api,
        entry("GET", path),
        entry("POST", "Patient", PATIENT),
        entry("PATCH", path, binary, ifMatch='W/"1"'),
        entry("GET", f"{path}/_history"),
        entry("GET", f"Patient?_id={stored['id']}"),
        entry("GET", path, ifNoneMatch='W/"2"'),
        entry("DELETE", path),
        entry("GET", path),
        entry("HEAD", "metadata"),
    )
    assert statuses(found) == ["200", "201", "200", "200", "200", "304", "204", "410", "200"]
    assert found[0]["resource"] == stored
    assert "resource" not in found[1]
    assert found[1]["response"]["location"].endswith("/_history/1")
    assert found[2]["response"]["etag"] == 'W/"2"'
    assert found[4]["resource"]["type"] == "searchset"
    assert found[7]["response"]["outcome"]["issue"][0]["code"] == "deleted"


def test_an_entry_that_fails_does_not_stop_the_others(api: Api) -> None:
    found = batch(
        api,
        entry("POST", "Patient", {**PATIENT, "gender": "zzz"}),
        entry("POST", "Nothing", {"resourceType": "Nothing"}),
        entry("POST", "Patient", PATIENT, ifNoneExist=""),
        7,
        {"request": {"method": "GROW", "url": "Patient"}},
        entry("POST", "", {"resourceType": "Bundle", "type": "batch"}),
        entry("POST", "/", {"resourceType": "Bundle", "type": "batch"}),
        entry("GET", "Patient/%C3%A9"),
        entry("GET", "Patient/é?x=é"),
        entry("GET", "../oauth/token"),
        {**entry("GET", "Patient/nobody"), "fullUrl": []},
        entry("POST", "Patient", PATIENT),
    )
    assert statuses(found) == [
        "422",
        "404",
        "400",
        "400",
        "400",
        "400",
        "400",
        "400",
        "400",
        "404",
        "404",
        "201",
    ]
    assert all("outcome" in each["response"] for each in found[:-1])


def test_entries_cannot_refer_to_each_other(api: Api) -> None:
    who = "urn:uuid:22222222-1111-4111-8111-111111111111"
    problem = {"resourceType": "Condition", "subject": {"reference": who}}
    person = {**entry("POST", "Patient", PATIENT), "fullUrl": who}
    assert statuses(batch(api, person, entry("POST", "Condition", problem))) == ["201", "400"]


def test_the_caller_chooses_what_comes_back(api: Api) -> None:
    whole = batch(api, entry("POST", "Patient", PATIENT), Prefer="return=representation")
    assert whole[0]["resource"]["name"] == PATIENT["name"]
    told = batch(api, entry("POST", "Patient", PATIENT), Prefer="return=OperationOutcome")
    assert told[0]["response"]["outcome"]["resourceType"] == "OperationOutcome"


def test_answers_do_not_grow_without_end(node: Node, api: Api) -> None:
    settings = replace(node.settings, message_limit=1_000)
    small = create_app(settings, replace(node.services, settings=settings)).test_client()
    found = batch(Api(small, api.token), *[entry("GET", "metadata")] * 3)
    assert statuses(found) == ["200", "413", "413"]
    assert found[1]["response"]["outcome"]["issue"][0]["code"] == "too-costly"


def test_a_batch_has_a_limit(api: Api) -> None:
    body = {"resourceType": "Bundle", "type": "batch", "entry": [{}] * 501}
    assert api.post("", body).status_code == 400
