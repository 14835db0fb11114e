"""Patient/[id]/$everything over real storage: pages, filters, references, scopes, confinement, trail."""

from typing import Any

import pytest

from fhir import r4
from registry.usecases.care.operations import everything as use_case
from tests.integration.api.conftest import PATIENT, Api, Node
from tests.integration.api.people import Chart, agree, observation, store, trail

Bundle = dict[str, Any]


@pytest.fixture(scope="module")
def chart(api: Api) -> Chart:
    return store(api, "40000001")


def entries(bundle: Bundle, mode: str = "match") -> list[str]:
    found = [entry for entry in bundle.get("entry", ()) if entry["search"]["mode"] == mode]
    return [f"{entry['resource']['resourceType']}/{entry['resource'].get('id', '')}" for entry in found]


def everything(api: Api, person_id: str, query: str = "", **headers: str) -> Bundle:
    answer = api.get(f"Patient/{person_id}/$everything{query}", **headers)
    assert answer.status_code == 200, answer.text
    found: Bundle = answer.get_json(force=True)
    r4.class_for("Bundle").model_validate(found)
    return found


def test_a_whole_record_comes_as_one_searchset(api: Api, chart: Chart) -> None:
    found = everything(api, chart.id)
    assert found["type"] == "searchset"
    assert sorted(entries(found)) == sorted(chart.references)
    assert found["total"] == len(chart.references)
    assert found["link"][0]["url"].endswith(f"/fhir/Patient/{chart.id}/$everything")


def test_bytes_are_those_of_a_read(api: Api, chart: Chart) -> None:
    read = api.get(chart.one("Observation")).data
    assert read in api.get(f"Patient/{chart.id}/$everything").data


def test_post_takes_parameters(api: Api, chart: Chart) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "_type", "valueString": "Observation"}]}
    answer = api.post(f"Patient/{chart.id}/$everything", body)
    assert {name.partition("/")[0] for name in entries(answer.get_json(force=True))} == {"Observation"}


def test_post_without_body_is_a_get(api: Api, chart: Chart) -> None:
    answer = api.post(f"Patient/{chart.id}/$everything", b"")
    assert sorted(entries(answer.get_json(force=True))) == sorted(chart.references)


def test_types_narrow(api: Api, chart: Chart) -> None:
    found = everything(api, chart.id, "?_type=Patient,MedicationDispense")
    assert sorted(entries(found)) == sorted([f"Patient/{chart.id}", chart.one("MedicationDispense")])


def test_dates_of_care_narrow_what_has_one(api: Api, chart: Chart) -> None:
    only_2024 = everything(api, chart.id, "?start=2024&end=2024-12")
    assert len(entries(only_2024)) == 2
    late = everything(api, chart.id, "?start=2026-05-10&_type=Observation")
    assert len(entries(late)) == 1
    assert everything(api, chart.id, "?end=2020&_type=Observation").get("entry") is None


def test_since_gives_what_was_written_later(api: Api) -> None:
    chart = store(api, "40000002")
    before = everything(api, chart.id)["entry"][-1]["resource"]["meta"]["lastUpdated"]
    later = api.post("Observation", observation("2026-06-01", f"Patient/{chart.id}")).get_json(force=True)
    found = everything(api, chart.id, f"?_since={later['meta']['lastUpdated'].replace('+', '%2B')}")
    assert f"Observation/{later['id']}" in entries(found)
    assert chart.one("MedicationDispense") not in entries(found)
    assert before <= later["meta"]["lastUpdated"]


@pytest.mark.parametrize("more", ["", "&start=2024", "&_type=Observation,MedicationDispense,Patient"])
def test_pages_together_are_the_whole(api: Api, chart: Chart, more: str) -> None:
    seen: list[str] = []
    found = everything(api, chart.id, f"?_count=1{more}")
    for _ in range(10):
        assert len(entries(found)) == 1
        seen += entries(found)
        following = [link["url"] for link in found["link"] if link["relation"] == "next"]
        if not following:
            break
        assert "start" not in following[0]
        found = everything(api, chart.id, "?" + following[0].partition("?")[2])
    assert sorted(seen) == sorted(chart.references)


def test_what_is_written_between_pages_is_neither_lost_nor_in_the_way(api: Api) -> None:
    chart = store(api, "40000003")
    first = everything(api, chart.id, "?_count=2")
    new = api.post("Observation", observation("2026-06-01", f"Patient/{chart.id}")).get_json(force=True)
    following = next(link["url"] for link in first["link"] if link["relation"] == "next")
    page = api.get(f"Patient/{chart.id}/$everything?{following.partition('?')[2]}").get_json(force=True)
    last = next(link["url"] for link in page["link"] if link["relation"] == "next")
    rest = everything(api, chart.id, "?" + last.partition("?")[2])
    seen = [*entries(first), *entries(page), *entries(rest)]
    assert sorted(seen) == sorted([*chart.references, f"Observation/{new['id']}"])


def test_a_page_of_somebody_else_or_of_another_caller_does_not_open(
    node: Node, api: Api, chart: Chart
) -> None:
    other = store(api, "40000004")
    first = everything(api, chart.id, "?_count=1")
    page = next(link["url"] for link in first["link"] if link["relation"] == "next").partition("?")[2]
    agree(node, chart)
    abroad = Api(node.http, node.bearer("co"))
    for asking, person in ((api, other.id), (abroad, chart.id)):
        assert asking.get(f"Patient/{person}/$everything?{page}").status_code == 400
    assert api.get(f"Patient/{chart.id}/$everything?_page=AAAA").status_code == 400
    assert api.get(f"Patient/{chart.id}/$everything?_page=%C3%A9").status_code == 400


