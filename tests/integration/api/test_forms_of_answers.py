"""Parts, compression, HEAD, OPTIONS: the same answer in the form the caller asks for."""

import base64
import gzip
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.integration.api.conftest import PATIENT, Api, Node, as_bytes

Resource = dict[str, Any]
LONG = {
    **PATIENT,
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
}


def keys(body: bytes) -> set[str]:
    return set(json.loads(body))


def test_parts_of_a_resource_are_marked(api: Api) -> None:
    made = json.loads(api.post("Patient", {**LONG, "contact": [{"name": {"text": "Ana"}}]}).data)
    path = f"Patient/{made['id']}"
    always = {"resourceType", "id", "meta"}
    assert keys(api.get(f"{path}?_summary=text").data) == always | {"text"}
    assert keys(api.get(f"{path}?_summary=true").data) == always | {"name", "gender", "birthDate"}
    assert keys(api.get(f"{path}?_summary=data").data) == set(made) - {"text"}
    assert keys(api.get(f"{path}?_elements=gender,name").data) == always | {"gender", "name"}
    tag = json.loads(api.get(f"{path}?_elements=gender").data)["meta"]["tag"][0]["code"]
    assert tag == "SUBSETTED"
    assert api.get(f"{path}?_summary=false").data == api.get(path).data
    found = json.loads(api.get(f"Patient?_id={made['id']}&_elements=gender").data)["entry"][0]["resource"]
    assert set(found) == always | {"gender"}
    form = {"data": {"_id": made["id"], "_summary": "text"}, "headers": api.token}
    posted = json.loads(api.http.post("/fhir/Patient/_search", **form).data)
    assert set(posted["entry"][0]["resource"]) == always | {"text"}
    versions = json.loads(api.get(f"{path}/_history?_elements=gender").data)
    assert set(versions["entry"][0]["resource"]) == always | {"gender"}


