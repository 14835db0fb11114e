"""Bulk Data export over HTTP: asked for, done in steps by a worker, fetched, ended."""

import gzip
import json
import uuid
from typing import Any

import pytest

from registry.store.engine import make_engine
from registry.usecases.bulk import ending
from registry.usecases.bulk.exporting import steps as export_steps
from tests.integration.api.conftest import PATIENT, Api, Node

ASYNC = {"Prefer": "respond-async"}
NDJSON = "application/fhir+ndjson"


def person(api: Api, name: str) -> str:
    stored = api.post("Patient", {**PATIENT, "name": [{"family": name}]})
    assert stored.status_code == 201, stored.text
    return str(stored.get_json(force=True)["id"])


def weight(api: Api, patient: str, kilograms: str = "61.50") -> str:
    body = (
        '{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org",'
        f'"code":"29463-7"}}]}},"subject":{{"reference":"Patient/{patient}"}},'
        f'"valueQuantity":{{"value":{kilograms},"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}}}'
    )
    stored = api.post("Observation", body.encode())
    assert stored.status_code == 201, stored.text
    return str(stored.get_json(force=True)["id"])


def ask(api: Api, path: str, **headers: str) -> str:
    """Ask for an export; return the path of its status under the FHIR base."""
    answer = api.get(path, **{**ASYNC, **headers})
    assert answer.status_code == 202, answer.text
    return answer.headers["Content-Location"].partition("/fhir/")[2]


def work(node: Node, status: str) -> str | None:
    return export_steps.work(node.services, status.rpartition("/")[2], "test")


def manifest(api: Api, status: str) -> dict[str, Any]:
    answer = api.get(status)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json(force=True)
    return found


def fetch(api: Api, url: str, **headers: str) -> list[dict[str, Any]]:
    answer = api.get(url.partition("/fhir/")[2], Accept=NDJSON, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == NDJSON
    body = gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
    return [json.loads(line) for line in body.decode().splitlines()]


def everything(api: Api, found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    kept: dict[str, list[dict[str, Any]]] = {}
    for each in found["output"]:
        lines = fetch(api, each["url"])
        assert len(lines) == each["count"]
        assert {line["resourceType"] for line in lines} == {each["type"]}
        kept.setdefault(each["type"], []).extend(lines)
    return kept


def test_an_export_of_the_system_has_every_resource_once_as_it_is_read(node: Node, api: Api) -> None:
    people = {person(api, "Huaman") for _ in range(3)}
    weights = {weight(api, each, "61.50") for each in people}
    organization = api.post("Organization", {"resourceType": "Organization", "name": "Centro"}).get_json(
        force=True
    )["id"]
    status = ask(api, "$export")
    waiting = api.get(status)
    assert waiting.status_code == 202
    assert len(waiting.headers["X-Progress"]) < 100
    assert int(waiting.headers["Retry-After"]) > 0
    assert work(node, status) == "done"
    found = manifest(api, status)
    assert found["request"].endswith("/fhir/$export")
    assert found["requiresAccessToken"] is True
    assert found["error"] == found["deleted"] == []
    kept = everything(api, found)
    for kind, expected in (("Patient", people), ("Observation", weights), ("Organization", {organization})):
        ids = [line["id"] for line in kept[kind]]
        assert expected <= set(ids)
        assert len(ids) == len(set(ids)), "nothing twice"
    one = next(iter(weights))
    url = next(each["url"] for each in found["output"] if each["type"] == "Observation")
    body = api.get(url.partition("/fhir/")[2], Accept=NDJSON).data
    assert api.get(f"Observation/{one}").data in body.splitlines(), "the bytes are those of a read"


def test_files_come_as_gzip_to_who_takes_it(node: Node, api: Api) -> None:
    person(api, "Chura")
    status = ask(api, "Patient/$export?_type=Patient")
    work(node, status)
    (output,) = manifest(api, status)["output"]
    packed = api.get(output["url"].partition("/fhir/")[2], Accept=NDJSON, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert fetch(api, output["url"], Accept_Encoding="gzip") == fetch(api, output["url"])


def test_a_patient_export_has_no_directory_and_only_the_people_named(node: Node, api: Api) -> None:
    api.post("Organization", {"resourceType": "Organization", "name": "Centro"})
    one, other = person(api, "Quispe"), person(api, "Mamani")
    weight(api, one)
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "patient", "valueReference": {"reference": f"Patient/{one}"}}],
    }
    answer = api.post("Patient/$export", body, **ASYNC)
    assert answer.status_code == 202, answer.text
    status = answer.headers["Content-Location"].partition("/fhir/")[2]
    work(node, status)
    kept = everything(api, manifest(api, status))
    assert kept.keys() == {"Patient", "Observation"}
    assert [line["id"] for line in kept["Patient"]] == [one]
    assert other not in json.dumps(kept)


