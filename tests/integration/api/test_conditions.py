"""Conditional interactions: the one that fits is meant, several are refused, racing callers take turns."""

import json
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.api.conftest import PATIENT, Api, Node

SYSTEM = "urn:puente:test"
Resource = dict[str, Any]


def number() -> str:
    return uuid.uuid4().hex


def person(value: str, **more: Any) -> Resource:
    return {**PATIENT, "identifier": [{"system": SYSTEM, "value": value}], **more}


def by(value: str) -> str:
    return f"identifier={quote(f'{SYSTEM}|{value}')}"


def found(api: Api, value: str) -> list[str]:
    bundle = json.loads(api.get(f"Patient?{by(value)}").data)
    return [entry["resource"]["id"] for entry in bundle.get("entry", ())]


@pytest.mark.parametrize("spelling", ["{}", "?{}", "Patient?{}"])
def test_a_conditional_create_makes_one_in_each_spelling(api: Api, spelling: str) -> None:
    value = number()
    condition = spelling.format(by(value))
    first = api.post("Patient", person(value), If_None_Exist=condition)
    again = api.post("Patient", person(value, gender="other"), If_None_Exist=condition)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.data == first.data
    assert again.headers["Location"] == first.headers["Location"]
    assert len(found(api, value)) == 1


def test_a_condition_that_fits_several_is_refused(api: Api) -> None:
    value = number()
    assert {api.post("Patient", person(value)).status_code for _ in range(2)} == {201}
    condition = {"If_None_Exist": by(value)}
    answers = [
        api.post("Patient", person(value), **condition),
        api.put(f"Patient?{by(value)}", person(value)),
        api.patch(f"Patient?{by(value)}", [], Content_Type="application/json-patch+json"),
        api.delete(f"Patient?{by(value)}"),
    ]
    assert [each.status_code for each in answers] == [412] * 4
    assert {json.loads(each.data)["issue"][0]["code"] for each in answers} == {"multiple-matches"}
    assert len(found(api, value)) == 2


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "?",
        "Patient?",
        "_count=1",
        "identifier=",
        "nonsense=1",
        "&".join(["identifier=x"] * 51),
        "Observation?code=1",
    ],
)
def test_a_condition_that_picks_nothing_or_is_not_known_is_refused(api: Api, condition: str) -> None:
    assert api.post("Patient", PATIENT, If_None_Exist=condition).status_code == 400
    assert api.put(f"Patient?{condition.removeprefix('?')}", PATIENT).status_code == 400


def test_a_condition_that_would_open_every_record_is_refused(api: Api) -> None:
    assert api.post("Patient", PATIENT, If_None_Exist="gender=female").status_code == 403


def test_a_conditional_update_creates_updates_and_minds_ids(api: Api) -> None:
    value = number()
    made = api.put(f"Patient?{by(value)}", person(value))
    assert made.status_code == 201
    changed = api.put(f"Patient?{by(value)}", person(value, gender="other"), If_Match='W/"1"')
    assert (changed.status_code, changed.headers["ETag"]) == (200, 'W/"2"')
    assert json.loads(changed.data)["id"] == json.loads(made.data)["id"]
    assert api.put(f"Patient?{by(value)}", person(value, id="another")).status_code == 400
    assert api.put(f"Patient?{by(value)}", person(value), If_Match='W/"1"').status_code == 412
    new = f"new-{value}"
    assert api.put(f"Patient?{by(number())}", person(value, id=new)).status_code == 201
    assert api.put(f"Patient?{by(number())}", person(value, id=new)).status_code == 409


def test_a_conditional_delete_takes_the_only_one(api: Api) -> None:
    value = number()
    api.post("Patient", person(value))
    assert api.delete(f"Patient?{by(value)}&_count=5").status_code == 412
    assert api.delete(f"Patient?{by(value)}").status_code == 204
    assert found(api, value) == []
    assert api.delete(f"Patient?{by(value)}").status_code == 204
    assert api.delete("Patient").status_code == 400