def test_a_part_does_not_replace_the_whole(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    part = json.loads(api.get(f"{path}?_elements=gender").data)
    answer = api.put(path, {**part, "gender": "other"})
    assert answer.status_code == 422
    assert json.loads(answer.data)["issue"][0]["expression"] == ["Patient.meta.tag"]
    assert json.loads(api.get(path).data) == stored


def test_a_part_that_is_none_is_a_bad_request_before_anything_is_done(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    for query in ("_summary=some", "_elements=a.b.c", "_elements=%20"):
        assert api.get(f"{path}?{query}").status_code == 400
        assert api.put(f"{path}?{query}", {**stored, "gender": "other"}).status_code == 400
    assert api.get(path).headers["ETag"] == 'W/"1"'


def test_long_answers_are_compressed_for_who_takes_it(http: FlaskClient) -> None:
    plain = http.get("/fhir/metadata")
    small = http.get("/fhir/metadata", headers={"Accept-Encoding": "br, gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert gzip.decompress(small.data) == plain.data
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data) / 2
    for header in ("", "br", "gzip;q=0", "identity"):
        answer = http.get("/fhir/metadata", headers={"Accept-Encoding": header})
        assert "Content-Encoding" not in answer.headers
    short = http.get("/fhir/Nothing/1", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in short.headers


def test_bodies_may_come_compressed_within_the_limit(api: Api, node: Node) -> None:
    body = as_bytes(PATIENT)
    bomb = gzip.compress(b" " * 20_000_000, 1)
    assert len(bomb) < node.settings.message_limit
    sent = {
        gzip.compress(body): 201,
        gzip.compress(body)[:-4]: 400,
        gzip.compress(body) + b"more": 400,
        body: 400,
        bomb: 413,
    }
    for data, status in sent.items():
        answer = api.post("Patient", data, Content_Encoding="gzip")
        assert answer.status_code == status, answer.text
        assert "resourceType" in json.loads(answer.data)
    assert api.post("Patient", body, Content_Encoding="br").status_code == 415
    assert api.post("Patient", body, Content_Encoding="identity").status_code == 201


def test_head_is_get_without_a_body(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    for asked in (path, f"{path}/_history/1", f"{path}/_history", f"Patient?_id={stored['id']}", "metadata"):
        head = api.http.head(f"/fhir/{asked}", headers=api.token)
        get = api.get(asked)
        assert (head.status_code, head.data) == (get.status_code, b"")
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
        assert head.headers.get("ETag") == get.headers.get("ETag")
    assert api.http.head("/fhir/Patient/nobody", headers=api.token).status_code == 404


def test_options_tell_what_the_node_does(http: FlaskClient) -> None:
    answer = http.options("/fhir")
    assert json.loads(answer.data)["resourceType"] == "CapabilityStatement"
    other = http.options("/fhir/Patient/1")
    assert other.status_code == 405
    assert {"GET", "PUT", "PATCH", "DELETE", "HEAD"} <= set(other.headers["Allow"].split(", "))


def test_ids_of_requests_go_back_to_who_sent_them(http: FlaskClient) -> None:
    answer = http.get("/fhir/metadata", headers={"X-Correlation-Id": "all-of-this"})
    assert answer.headers["X-Correlation-Id"] == "all-of-this"
    both = http.get("/fhir/metadata", headers={"X-Correlation-Id": "all-of-this", "X-Request-Id": "one"})
    assert both.headers["X-Correlation-Id"] == "one"


def test_a_binary_is_taken_and_given_in_its_own_format(api: Api, stored: Resource) -> None:
    content = b"%PDF-1.7 \x00\xff"
    context = {"X_Security_Context": f"Patient/{stored['id']}"}
    made = api.post("Binary", content, Content_Type="application/pdf", **context)
    assert made.status_code == 201, made.text
    resource = json.loads(made.data)
    assert base64.b64decode(resource["data"]) == content
    path = f"Binary/{resource['id']}"
    raw = api.get(path, Accept="application/pdf")
    assert (raw.data, raw.content_type) == (content, "application/pdf")
    assert raw.headers["Content-Disposition"].startswith("attachment")
    assert json.loads(api.get(path, Accept="application/fhir+json").data) == resource
    changed = api.put(path, b"x", Content_Type="text/plain", **context)
    assert (changed.status_code, changed.headers["ETag"]) == (200, 'W/"2"')
    assert api.put(path, b"x", Content_Type="text/plain").status_code == 409
    assert api.post("Binary", content, Content_Type="nothing").status_code == 400
    nobody = {"X_Security_Context": "Patient/nobody"}
    assert api.post("Binary", content, Content_Type="application/pdf", **nobody).status_code == 422
    as_resource = {"resourceType": "Binary", "contentType": "text/plain", "data": "eA=="}
    assert api.post("Binary", as_resource).status_code == 201


OF_NOBODY = {
    "Group": {"type": "person", "actual": True},
    "List": {"status": "current", "mode": "working"},
    "DocumentReference": {"status": "current", "content": [{"attachment": {"title": "x"}}]},
    "MeasureReport": {
        "status": "complete",
        "type": "summary",
        "measure": "urn:x",
        "period": {"start": "2026-01-01"},
    },
    "Provenance": {
        "target": [{"reference": "Organization/1"}],
        "recorded": "2026-11-22T10:00:00Z",
        "agent": [{"who": {"display": "x"}}],
    },
}


@pytest.mark.parametrize("kind", sorted(OF_NOBODY))
def test_what_names_no_person_is_kept_for_the_own_systems(node: Node, api: Api, kind: str) -> None:
    made = api.post(kind, {"resourceType": kind, **OF_NOBODY[kind]})
    assert made.status_code == 201, made.text
    resource_id = json.loads(made.data)["id"]
    with node.services.unit() as unit:
        row = unit.records.current(kind, resource_id)
    assert row is not None
    assert row.owner_id == "node"
    assert api.get(f"{kind}/{resource_id}").status_code == 200
    about = {"subject": {"reference": "Patient/nobody"}}
    if kind in ("List", "DocumentReference", "MeasureReport"):
        assert api.post(kind, {"resourceType": kind, **OF_NOBODY[kind], **about}).status_code == 422


def test_a_provenance_belongs_to_the_person_it_is_about(node: Node, api: Api, stored: Resource) -> None:
    target = {"target": [{"reference": f"Patient/{stored['id']}"}]}
    made = api.post("Provenance", {"resourceType": "Provenance", **OF_NOBODY["Provenance"], **target})
    assert made.status_code == 201, made.text
    with node.services.unit() as unit:
        row = unit.records.current("Provenance", json.loads(made.data)["id"])
    assert row is not None
    assert row.owner_id == stored["id"]
