"""Transactions by the rules of the standard: every method, conditions, references, one identity once."""

import base64
import json
import uuid
from typing import Any

import pytest

from fhir import profiles
from fhir.outcome import has_errors
from tests.integration.api.conftest import PATIENT, Api

Resource = dict[str, Any]
SYSTEM = "urn:puente:rules"
JSON_PATCH = "application/json-patch+json"


def number() -> str:
    return uuid.uuid4().hex


def person(value: str, **more: Any) -> Resource:
    return {**PATIENT, "identifier": [{"system": SYSTEM, "value": value}], **more}


def condition(reference: str) -> Resource:
    return {"resourceType": "Condition", "code": {"text": "asma"}, "subject": {"reference": reference}}


def entry(method: str, url: str, resource: Resource | None = None, **request: str) -> Resource:
    full_url = request.pop("fullUrl", "")
    made: Resource = {"request": {"method": method, "url": url, **request}}
    if full_url:
        made["fullUrl"] = full_url
    return {**made, "resource": resource} if resource is not None else made


def send(api: Api, *entries: Resource, **headers: str) -> Any:
    return api.post("", {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}, **headers)


def done(api: Api, *entries: Resource, **headers: str) -> list[Resource]:
    answer = send(api, *entries, **headers)
    assert answer.status_code == 200, answer.text
    found = json.loads(answer.data)
    assert not has_errors(profiles.issues(found))
    listed: list[Resource] = found["entry"]
    return listed


def statuses(entries: list[Resource]) -> list[str]:
    return [each["response"]["status"][:3] for each in entries]


def place(entry: Resource) -> str:
    location: str = entry["response"]["location"]
    return location.partition("/_history")[0]


def test_each_method_is_done_in_the_right_order(api: Api, stored: Resource) -> None:
    path, gone = f"Patient/{stored['id']}", json.loads(api.post("Patient", PATIENT).data)["id"]
    patch = base64.b64encode(b'[{"op":"add","path":"/active","value":true}]').decode()
    binary = {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": patch}
    found = done(
        api,
        entry("GET", f"Condition?patient={stored['id']}"),
        entry("GET", path),
        entry("PATCH", path, binary, ifMatch='W/"1"'),
        entry("POST", "Condition", condition(path)),
        entry("DELETE", f"Patient/{gone}"),
        entry("DELETE", "Patient/was-never-here"),
        entry("GET", f"{path}/_history/1"),
        entry("GET", path, ifNoneMatch='W/"2"'),
        entry("HEAD", path),
    )
    assert statuses(found) == ["200", "200", "200", "201", "204", "204", "200", "304", "200"]
    assert found[0]["resource"]["total"] == 1
    assert found[1]["resource"]["active"] is True
    assert found[6]["resource"] == stored
    assert not any("resource" in found[at] for at in (2, 3, 4, 7, 8))
    assert api.get(f"Patient/{gone}").status_code == 410


def test_what_belongs_to_a_patient_may_be_deleted_with_it(api: Api, stored: Resource) -> None:
    path = f"Patient/{stored['id']}"
    problem = place(done(api, entry("POST", "Condition", condition(path)))[0])
    assert statuses(done(api, entry("DELETE", path), entry("DELETE", problem))) == ["204", "204"]
    assert api.get(path).status_code == 410


def test_one_that_is_there_is_used_and_referred_to(api: Api) -> None:
    value, who = number(), f"urn:uuid:{uuid.uuid4()}"
    known = json.loads(api.post("Patient", person(value)).data)
    query = f"identifier={SYSTEM}|{value}"
    for spelling in (query, f"?{query}", f"Patient?{query}"):
        found = done(
            api,
            entry("POST", "Condition", condition(who)),
            entry("POST", "Patient", person(value, gender="other"), ifNoneExist=spelling, fullUrl=who),
        )
        assert statuses(found) == ["201", "200"]
        assert place(found[1]) == f"Patient/{known['id']}"
        problem = json.loads(api.get(place(found[0])).data)
        assert problem["subject"]["reference"] == f"Patient/{known['id']}"
    assert json.loads(api.get(f"Patient/{known['id']}").data) == known


def test_conditional_references_find_what_is_stored_and_what_is_new(api: Api) -> None:
    old, new, none = number(), number(), number()
    known = json.loads(api.post("Patient", person(old)).data)["id"]
    found = done(
        api,
        entry("POST", "Condition", condition(f"Patient?identifier={SYSTEM}|{old}")),
        entry("POST", "Condition", condition(f"Patient?identifier={SYSTEM}|{new}")),
        entry("POST", "Patient", person(new)),
    )
    subjects = [json.loads(api.get(place(each)).data)["subject"]["reference"] for each in found[:2]]
    assert subjects == [f"Patient/{known}", place(found[2])]
    nobody = condition(f"Patient?identifier={SYSTEM}|{none}")
    assert send(api, entry("POST", "Condition", nobody)).status_code == 422
    twice = condition(f"Patient?identifier={SYSTEM}|{old}")
    more = entry("POST", "Patient", person(old))
    assert send(api, more, entry("POST", "Condition", twice)).status_code == 412
    api.post("Patient", person(old))
    several = condition(f"Patient?identifier={SYSTEM}|{old}")
    assert send(api, entry("POST", "Condition", several)).status_code == 412


def test_conditions_and_conditional_references_stand_together(api: Api) -> None:
    value, who = number(), f"urn:uuid:{uuid.uuid4()}"
    query = f"identifier={SYSTEM}|{value}"
    found = done(
        api,
        entry("POST", "Patient", person(value), ifNoneExist=query, fullUrl=who),
        entry("POST", "Condition", condition(f"Patient?{query}")),
        entry("POST", "Condition", condition(who)),
    )
    for each in found[1:]:
        assert json.loads(api.get(place(each)).data)["subject"]["reference"] == place(found[0])


def test_conditions_pick_what_is_changed(api: Api) -> None:
    value = number()
    url = f"Patient?identifier={SYSTEM}|{value}"
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "Patient.gender"},
        {"name": "value", "valueCode": "male"},
    ]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    made = done(api, entry("PUT", url, person(value)))
    assert statuses(made) == ["201"]
    changed = done(api, entry("PUT", url, person(value, gender="other"), ifMatch='W/"1"'))
    assert (statuses(changed), place(changed[0])) == (["200"], place(made[0]))
    assert statuses(done(api, entry("PATCH", url, patch, ifMatch='W/"2"'))) == ["200"]
    assert json.loads(api.get(place(made[0])).data)["gender"] == "male"
    assert statuses(done(api, entry("DELETE", url))) == ["204"]
    assert statuses(done(api, entry("DELETE", url))) == ["204"]
    assert send(api, entry("PATCH", url, patch)).status_code == 404