def test_a_deleted_resource_fits_no_condition(api: Api) -> None:
    value = number()
    api.post("Patient", person(value))
    api.delete(f"Patient?{by(value)}")
    assert api.post("Patient", person(value), If_None_Exist=by(value)).status_code == 201


def test_an_update_that_must_create_is_refused_where_something_is(api: Api) -> None:
    new = f"only-{number()}"
    first = api.put(f"Patient/{new}", {**PATIENT, "id": new}, If_None_Match="*")
    again = api.put(f"Patient/{new}", {**PATIENT, "id": new, "gender": "other"}, If_None_Match="*")
    assert (first.status_code, again.status_code) == (201, 412)
    assert api.put(f"Patient/{new}", {**PATIENT, "id": new}, If_None_Match='W/"1"').status_code == 400


def test_versions_that_matter_must_be_named(api: Api, stored: Resource) -> None:
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": f"Patient/{stored['id']}"},
    }
    made = json.loads(api.post("Task", task).data)
    path, accepted = f"Task/{made['id']}", {**made, "status": "accepted"}
    assert api.put(path, accepted).status_code == 400
    patch = [{"op": "replace", "path": "/status", "value": "accepted"}]
    as_patch = {"Content_Type": "application/json-patch+json"}
    assert api.patch(path, patch, **as_patch).status_code == 400
    assert api.patch(path, patch, If_Match='W/"2"', **as_patch).status_code == 412
    assert api.patch(path, patch, If_Match='W/"1"', **as_patch).status_code == 200
    assert api.put(path, made, If_Match='W/"2"').status_code == 200


def test_a_condition_needs_the_scope_to_search(node: Node) -> None:
    only_create = Api(node.http, node.bearer(scope="system/Patient.c"))
    assert only_create.post("Patient", person(number()), If_None_Exist=by(number())).status_code == 403


def together(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Run an act in many threads that start at the same moment."""
    gate = threading.Barrier(count)

    def one(worker: int) -> Any:
        gate.wait()
        return act(worker)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def client(node: Node, api: Api) -> Api:
    return Api(node.http.application.test_client(), api.token)


def test_clients_that_create_the_same_people_make_each_once(
    node: Node, api: Api, scaled: Callable[[int], int]
) -> None:
    people = [number() for _ in range(max(6, scaled(100)))]
    clients = 32 if len(people) == 100 else 8

    def create_all(worker: int) -> set[int]:
        mine = client(node, api)
        turn = people[worker % len(people) :] + people[: worker % len(people)]
        return {mine.post("Patient", person(each), If_None_Exist=by(each)).status_code for each in turn}

    statuses = set().union(*together(clients, create_all))
    assert statuses <= {200, 201}
    assert [len(found(api, each)) for each in people] == [1] * len(people)


def test_no_update_is_lost(node: Node, api: Api, scaled: Callable[[int], int]) -> None:
    made = json.loads(api.post("Patient", person(number())).data)
    path, turns, clients = f"Patient/{made['id']}", max(3, scaled(100)), 6

    def add(worker: int) -> int:
        mine, refused = client(node, api), 0
        for turn in range(turns):
            while True:
                read = mine.get(path)
                now = json.loads(read.data)
                now.setdefault("telecom", []).append({"system": "other", "value": f"{worker}-{turn}"})
                answer = mine.put(path, now, If_Match=read.headers["ETag"])
                if answer.status_code == 200:
                    break
                assert answer.status_code == 412, answer.text
                refused += 1
        return refused

    together(clients, add)
    read = api.get(path)
    values = [each["value"] for each in json.loads(read.data)["telecom"]]
    assert sorted(values) == sorted(f"{worker}-{turn}" for worker in range(clients) for turn in range(turns))
    assert read.headers["ETag"] == f'W/"{clients * turns + 1}"'
