"""Bulk import: files fetched from allowed addresses, and files of this machine; stored once, line by line."""

import json
import re
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from registry import create_app
from registry.domain.model import Caller
from registry.errors import Conflict
from registry.usecases.bulk.importing import batches as import_batches
from registry.usecases.bulk.importing import files as import_files
from registry.usecases.bulk.importing import steps as import_steps
from tests.integration.api.conftest import PATIENT, Api, Node
from workers.fetcher import HttpFetcher

ASYNC = {"Prefer": "respond-async"}
OPERATOR = Caller("operator:test", "system", "pe")


@dataclass
class Files:
    """A server of files, with and without ranges; what it was asked for."""

    url: str
    bodies: dict[str, bytes] = field(default_factory=dict)
    ranges: list[str] = field(default_factory=list)
    with_ranges: bool = True

    def put(self, name: str, lines: list[bytes]) -> str:
        self.bodies[f"/files/{name}"] = b"\n".join(lines) + b"\n"
        return f"{self.url}{name}"


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    """Give a server on loopback."""
    found = Files("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/files/elsewhere":
                self.send_response(302)
                self.send_header("Location", f"{found.url}Patient.ndjson")
                self.end_headers()
                return
            body = found.bodies.get(self.path)
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            found.ranges.append(self.headers.get("Range", ""))
            begin = int(asked[1]) if asked and found.with_ranges else 0
            self.send_response(404 if body is None else 206 if begin else 200)
            self.send_header("ETag", f'"{hash(body)}"')
            if begin and body:
                self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body or b"") - begin if body else 0))
            self.end_headers()
            self.wfile.write((body or b"")[begin:])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/files/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def open_node(node: Node, files: Files) -> Node:
    """Give the node with that server among its allowed sources."""
    settings = replace(node.settings, import_sources=(files.url,))
    services = replace(node.services, settings=settings)
    return replace(
        node, settings=settings, services=services, http=create_app(settings, services).test_client()
    )


@pytest.fixture(scope="module")
def bulk(open_node: Node) -> Api:
    """Give a client of it."""
    return Api(open_node.http, open_node.bearer())


def patient(patient_id: str, family: str = "Sulca", **more: object) -> bytes:
    return json.dumps({**PATIENT, "id": patient_id, "name": [{"family": family}], **more}).encode()


def weight(patient_id: str, own_id: str) -> bytes:
    code = {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}
    found = {
        "resourceType": "Observation",
        "status": "final",
        "id": own_id,
        "code": code,
        "subject": {"reference": f"Patient/{patient_id}"},
        "valueQuantity": {"value": 0, "unit": "kg"},
    }
    return json.dumps(found).replace('"value": 0', '"value":61.50').encode()


def new_ids(number: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(number)]


def start(bulk: Api, *inputs: tuple[str, str]) -> str:
    manifest = {
        "inputFormat": "application/fhir+ndjson",
        "input": [{"type": kind, "url": url} for kind, url in inputs],
    }
    answer = bulk.post("$import", manifest, **ASYNC)
    assert answer.status_code == 202, answer.text
    return answer.headers["Content-Location"].partition("/fhir/")[2]


def work(node: Node, status: str) -> str | None:
    return import_steps.work(node.services, status.rpartition("/")[2], "test", HttpFetcher())


def result(bulk: Api, status: str) -> dict[str, Any]:
    answer = bulk.get(status)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json(force=True)
    return found


def test_files_are_stored_people_first_and_a_second_time_change_nothing(
    open_node: Node, bulk: Api, files: Files
) -> None:
    people, weights = new_ids(3), new_ids(3)
    observations = files.put("o", [weight(*pair) for pair in zip(people, weights, strict=True)])
    patients = files.put("p", [patient(each) for each in people])
    for expected in ({"created": 6, "unchanged": 0}, {"created": 0, "unchanged": 6}):
        status = start(bulk, ("Observation", observations), ("Patient", patients))
        assert bulk.get(status).status_code == 202
        assert work(open_node, status) == "done"
        found = result(bulk, status)
        assert expected.items() <= found["extension"].items()
        assert found["error"] == []
    for each in weights:
        stored = bulk.get(f"Observation/{each}")
        assert stored.headers["ETag"] == 'W/"1"'
        assert b'"value":61.50' in stored.data
    searched = bulk.get(f"Patient?_id={people[0]}")
    assert people[0] in searched.text


