"""Valid resources, changed at random, and strange requests around them: never a 500, always an outcome."""

import copy
import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from fhir import r4, wire
from registry.api.fhir import table
from tests.integration.api.conftest import PATIENT, Api
from tests.integration.fhir.instances import whole

TYPES = sorted(r4.SUPPORTED)
QUICK = settings(suppress_health_check=list(HealthCheck), deadline=None)
STRANGE: list[Any] = [
    None,
    True,
    0,
    -1,
    1e400,
    2**70,
    "",
    " ",
    "\x00",
    "x" * 70_000,
    "Ñ\u202e\U0001f600",
    "2026-02-30",
    [],
    {},
    [[]],
    [None],
    {"": ""},
    {"reference": "Patient/../../x"},
    {"reference": 7},
    "Patient/$everything",
    "' OR 1=1 --",
    "%00",
    "urn:uuid:x",
    "0000",
    "9999-12-31T23:59:60+14:00",
    {"value": "1e999"},
    "|",
    "||",
    ",",
    "\\",
    "$",
    "ge",
    "*",
]
NAMES = st.sampled_from(
    [
        "_id",
        "_lastUpdated",
        "_tag",
        "_security",
        "_profile",
        "identifier",
        "name",
        "name:exact",
        "name:contains",
        "family",
        "birthdate",
        "patient",
        "subject",
        "code",
        "code:not",
        "code:in",
        "code:text",
        "category",
        "date",
        "status",
        "encounter",
        "value-quantity",
        "_sort",
        "_count",
        "_include",
        "_revinclude",
        "_include:iterate",
        "_has:Observation:patient:code",
        "patient.identifier",
        "subject:Patient.name",
        "_total",
        "_summary",
        "_elements",
        "_format",
        "_since",
        "_type",
        "_cursor",
        "_page",
        "gender:missing",
        "x:y:z",
        ":",
        "",
    ]
)
WORDS = st.one_of(
    st.sampled_from([str(value) for value in STRANGE]),
    st.sampled_from(
        [
            "ge2020",
            "eq2026-01",
            "Patient/1",
            "http://loinc.org|29463-7",
            "5.4|http://unitsofmeasure.org|mg",
            "-date",
        ]
    ),
    st.text(max_size=20),
)


def as_json(value: Any) -> bytes:
    """Write a value as JSON, with numbers as they were written."""
    return json.dumps(value, default=lambda one: float(one.token)).encode("utf-8", "surrogatepass")


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw a type and a valid resource of it with up to three places replaced, removed or repeated."""
    name = draw(st.sampled_from(TYPES))
    resource: Any = PATIENT if draw(st.integers(0, 4)) == 0 else whole(name)
    resource = copy.deepcopy(resource)
    for _ in range(draw(st.integers(0, 3))):
        _change(draw, resource)
    return name, resource


def _change(draw: st.DrawFn, resource: Any) -> None:
    node = resource
    for _ in range(draw(st.integers(0, 4))):
        inner = [
            value
            for value in (node.values() if isinstance(node, dict) else node)
            if isinstance(value, dict | list) and value
        ]
        if not inner:
            break
        node = inner[draw(st.integers(0, len(inner) - 1))]
    places = list(node) if isinstance(node, dict) else list(range(len(node)))
    if not places:
        return
    place = places[draw(st.integers(0, len(places) - 1))]
    match draw(st.integers(0, 3)):
        case 0:
            del node[place]
        case 1 if isinstance(node, list):
            node.append(copy.deepcopy(node[place]))
        case _:
            node[place] = copy.deepcopy(draw(st.sampled_from(STRANGE)))


def fair(answer: TestResponse) -> None:
    """Never a failure of ours; every refusal says why in an OperationOutcome."""
    assert answer.status_code < 500, (
        answer.status_code,
        answer.data[:500],
    )
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        assert wire.parse(answer.data)["resourceType"] == "OperationOutcome"


def test_changed_resources_are_stored_or_refused_with_reasons(api: Api, scaled: Callable[[int], int]) -> None:
    codes: set[int] = set()

    @settings(QUICK, max_examples=scaled(8_000))
    @given(drawn=changed(), how=st.integers(0, 4))
    def send(drawn: tuple[str, Any], how: int) -> None:
        name, resource = drawn
        body = as_json(resource)
        match how:
            case 0:
                answer = api.put(f"{name}/fuzz", body)
            case 1:
                answer = api.post(f"{name}/$validate", body)
            case 2:
                entry = {"request": {"method": "POST", "url": name}, "resource": resource}
                kind = "batch" if len(body) % 2 else "transaction"
                answer = api.post("", as_json({"resourceType": "Bundle", "type": kind, "entry": [entry]}))
            case _:
                answer = api.post(name, body)
        codes.add(answer.status_code)
        fair(answer)

    send()
    assert codes & {200, 201}, "some are good enough"
    assert codes & {400, 422}, "some are not"


def test_strange_searches_are_answered_or_refused_with_reasons(
    api: Api, scaled: Callable[[int], int]
) -> None:
    codes: set[int] = set()
    pairs = st.lists(st.tuples(NAMES, WORDS), max_size=4)

    @settings(QUICK, max_examples=scaled(8_000))
    @given(name=st.sampled_from(TYPES), parameters=pairs, history=st.booleans())
    def ask(name: str, parameters: list[tuple[str, str]], history: bool) -> None:
        path = f"/fhir/{name}/_history" if history else f"/fhir/{name}"
        sent = [(key, word.encode("utf-8", "replace").decode()) for key, word in parameters]
        answer = api.http.get(path, query_string=sent, headers=api.token)
        codes.add(answer.status_code)
        fair(answer)

    ask()
    assert {200, 400, 403} <= codes


def test_strange_patches_and_operations_are_answered_or_refused(
    api: Api, scaled: Callable[[int], int]
) -> None:
    person = api.post("Patient", PATIENT).get_json()["id"]
    operations = sorted({rule.rpartition("/")[2] for each in table.OPERATIONS for rule in each.rules})
    media = st.sampled_from(
        ["application/json-patch+json", "application/fhir+json", "application/json", "text/plain", "x"]
    )
    steps = st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "?"]),
            "path": st.sampled_from(
                ["", "/", "/name/0/given/-", "/gender", "/name/99", "/id", "/meta/versionId", "x", "/~2"]
            ),
            "value": st.sampled_from(STRANGE),
            "from": st.sampled_from(["/name", "/x", ""]),
        }
    )

    @settings(QUICK, max_examples=scaled(4_000))
    @given(body=st.one_of(st.lists(steps, max_size=3), st.sampled_from(STRANGE)), kind=media, which=st.data())
    def send(body: Any, kind: str, which: Any) -> None:
        data = as_json(body)
        fair(
            api.http.patch(f"/fhir/Patient/{person}", data=data, headers={**api.token, "Content-Type": kind})
        )
        name = which.draw(st.sampled_from(operations))
        base = which.draw(st.sampled_from([f"Patient/{person}/", "Patient/", "", "Observation/x/"]))
        fair(
            api.http.post(
                f"/fhir/{base}{name}",
                data=data,
                headers={**api.token, "Content-Type": "application/fhir+json"},
            )
        )
        fair(api.http.get(f"/fhir/{base}{name}", headers=api.token))

    send()
    assert api.get(f"Patient/{person}").status_code == 200
