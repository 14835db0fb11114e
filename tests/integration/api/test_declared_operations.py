"""Every operation that the CapabilityStatement declares is there; those about people do what they say."""

from typing import Any

import pytest

from fhir import r4
from tests.integration.api.conftest import Api
from tests.integration.api.people import DNI, Chart, patient, store


@pytest.fixture(scope="module")
def chart(api: Api) -> Chart:
    return store(api, "85000001")


def declared(api: Api) -> list[tuple[str, str, str]]:
    """Return (type, name, definition) of every operation; the type of those of the system is empty."""
    rest = api.get("metadata").get_json(force=True)["rest"][0]
    listed: list[dict[str, Any]] = [*rest["resource"], {"type": "", "operation": rest.get("operation", ())}]
    return [
        (resource["type"], each["name"], each["definition"])
        for resource in listed
        for each in resource.get("operation", ())
    ]


def test_each_operation_has_one_definition_and_an_answer(api: Api, chart: Chart) -> None:
    found = declared(api)
    assert len({(kind, name) for kind, name, _ in found}) == len(found)
    for kind, name, definition in found:
        assert definition.startswith(("http://", "https://", "urn:puente:operation:"))
        places = [f"{kind}/${name}".lstrip("/"), f"{kind}/{chart.id}/${name}".lstrip("/")]
        answers = [api.get(place).status_code for place in places]
        answers += [api.post(place, {"resourceType": "Parameters"}).status_code for place in places]
        assert any(status not in (404, 405) for status in answers), (kind, name, answers)
        assert max(answers) < 500, (kind, name, answers)


def test_operations_about_people_are_declared_and_done(api: Api, chart: Chart) -> None:
    questions = {
        "everything": ("GET", f"Patient/{chart.id}/$everything", "Bundle"),
        "ihe-pix": ("GET", f"Patient/$ihe-pix?sourceIdentifier={DNI}|{chart.number}", "Parameters"),
        "match": ("POST", "Patient/$match", "Bundle"),
        "summary": ("GET", f"Patient/{chart.id}/$summary", "Bundle"),
        "docref": ("GET", f"DocumentReference/$docref?patient={chart.id}", "Bundle"),
    }
    names = {name for _, name, _ in declared(api)}
    assert questions.keys() <= names
    for name, (method, place, kind) in questions.items():
        answer = api.get(place) if method == "GET" else api.post(place, patient(chart.number))
        assert answer.status_code == 200, name
        found = answer.get_json(force=True)
        assert found["resourceType"] == kind, name
        r4.class_for(kind).model_validate(found)