def test_a_group_export_has_its_members(node: Node, api: Api) -> None:
    inside, left, outside = (person(api, "Flores") for _ in range(3))
    group = {
        "resourceType": "Group",
        "type": "person",
        "actual": True,
        "member": [
            {"entity": {"reference": f"Patient/{inside}"}},
            {"entity": {"reference": f"Patient/{left}"}, "inactive": True},
        ],
    }
    stored = api.post("Group", group)
    assert stored.status_code == 201, stored.text
    status = ask(api, f"Group/{stored.get_json(force=True)['id']}/$export")
    work(node, status)
    kept = everything(api, manifest(api, status))
    assert [line["id"] for line in kept["Patient"]] == [inside]
    assert outside not in json.dumps(kept)
    assert api.get("Group/none/$export", **ASYNC).status_code == 404


def test_since_gives_what_changed_and_what_was_deleted(node: Node, api: Api) -> None:
    patient = person(api, "Condori")
    before, gone = weight(api, patient), weight(api, patient)
    status = ask(api, "$export")
    work(node, status)
    moment = manifest(api, status)["transactionTime"]
    api.delete(f"Observation/{gone}")
    after = weight(api, patient)
    later = ask(api, f"$export?_since={moment}&_type=Observation")
    work(node, later)
    found = manifest(api, later)
    ids = [line["id"] for line in everything(api, found)["Observation"]]
    assert after in ids
    assert before not in ids
    (deleted,) = found["deleted"]
    assert deleted["type"] == "Bundle"
    entries = [entry["request"] for bundle in fetch(api, deleted["url"]) for entry in bundle["entry"]]
    assert {"method": "DELETE", "url": f"Observation/{gone}"} in entries


def test_elements_leave_the_mandatory_and_the_named_ones(node: Node, api: Api) -> None:
    patient = person(api, "Poma")
    one = weight(api, patient)
    status = ask(api, "$export?_type=Observation&_elements=valueQuantity")
    work(node, status)
    (found,) = [line for line in everything(api, manifest(api, status))["Observation"] if line["id"] == one]
    assert {"status", "code", "valueQuantity"} <= found.keys()
    assert "subject" not in found
    assert found["meta"]["tag"][0]["code"] == "SUBSETTED"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("$export?_elements=name;drop", ASYNC, 400),
        ("$export", {"Prefer": "return=minimal"}, 400),
        ("$export?_outputFormat=text/csv", ASYNC, 400),
        ("$export?_type=Patient,Nothing", ASYNC, 400),
        ("$export?_since=yesterday", ASYNC, 400),
        ("$export?_since=2026-13-40", ASYNC, 400),
        ("$export?_since=0001-01-01", ASYNC, 202),
        ("$export?_typeFilter=Patient%3Factive%3Dtrue", ASYNC, 400),
        ("$export?_typeFilter=x", {"Prefer": "respond-async, handling=lenient"}, 202),
        ("$export?patient=Patient/1", ASYNC, 400),
        ("$export?_outputFormat=application/fhir%2Bndjson", ASYNC, 202),
    ],
)
def test_what_cannot_be_done_is_said_at_once(
    api: Api, path: str, headers: dict[str, str], status: int
) -> None:
    answer = api.get(path, **headers)
    assert answer.status_code == status, answer.text
    if status == 202:
        assert api.delete(answer.headers["Content-Location"].partition("/fhir/")[2]).status_code == 202


