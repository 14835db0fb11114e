"""Histories: newest first, deletions told, in pages, of one resource or of what may be listed."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from fhir import profiles
from fhir.outcome import has_errors
from tests.integration.api.conftest import PATIENT, Api, Node

Resource = dict[str, Any]


def history(api: Api, path: str) -> Resource:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    found: Resource = json.loads(answer.data)
    assert found["type"] == "history"
    return found


def entries(bundle: Resource) -> list[tuple[str, str, str]]:
    return [
        (each["request"]["method"], each["response"]["etag"], each.get("resource", {}).get("gender", ""))
        for each in bundle.get("entry", ())
    ]


def lived(api: Api) -> str:
    """Give the path of a Patient that was created, changed, deleted and created again."""
    made = json.loads(api.post("Patient", PATIENT).data)
    path = f"Patient/{made['id']}"
    api.put(path, {**made, "gender": "other"})
    api.delete(path)
    api.put(path, {**made, "gender": "male"})
    return path


WHOLE = [
    ("PUT", 'W/"4"', "male"),
    ("DELETE", 'W/"3"', ""),
    ("PUT", 'W/"2"', "other"),
    ("POST", 'W/"1"', "female"),
]


def test_every_version_is_told_newest_first(api: Api) -> None:
    path = lived(api)
    found = history(api, f"{path}/_history")
    assert entries(found) == WHOLE
    assert found["total"] == 4
    assert found["link"][0]["url"].endswith(f"/fhir/{path}/_history")
    assert found["entry"][0]["resource"] == json.loads(api.get(path).data)
    assert not has_errors(profiles.issues(found))


def test_pages_are_followed_to_the_end_and_do_not_move(api: Api) -> None:
    path = lived(api)
    seen, url = [], f"{path}/_history?_count=1"
    while url:
        page = history(api, url)
        seen += entries(page)
        links = {each["relation"]: each["url"] for each in page["link"]}
        if len(seen) == 1:
            api.put(path, {**PATIENT, "id": path.split("/")[1], "gender": "unknown"})
        url = links.get("next", "").rpartition("/fhir/")[2]
    assert seen == WHOLE


def test_since_and_at_choose_by_time(api: Api) -> None:
    made = json.loads(api.post("Patient", PATIENT).data)
    path = f"Patient/{made['id']}"
    time.sleep(0.02)
    between = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    time.sleep(0.02)
    api.put(path, {**made, "gender": "other"})
    both, new, old = [WHOLE[2], WHOLE[3]], [WHOLE[2]], [WHOLE[3]]
    assert entries(history(api, f"{path}/_history?_since={between}")) == new
    assert entries(history(api, f"{path}/_history?_at={between}")) == old
    assert entries(history(api, f"{path}/_history?_at={between[:4]}")) == both
    assert entries(history(api, f"{path}/_history?_since=2001")) == both
    assert entries(history(api, f"{path}/_history?_since=2999-01-01T00:00:00Z")) == []
    assert entries(history(api, f"{path}/_history?_at=2001-01-01")) == []


def test_a_type_is_listed_where_nobody_stands_in_it(api: Api, stored: Resource) -> None:
    place = json.loads(api.post("Organization", {"resourceType": "Organization", "name": "Posta"}).data)
    found = history(api, "Organization/_history?_count=1")
    assert found["entry"][0]["resource"]["id"] == place["id"]
    problem = {"resourceType": "Condition", "subject": {"reference": f"Patient/{stored['id']}"}}
    made = json.loads(api.post("Condition", problem).data)
    mine = history(api, f"Condition/_history?patient={stored['id']}")
    assert [each["resource"]["id"] for each in mine["entry"]] == [made["id"]]
    assert history(api, f"Condition/_history?patient=Patient/{stored['id']}")["entry"] == mine["entry"]
    refused = api.get("Condition/_history")
    assert (refused.status_code, json.loads(refused.data)["issue"][0]["code"]) == (403, "too-costly")


WRONG = [
    "_since=yesterday",
    "_at=2026-13-01",
    "_count=-1",
    "_count=x",
    "_before=x",
    "_since=2026-11-22T99:00:00Z",
]


@pytest.mark.parametrize("query", WRONG)
def test_a_parameter_that_cannot_be_read_is_a_bad_request(api: Api, stored: Resource, query: str) -> None:
    assert api.get(f"Patient/{stored['id']}/_history?{query}").status_code == 400


def test_a_history_of_nothing_is_not_found(api: Api) -> None:
    assert api.get("Patient/nobody/_history").status_code == 404
    assert api.get("Account/_history").status_code == 404
    assert api.get("_history").status_code == 404
    assert api.get("Condition/_history?patient=no_id").status_code == 400


def test_unknown_parameters_are_refused_to_who_is_strict(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}/_history?_list=1"
    assert api.get(path).status_code == 200
    assert api.get(path, Prefer="handling=strict").status_code == 400


def test_a_partner_of_another_programme_sees_and_changes_nothing(node: Node, api: Api) -> None:
    other, path = Api(node.http, node.bearer("co")), lived(api)
    patient_id = path.split("/")[1]
    assert other.get(f"{path}/_history").status_code == 404
    assert other.get(f"Condition/_history?patient={patient_id}").status_code == 404
    assert other.get("Organization/_history").status_code == 200
    patch = {"Content_Type": "application/json-patch+json"}
    assert other.patch(path, [], **patch).status_code == 403
    assert other.delete(path).status_code == 403
    assert other.put(f"Patient?_id={patient_id}", PATIENT).status_code == 403
    assert other.post("Patient", PATIENT, If_None_Exist=f"_id={patient_id}").status_code == 403
    entries = [{"request": {"method": "GET", "url": path}}, {"request": {"method": "DELETE", "url": path}}]
    whole = other.post("", {"resourceType": "Bundle", "type": "transaction", "entry": entries[:1]})
    assert whole.status_code == 403
    each = json.loads(other.post("", {"resourceType": "Bundle", "type": "batch", "entry": entries}).data)
    assert [one["response"]["status"][:3] for one in each["entry"]] == ["404", "403"]


def test_the_door_is_the_only_way_in_for_partners_of_the_door(node: Node, api: Api) -> None:
    door, path = Api(node.http, node.bearer("fhir-demo")), lived(api)
    assert door.get(f"{path}/_history").status_code == 403
    assert door.patch(path, [], Content_Type="application/json-patch+json").status_code == 403
    assert door.put("Patient?_id=1", PATIENT).status_code == 403
    assert door.put("Binary/1", b"x", Content_Type="text/plain").status_code == 403
    assert door.post("Binary", b"x", Content_Type="text/plain").status_code == 415