def test_a_changed_line_is_a_new_version(open_node: Node, bulk: Api, files: Files) -> None:
    (one,) = new_ids(1)
    for family in ("Sulca", "Sullca"):
        status = start(bulk, ("Patient", files.put("p", [patient(one, family)])))
        work(open_node, status)
    assert result(bulk, status)["extension"]["updated"] == 1
    read = bulk.get(f"Patient/{one}")
    assert (read.headers["ETag"], "Sullca" in read.text) == ('W/"2"', True)


def test_what_changes_only_with_its_version_is_not_changed_by_an_import(
    open_node: Node, bulk: Api, files: Files
) -> None:
    one, task = new_ids(2)
    work(open_node, start(bulk, ("Patient", files.put("p", [patient(one)]))))
    for state, counted in (("requested", "created"), ("requested", "unchanged"), ("rejected", "rejected")):
        body = {
            "resourceType": "Task",
            "id": task,
            "status": state,
            "intent": "order",
            "for": {"reference": f"Patient/{one}"},
        }
        status = start(bulk, ("Task", files.put("t", [json.dumps(body).encode()])))
        work(open_node, status)
        assert result(bulk, status)["extension"][counted] == 1
    assert bulk.get(f"Task/{task}").headers["ETag"] == 'W/"1"'


def test_bad_lines_are_told_by_place_and_rule_and_the_rest_is_stored(
    open_node: Node, bulk: Api, files: Files
) -> None:
    good, other = new_ids(2)
    mark = "Marca7715"
    lines = [
        patient(good),
        b"{not json " + mark.encode(),
        patient(other, mark, gender="mujer"),
        b'{"resourceType":"Patient","name":[{"family":"' + mark.encode() + b'"}]}',
        weight(str(uuid.uuid4()), mark),
        b"",
        b'{"resourceType":"AuditEvent","id":"x"}',
    ]
    status = start(bulk, ("Patient", files.put("bad", lines)))
    work(open_node, status)
    found = result(bulk, status)
    assert found["extension"] == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 5}
    (errors,) = found["error"]
    assert (errors["type"], errors["count"]) == ("OperationOutcome", 5)
    body = bulk.get(errors["url"].partition("/fhir/")[2], Accept="application/fhir+ndjson").data
    assert mark.encode() not in body
    told = [json.loads(line)["issue"][0] for line in body.splitlines()]
    assert [re.findall(r"line (\d)", each["diagnostics"])[0] for each in told] == ["2", "3", "4", "5", "7"]
    rules = [each["details"]["coding"][0]["code"] for each in told]
    assert rules[0] == "json-syntax"
    assert "Patient.gender" in told[1]["expression"][0]
    assert rules[2:4] == ["import-needs-id", "patient-of-this-node"]
    assert bulk.get(f"Patient/{good}").status_code == 200
    assert bulk.get(f"Patient/{other}").status_code == 404


@pytest.mark.parametrize("with_ranges", [True, False])
def test_a_stopped_import_goes_on_where_it_was(
    open_node: Node, bulk: Api, files: Files, monkeypatch: pytest.MonkeyPatch, with_ranges: bool
) -> None:
    monkeypatch.setattr(import_steps, "LINES_AT_ONCE", 2)
    files.with_ranges = with_ranges
    files.ranges.clear()
    people = new_ids(7)
    status = start(bulk, ("Patient", files.put("many", [patient(each) for each in people])))
    ticks = iter(range(0, 10_000, 20))
    turns = 0
    while (
        state := import_steps.work(
            open_node.services, status.rpartition("/")[2], "test", HttpFetcher(), lambda: next(ticks)
        )
    ) == "working":
        turns += 1
        assert turns < 20
    assert state == "done"
    assert turns > 1
    assert len([each for each in files.ranges if each]) >= 1
    assert result(bulk, status)["extension"]["created"] == 7
    for each in people:
        assert bulk.get(f"Patient/{each}").headers["ETag"] == 'W/"1"'
    files.with_ranges = True


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/files/p",
        "https://example.org/p",
        "{base}../secret",
        "{base}%2e%2e/secret",
        "file:///etc/passwd",
        "http://user@{host}/files/p",
        "{base}p#x",
        "not an address",
        "http://[",
    ],
)
def test_only_allowed_addresses_are_fetched(bulk: Api, files: Files, address: str) -> None:
    host = files.url.split("/")[2]
    url = address.format(base=files.url, host=host)
    manifest = {"inputFormat": "ndjson", "input": [{"type": "Patient", "url": url}]}
    assert bulk.post("$import", manifest, **ASYNC).status_code == 403


