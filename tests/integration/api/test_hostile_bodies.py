"""Hostile bodies at every address that takes one: the right code, never a 500, nothing of them repeated."""

import json

import pytest

from tests.integration.api.conftest import Api, Node

MARK = "MARCA-9912-Condori"
DEEP = b'{"resourceType":"Patient","extension":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
BODIES: dict[str, tuple[bytes, int]] = {
    "empty": (b"", 400),
    "not json": (f"<Patient>{MARK}".encode(), 400),
    "half": (f'{{"resourceType":"Patient","name":[{{"family":"{MARK}'.encode(), 400),
    "array": (f'["{MARK}"]'.encode(), 400),
    "number": (b"7", 400),
    "null": (b"null", 400),
    "no type": (f'{{"name":"{MARK}"}}'.encode(), 400),
    "type is a number": (b'{"resourceType":7}', 400),
    "type is a list": (b'{"resourceType":["Patient"]}', 400),
    "not utf-8": (b'{"resourceType":"Patient","id":"\xff\xfe"}', 400),
    "half a surrogate": (b'{"resourceType":"Patient","name":[{"family":"\\ud800"}]}', 400),
    "nul": (b'{"resourceType":"Patient","name":[{"family":"a\\u0000b"}]}', 422),
    "duplicate": (f'{{"resourceType":"Patient","gender":"{MARK}","gender":"male"}}'.encode(), 400),
    "duplicate inside": (b'{"resourceType":"Patient","name":[{"family":"a","family":"b"}]}', 400),
    "NaN": (b'{"resourceType":"Patient","multipleBirthInteger":NaN}', 400),
    "huge number": (b'{"resourceType":"Patient","multipleBirthInteger":1e999999}', 400),
    "long number": (b'{"resourceType":"Patient","multipleBirthInteger":' + b"9" * 5000 + b"}", 400),
    "deep": (DEEP, 400),
    "10 MB": (b'{"resourceType":"Patient","id":"' + b"x" * 10_000_000 + b'"}', 413),
    "5 MB of brackets": (b"[" * 4_900_000, 400),
    "wrong shape": (f'{{"resourceType":"Patient","name":"{MARK}"}}'.encode(), 422),
    "unknown element": (f'{{"resourceType":"Patient","{MARK.lower()}":1}}'.encode(), 422),
    "reference to itself": (
        b'{"resourceType":"Patient","link":[{"other":{"reference":"#"}}]}',
        422,
    ),
}


@pytest.fixture(scope="module")
def door(node: Node) -> Api:
    """Give the partner of kind fhir."""
    return Api(node.http, node.bearer("fhir-demo"))


@pytest.mark.parametrize("name", sorted(BODIES))
def test_create_and_update_name_the_fault_and_repeat_nothing(api: Api, name: str) -> None:
    body, status = BODIES[name]
    for answer in (api.post("Patient", body), api.put("Patient/p1", body)):
        assert answer.status_code in (status, 400), answer.text
        outcome = json.loads(answer.data)
        assert outcome["resourceType"] == "OperationOutcome"
        assert all(issue["diagnostics"] for issue in outcome["issue"])
        assert MARK.lower() not in answer.text.lower()
    assert api.post("Patient", body).status_code == status


@pytest.mark.parametrize("name", sorted(BODIES))
def test_the_door_and_transactions_never_fail_on_our_side(api: Api, door: Api, name: str) -> None:
    body = BODIES[name][0].replace(b'"Patient"', b'"Bundle"')
    for answer in (door.post("Bundle", body), door.post("", body), api.post("", body)):
        assert answer.status_code in (202, 400, 413, 422), answer.text
        assert MARK.lower() not in answer.text.lower()


STRANGE = ["/fhir//Patient", "/fhir/Patient//1", "/fhir/./Patient", "/fhir/%2e%2e/x", "/fhir/Patient/"]


@pytest.mark.parametrize("path", STRANGE)
def test_a_strange_address_is_nothing(api: Api, path: str) -> None:
    answer = api.http.get(path, headers=api.token)
    assert answer.status_code in (400, 403, 404, 405), answer.text
    assert json.loads(answer.data)["resourceType"] == "OperationOutcome"


def test_strange_headers_do_no_harm(api: Api) -> None:
    strange = {"Accept": "\u00e9" * 100, "Prefer": "return=" + "x" * 5000, "If_None_Match": '"' * 1000}
    for name, value in strange.items():
        assert api.get("Patient/none", **{name: value}).status_code in (400, 404, 406)


def test_a_defect_tells_nothing_and_is_logged_without_its_text(
    node: Node, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(MARK)

    monkeypatch.setattr("registry.usecases.care.record.record_care.read", broken)
    answer = api.get("Patient/p1")
    assert answer.status_code == 500
    assert MARK not in answer.text
    line = next(record for record in caplog.records if record.getMessage() == "request-failed")
    assert line.__dict__["fields"]["error"] == "builtins.RuntimeError"
    assert MARK not in str([record.__dict__ for record in caplog.records if record.name == "puente"])