def test_directory_entries_that_are_named_come_along(api: Api) -> None:
    place = api.post("Organization", {"resourceType": "Organization", "name": "Red"}).get_json(force=True)
    doctor = api.post(
        "Practitioner", {"resourceType": "Practitioner", "name": [{"family": "Rojas"}]}
    ).get_json(force=True)
    role = {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": f"Practitioner/{doctor['id']}"},
        "organization": {"reference": f"Organization/{place['id']}"},
    }
    role_id = api.post("PractitionerRole", role).get_json(force=True)["id"]
    seen_by = observation("2026-01-01", "", performer=[{"reference": f"PractitionerRole/{role_id}"}])
    chart = store(api, "40000005", seen_by)
    found = everything(api, chart.id)
    assert sorted(entries(found, "include")) == sorted(
        [f"Organization/{place['id']}", f"Practitioner/{doctor['id']}", f"PractitionerRole/{role_id}"]
    )
    assert "include" not in str(everything(api, chart.id, "?_type=Patient"))


def test_dates_of_care_are_looked_for_in_batches(
    api: Api, chart: Chart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(use_case, "OPENED_AT_ONCE", 1)
    found = everything(api, chart.id, "?start=2024-03&end=2024-04&_count=1&_type=Observation")
    assert len(entries(found)) == 1
    late = everything(api, chart.id, "?start=2026&_count=2&_type=Observation,MedicationDispense")
    assert len(entries(late)) == 2


def test_directory_entries_come_along_a_few_steps_only(api: Api) -> None:
    above = ""
    for number in range(5):
        part_of = {"partOf": {"reference": f"Organization/{above}"}} if above else {}
        made = {"resourceType": "Organization", "name": f"Red {number}", **part_of}
        above = api.post("Organization", made).get_json(force=True)["id"]
    chart = store(
        api, "40000008", observation("2026-01-01", "", performer=[{"reference": f"Organization/{above}"}])
    )
    assert len(entries(everything(api, chart.id), "include")) == 3


def test_a_token_opens_its_types_only_and_says_so(node: Node, chart: Chart) -> None:
    narrow = Api(node.http, node.bearer(scope="system/Observation.rs system/Patient.rs"))
    found = everything(narrow, chart.id)
    assert {name.partition("/")[0] for name in entries(found)} == {"Patient", "Observation"}
    outcome = found["entry"][-1]
    assert outcome["search"]["mode"] == "outcome"
    assert outcome["resource"]["issue"][0]["code"] == "suppressed"
    writer = Api(node.http, node.bearer(scope="system/*.c"))
    assert writer.get(f"Patient/{chart.id}/$everything").status_code == 403


def test_another_programme_gets_what_the_person_agreed_to(node: Node, api: Api) -> None:
    chart, abroad = store(api, "40000006"), Api(node.http, node.bearer("co"))
    unseen = abroad.get(f"Patient/{chart.id}/$everything")
    absent = abroad.get("Patient/nobody/$everything")
    assert (unseen.status_code, unseen.data) == (404, absent.data)
    agree(node, chart, "identity")
    assert entries(everything(abroad, chart.id)) == [f"Patient/{chart.id}"]
    agree(node, chart, "clinical")
    assert f"Patient/{chart.id}" not in entries(everything(abroad, chart.id))
    assert len(entries(everything(abroad, chart.id))) == len(chart.references) - 1


def test_every_page_is_in_the_trail(node: Node, api: Api) -> None:
    chart = store(api, "40000007")
    before = trail(node, chart.id).count("everything")
    everything(api, chart.id, "?_count=1")
    everything(api, chart.id)
    assert trail(node, chart.id).count("everything") == before + 2


@pytest.mark.parametrize(
    "query",
    [
        "?_type=Nonsense",
        "?_since=yesterday",
        "?start=2024-13",
        "?end=soon",
        "?_count=0",
        "?_count=many",
        "?_since=2024&_since=2025",
    ],
)
def test_bad_parameters_are_refused(api: Api, chart: Chart, query: str) -> None:
    assert api.get(f"Patient/{chart.id}/$everything{query}").status_code == 400


def test_unknown_parameters_are_refused_when_the_caller_is_strict(api: Api, chart: Chart) -> None:
    path = f"Patient/{chart.id}/$everything?colour=red"
    assert api.get(path).status_code == 200
    assert api.get(path, Prefer="handling=strict").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Patient"},
        {"resourceType": "Parameters", "parameter": 3},
        {"resourceType": "Parameters", "parameter": [3]},
        [1],
        b"{",
    ],
)
def test_bad_bodies_are_refused(api: Api, chart: Chart, body: object) -> None:
    assert api.post(f"Patient/{chart.id}/$everything", body).status_code == 400


def test_nobody_and_a_deleted_patient(api: Api) -> None:
    assert api.get("Patient/nobody/$everything").status_code == 404
    gone = api.post("Patient", PATIENT).get_json(force=True)["id"]
    assert api.delete(f"Patient/{gone}").status_code == 204
    assert api.get(f"Patient/{gone}/$everything").status_code == 410


def test_pages_of_searches_and_of_everything_are_not_mixed(api: Api, chart: Chart) -> None:
    everything_page = everything(api, chart.id, "?_count=1")["link"][-1]["url"].partition("?")[2]
    search = api.get(f"Observation?patient={chart.id}&_count=1").get_json(force=True)
    search_page = next(link["url"] for link in search["link"] if link["relation"] == "next").partition("?")[2]
    assert api.get(f"Observation?{everything_page}").status_code == 400
    assert api.get(f"Patient/{chart.id}/$everything?{search_page}").status_code == 400