def test_a_redirect_is_not_followed_and_a_missing_file_fails_the_job(
    open_node: Node, bulk: Api, files: Files
) -> None:
    for name in ("elsewhere", "missing"):
        status = start(bulk, ("Patient", f"{files.url}{name}"))
        assert work(open_node, status) == "failed"
        answer = bulk.get(status)
        assert answer.status_code == 500
        assert "source-answered" in answer.text


def test_who_may_not_write_may_not_import(open_node: Node, bulk: Api, files: Files) -> None:
    body = {"inputFormat": "ndjson", "input": [{"type": "Patient", "url": f"{files.url}p"}]}
    abroad = Api(open_node.http, open_node.bearer("co"))
    reader = Api(open_node.http, open_node.bearer("hospital", "system/*.rs"))
    for each in (abroad, reader):
        assert each.post("$import", body, **ASYNC).status_code == 403
    assert bulk.post("$import", body).status_code == 400
    for bad in ({}, {**body, "inputFormat": "csv"}, {**body, "input": []}, {**body, "input": [{"url": 1}]}):
        assert bulk.post("$import", bad, **ASYNC).status_code == 400


def test_parameters_are_understood_too(open_node: Node, bulk: Api, files: Files) -> None:
    (one,) = new_ids(1)
    url = files.put("q", [patient(one)])
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "inputFormat", "valueCode": "application/fhir+ndjson"},
            {
                "name": "input",
                "part": [{"name": "type", "valueCode": "Patient"}, {"name": "url", "valueUri": url}],
            },
        ],
    }
    answer = bulk.post("$import", body, **ASYNC)
    assert answer.status_code == 202, answer.text
    work(open_node, answer.headers["Content-Location"])
    assert bulk.get(f"Patient/{one}").status_code == 200


def write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_a_file_of_this_machine_is_stored_once(open_node: Node, tmp_path: Path) -> None:
    people = new_ids(4)
    path = write(tmp_path / "Patient.ndjson", [patient(each) for each in people])
    heard: list[int] = []
    first = import_files.run(open_node.services, OPERATOR, path, heard.append)
    assert first.tally == import_batches.Tally(created=4)
    assert sum(heard) == path.stat().st_size
    second = import_files.run(open_node.services, OPERATOR, path, heard.append)
    assert second.before
    third = import_files.run(open_node.services, OPERATOR, path, heard.append, again=True)
    assert third.tally == import_batches.Tally(unchanged=4)


def test_a_file_that_was_stopped_goes_on_after_its_last_batch(
    open_node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_files, "LINES_AT_ONCE", 2)
    lines = [patient(each) for each in new_ids(5)]
    path = write(tmp_path / "Patient.ndjson", [*lines, b"{bad"])

    def stop(done: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files.run(open_node.services, OPERATOR, path, stop)
    after = import_files.run(open_node.services, OPERATOR, path, lambda _: None)
    assert after.tally == import_batches.Tally(created=5, rejected=1)
    (found,) = import_files.findings(open_node.services, after.job_id)
    assert b"Patient.ndjson, line 6: " in found


def test_two_runs_never_import_the_same_file_at_once(open_node: Node, tmp_path: Path) -> None:
    path = write(tmp_path / "Patient.ndjson", [patient(each) for each in new_ids(1)])

    def meanwhile(done: int) -> None:
        if not done:
            with pytest.raises(Conflict):
                import_files.run(open_node.services, OPERATOR, path, lambda _: None)

    assert import_files.run(open_node.services, OPERATOR, path, meanwhile).tally.created == 1


def test_an_endless_line_is_refused_without_being_held(open_node: Node, tmp_path: Path) -> None:
    (one,) = new_ids(1)
    endless = b'{"resourceType":"Patient","id":"' + b"x" * (open_node.settings.message_limit + 10) + b'"}'
    path = write(tmp_path / "Patient.ndjson", [endless, patient(one)])
    after = import_files.run(open_node.services, OPERATOR, path, lambda _: None)
    assert after.tally == import_batches.Tally(created=1, rejected=1)