def test_relative_references_follow_the_full_url(api: Api) -> None:
    base = "http://emr.example.org/fhir"
    one = {**PATIENT, "id": "local-7"}
    found = done(
        api,
        entry("POST", "Patient", one, fullUrl=f"{base}/Patient/local-7"),
        entry("POST", "Condition", condition("Patient/local-7"), fullUrl=f"{base}/Condition/c"),
        entry("POST", "Condition", condition(f"{base}/Patient/local-7")),
    )
    for each in found[1:]:
        assert json.loads(api.get(place(each)).data)["subject"]["reference"] == place(found[0])


def test_a_provenance_of_what_is_new_belongs_to_its_person(api: Api) -> None:
    who = f"urn:uuid:{uuid.uuid4()}"
    made = {
        "resourceType": "Provenance",
        "target": [{"reference": who}],
        "recorded": "2026-11-22T10:00:00Z",
        "agent": [{"who": {"display": "x"}}],
    }
    found = done(api, entry("POST", "Provenance", made), entry("POST", "Patient", PATIENT, fullUrl=who))
    assert api.delete(place(found[1])).status_code == 409
    assert (
        statuses(done(api, entry("DELETE", place(found[1])), entry("DELETE", place(found[0])))) == ["204"] * 2
    )


def test_the_caller_chooses_what_comes_back(api: Api) -> None:
    one = entry("POST", "Patient", PATIENT)
    assert set(done(api, one)[0]) == {"response"}
    whole = done(api, one, Prefer="return=representation")[0]["resource"]
    assert whole == json.loads(api.get(f"Patient/{whole['id']}").data)
    told = done(api, one, Prefer="return=OperationOutcome")[0]["response"]["outcome"]
    assert told["resourceType"] == "OperationOutcome"


def refused(stored: Resource) -> list[tuple[list[Resource], int]]:
    path, same = f"Patient/{stored['id']}", {**stored, "gender": "other"}
    value = number()
    once = f"identifier={SYSTEM}|{value}"
    return [
        ([entry("PUT", path, same), entry("DELETE", path)], 400),
        ([entry("PUT", path, same), entry("PUT", f"Patient?_id={stored['id']}", same)], 400),
        ([entry("POST", "Patient", PATIENT, ifNoneExist=once)] * 2, 400),
        ([entry("PUT", path, same, ifMatch='W/"7"')], 412),
        ([entry("PUT", path, same, ifNoneMatch="*")], 412),
        ([entry("DELETE", path, ifMatch='W/"7"')], 412),
        ([entry("PATCH", path, {"resourceType": "Parameters"})], 400),
        ([entry("PATCH", path, {"resourceType": "Binary", "contentType": "text/plain"})], 400),
        ([entry("GET", "Patient/nobody")], 404),
        ([entry("GET", f"Patient?nonsense={value}")], 400),
        ([entry("GET", "Patient?gender=male")], 403),
        ([entry("GET", "Patient/$match")], 400),
        ([entry("DELETE", "Patient")], 400),
        ([entry("POST", "Condition", condition("Patient?gender=male"))], 403),
        ([entry("POST", "Patient", PATIENT, ifNoneExist="gender=male")], 403),
        ([entry("GROW", "Patient")], 400),
        ([entry("GET", "Patient?" + "&".join(["identifier=x"] * 51))], 400),
        ([entry("PATCH", path, {"resourceType": "Binary", "contentType": JSON_PATCH, "data": "x"})], 400),
    ]


@pytest.mark.parametrize("case", range(18))
def test_a_transaction_with_a_refused_entry_stores_nothing(api: Api, stored: Resource, case: int) -> None:
    entries, status = refused(stored)[case]
    family = f"Q{number()[:12].translate(str.maketrans('0123456789', 'ghijklmnop'))}"
    new = entry("POST", "Patient", {"resourceType": "Patient", "name": [{"family": family}]})
    answer = send(api, new, *entries)
    assert answer.status_code == status, answer.text
    assert json.loads(answer.data)["resourceType"] == "OperationOutcome"
    assert json.loads(api.get(f"Patient?family={family}").data)["total"] == 0
    assert api.get(f"Patient/{stored['id']}").headers["ETag"] == 'W/"1"'


def test_versions_that_matter_must_be_named_here_too(api: Api, stored: Resource) -> None:
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": f"Patient/{stored['id']}"},
    }
    made = json.loads(api.post("Task", task).data)
    path, changed = f"Task/{made['id']}", {**made, "status": "accepted"}
    assert send(api, entry("PUT", path, changed)).status_code == 400
    assert send(api, entry("PUT", path, changed, ifMatch='W/"1"')).status_code == 200