def test_only_who_asked_sees_it(node: Node, api: Api) -> None:
    person(api, "Ticona")
    status = ask(api, "$export?_type=Patient")
    other = Api(node.http, node.bearer("co"))
    assert other.get(status).status_code == 404
    work(node, status)
    url = manifest(api, status)["output"][0]["url"].partition("/fhir/")[2]
    assert other.get(status).status_code == 404
    assert other.get(url, Accept=NDJSON).status_code == 404
    assert other.delete(status).status_code == 404
    narrow = Api(node.http, node.bearer("hospital", "system/Observation.rs"))
    assert narrow.get("$export", **ASYNC).status_code == 403
    assert narrow.get("$export?_type=Patient", **ASYNC).status_code == 403
    assert narrow.get(url, Accept=NDJSON).status_code == 403
    assert node.http.get(f"/fhir/{status}").status_code == 401


def test_a_partner_of_another_programme_gets_nobody_who_did_not_agree(node: Node, api: Api) -> None:
    patient = person(api, "Vilca")
    weight(api, patient)
    abroad = Api(node.http, node.bearer("co"))
    status = ask(abroad, "$export?_type=Patient,Observation")
    assert work(node, status) == "done"
    assert manifest(abroad, status)["output"] == []


def test_a_cancelled_export_is_gone_with_its_files(node: Node, api: Api) -> None:
    person(api, "Choque")
    status = ask(api, "$export?_type=Patient")
    assert api.delete(status).status_code == 202
    assert api.get(status).status_code == 404
    assert work(node, status) is None
    done = ask(api, "$export?_type=Patient")
    work(node, done)
    url = manifest(api, done)["output"][0]["url"].partition("/fhir/")[2]
    assert api.delete(done).status_code == 202
    ending.remove(node.services)
    assert api.get(done).status_code == 404
    assert api.get(url, Accept=NDJSON).status_code == 404
    assert _count(node, "SELECT count(*) FROM job_part WHERE job_id = ?", done.rpartition("/")[2]) == 0


def test_files_go_when_their_time_is_over(node: Node, api: Api) -> None:
    person(api, "Apaza")
    status = ask(api, "$export?_type=Patient")
    work(node, status)
    job = status.rpartition("/")[2]
    url = manifest(api, status)["output"][0]["url"].partition("/fhir/")[2]
    _count(node, "UPDATE job SET expires = created WHERE id = ?", job)
    assert ending.remove(node.services) >= 1
    assert api.get(status).status_code == 410
    assert api.get(url, Accept=NDJSON).status_code == 410
    assert _count(node, "SELECT count(*) FROM job_part WHERE job_id = ?", job) == 0


def test_nothing_of_a_person_lies_open_in_the_database(node: Node, api: Api) -> None:
    mark = f"Marca{uuid.uuid4().hex[:12]}"
    person(api, mark)
    status = ask(api, "$export?_type=Patient")
    work(node, status)
    assert mark in json.dumps(everything(api, manifest(api, status)))
    engine = make_engine(node.settings.database_url)
    with engine.connect() as connection:
        for table in ("job", "job_part", "audit_event"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").fetchall()
            assert rows
            assert not any(mark.encode() in _bytes(value) for row in rows for value in row)
    engine.dispose()


def test_a_client_has_only_so_many_exports_at_once(node: Node, api: Api) -> None:
    asked = []
    answer = api.get("$export", **ASYNC)
    while answer.status_code == 202:
        asked.append(answer.headers["Content-Location"].partition("/fhir/")[2])
        assert len(asked) < 20
        answer = api.get("$export", **ASYNC)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
    for each in asked:
        api.delete(each)


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def _count(node: Node, statement: str, value: str) -> int:
    engine = make_engine(node.settings.database_url)
    with engine.begin() as connection:
        words = statement.replace("?", "%s") if connection.dialect.name == "postgresql" else statement
        result = connection.exec_driver_sql(words, (value,))
        found = int(result.scalar_one()) if result.returns_rows else result.rowcount
    engine.dispose()
    return found
