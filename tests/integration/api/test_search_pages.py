"""Pages of a search, stable while others write, whose addresses say nothing of anybody; what comes along."""

import json
import random
import threading
from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from registry import create_app
from registry.usecases.care.search import along
from tests.integration.api.conftest import Api, Node
from tests.integration.api.searching import DOCUMENT, Chart, chart, entries, ids, link, store


@pytest.fixture(scope="module")
def rosa(api: Api) -> Chart:
    """Give a person with results."""
    return chart(api)


def walk(api: Api, path: str, between: Callable[[], object] = lambda: None) -> list[list[str]]:
    """Follow the links to the last page; do something between two pages."""
    pages = []
    while path:
        answer = api.get(path)
        pages.append(ids(answer))
        path = link(answer, "next")
        if path:
            between()
    return pages


def flat(pages: list[list[str]]) -> list[str]:
    return [each for page in pages for each in page]


@pytest.mark.parametrize("order", ["", "&_sort=date", "&_sort=-date,_id", "&_sort=-value-quantity"])
def test_pages_together_hold_everything_once(rosa: Chart, order: str) -> None:
    pages = walk(rosa.api, f"Observation?patient={rosa.patient}&_count=2{order}")
    assert [len(page) for page in pages] == [2, 2, 2]
    assert sorted(flat(pages)) == sorted(rosa.results)
    if "-date" in order:
        assert flat(pages) == rosa.results[::-1]


def test_each_page_links_to_the_first_and_the_one_before(rosa: Chart) -> None:
    start = rosa.api.get(f"Observation?patient={rosa.patient}&_count=2&_sort=date")
    assert (link(start, "first"), link(start, "previous")) == ("", "")
    second = rosa.api.get(link(start, "next"))
    third = rosa.api.get(link(second, "next"))
    assert link(third, "next") == ""
    assert ids(rosa.api.get(link(third, "previous"))) == ids(second)
    assert ids(rosa.api.get(link(third, "first"))) == ids(start)
    again = rosa.api.get(link(rosa.api.get(link(third, "previous")), "previous"))
    assert ids(again) == ids(start)
    assert json.loads(third.data)["total"] == 6


def test_an_address_of_a_page_says_nothing_about_the_search_or_the_person(rosa: Chart) -> None:
    answer = rosa.api.get(f"Observation?patient.identifier={DOCUMENT}|{rosa.document}&_count=2&_sort=date")
    for relation in ("next",):
        path = link(answer, relation)
        parts = urlsplit(path)
        assert list(parse_qs(parts.query)) == ["_page"]
        for secret in (rosa.document, rosa.patient, "2026-0", DOCUMENT):
            assert secret not in unquote(path)
    second = rosa.api.get(link(answer, "next"))
    assert set(ids(second)) <= set(rosa.results)


def test_a_page_is_of_its_caller_its_search_and_this_node_only(node: Node, rosa: Chart) -> None:
    path = link(rosa.api.get(f"Observation?patient={rosa.patient}&_count=2"), "next")
    token = path.partition("_page=")[2]
    stranger = Api(node.http, node.bearer("co"))
    assert stranger.get(path).status_code == 400
    for wrong in (
        f"Patient?_page={token}",
        f"Patient/{rosa.patient}/Observation?_page={token}",
        f"Observation?_page={token}&_count=200",
        f"Observation?_page={token[:-2]}AA",
        "Observation?_page=nonsense",
        "Observation?_page=%C3%B1",
        "Observation?_page=",
        "Observation?_page=" + "A" * 70_000,
    ):
        answer = rosa.api.get(wrong)
        assert answer.status_code == 400, wrong
        assert rosa.patient not in answer.text
    assert rosa.api.get(f"{path}&_format=json&_pretty=true").status_code == 200


def test_a_page_keeps_to_the_compartment_it_came_from(rosa: Chart) -> None:
    pages = walk(rosa.api, f"Patient/{rosa.patient}/Observation?_count=4&_sort=-date")
    assert flat(pages) == rosa.results[::-1]


@pytest.mark.parametrize("order", ["", "&_sort=date", "&_sort=-date"])
def test_what_is_written_between_two_pages_neither_repeats_nor_hides_anything(api: Api, order: str) -> None:
    her = chart(api)
    months = iter(range(1, 13))
    written: list[str] = []
    pages = walk(
        her.api,
        f"Observation?patient={her.patient}&_count=1{order}",
        lambda: written.append(her.result(f"2025-{next(months, 12):02d}-01", 1)),
    )
    found = flat(pages)
    assert len(found) == len(set(found))
    assert set(her.results) <= set(found) <= set(her.results) | set(written)


def test_pages_of_names_hold_everybody_while_others_register(node: Node, api: Api) -> None:
    her = chart(api)
    name = {"resourceType": "Patient", "birthDate": "1990-01-01", "gender": "female"}
    people = {
        store(api, {**name, "name": [{"family": her.family, "given": [f"A{number}"]}]}) for number in range(7)
    } | {her.patient}
    stop = threading.Event()

    def register() -> None:
        mine = Api(create_app(node.settings, node.services).test_client(), api.token)
        for _ in range(40):
            if stop.is_set():
                break
            store(mine, {**name, "name": [{"family": her.family, "given": ["Nueva"]}]})

    writer = threading.Thread(target=register)
    writer.start()
    try:
        for order in ("", "&_sort=given", "&_sort=-_lastUpdated"):
            found = flat(walk(api, f"Patient?family={her.family}&_count=3{order}"))
            assert len(found) == len(set(found))
            assert people <= set(found)
    finally:
        stop.set()
        writer.join()


def test_the_whole_directory_is_read_page_by_page(api: Api) -> None:
    made = {store(api, {"resourceType": "Endpoint", **ENDPOINT, "name": f"n{place}"}) for place in range(5)}
    found = flat(walk(api, "Endpoint?_count=2"))
    assert made <= set(found)
    assert len(found) == len(set(found))
    ordered = flat(walk(api, "Endpoint?_sort=-name&_count=2&name=n"))
    assert set(ordered) == made


ENDPOINT = {
    "status": "active",
    "connectionType": {"code": "hl7-fhir-rest"},
    "payloadType": [{"text": "any"}],
    "address": "https://example.org/fhir",
}


def test_a_total_is_exact_when_asked_for_and_left_out_when_not_wanted(rosa: Chart) -> None:
    def total(query: str) -> object:
        return json.loads(rosa.api.get(f"Observation?patient={rosa.patient}&{query}").data).get("total")

    assert total("_count=200") == 6
    assert total("_count=2") is None
    assert total("_count=2&_total=accurate") == 6
    assert total("_count=2&_sort=date") == 6
    assert total("_count=2&_sort=date&_total=none") is None
    assert total("_total=none") is None
    last = rosa.api.get(link(rosa.api.get(f"Observation?patient={rosa.patient}&_count=4"), "next"))
    assert "total" not in json.loads(last.data)


def test_company_of_a_page_is_that_of_its_own_matches(rosa: Chart) -> None:
    start = rosa.api.get(
        f"Observation?patient={rosa.patient}&_count=5&_sort=date&_include=Observation:encounter"
    )
    assert ids(start, "include") == [rosa.encounter]
    rest = rosa.api.get(link(start, "next"))
    assert ids(rest) == rosa.results[5:]
    assert ids(rest, "include") == []


def test_the_order_of_random_values_is_theirs(api: Api) -> None:
    her = chart(api)
    values = random.Random(5).sample(range(100), 8)
    for value in values:
        her.result("2026-08-01", value, {"text": "x"})
    answer = api.get(f"Observation?patient={her.patient}&date=2026-08-01&_sort=value-quantity")
    assert [each["valueQuantity"]["value"] for each in entries(answer)] == sorted(values)


def test_every_page_shows_the_part_asked_for(rosa: Chart) -> None:
    path = f"Observation?patient={rosa.patient}&_count=4&_sort=date&_elements=status"
    for _ in range(2):
        answer = rosa.api.get(path)
        for each in entries(answer):
            assert each["status"] == "final"
            assert "valueQuantity" not in each
        path = link(answer, "next")
    assert path == ""


def test_after_very_many_pages_the_link_back_is_left_out_and_the_first_stays(api: Api) -> None:
    her = chart(api)
    for day in range(1, 19):
        her.result(f"2024-01-{day:02d}", day)
    path = f"Observation?patient={her.patient}&_count=1&_sort=date"
    for _ in range(24):
        answer = api.get(path)
        path = link(answer, "next")
    assert link(answer, "previous")
    for _ in range(21):
        if not (back := link(answer, "previous")):
            break
        answer = api.get(back)
    assert link(answer, "previous") == ""
    assert link(answer, "first")


def test_what_is_referred_to_comes_along_once(rosa: Chart) -> None:
    query = f"Observation?patient={rosa.patient}&_include=Observation:subject&_include=Observation:encounter"
    answer = rosa.api.get(query)
    assert sorted(ids(answer, "include")) == sorted([rosa.patient, rosa.encounter])
    assert json.loads(answer.data)["total"] == 6
    on = rosa.api.get(f"{query}&_include:iterate=Encounter:service-provider")
    assert rosa.organization in ids(on, "include")
    everything = rosa.api.get(f"Observation?_id={rosa.results[0]}&_include=*")
    assert sorted(ids(everything, "include")) == sorted([rosa.patient, rosa.encounter, rosa.practitioner])
    narrowed = rosa.api.get(f"Observation?_id={rosa.results[0]}&_include=Observation:subject:Group")
    assert ids(narrowed, "include") == []


def test_what_refers_to_a_match_comes_along(rosa: Chart) -> None:
    answer = rosa.api.get(f"Patient?_id={rosa.patient}&_revinclude=Observation:patient")
    assert sorted(ids(answer, "include")) == sorted(rosa.results)
    through = rosa.api.get(f"Encounter?_id={rosa.encounter}&_revinclude=Observation:encounter")
    assert sorted(ids(through, "include")) == sorted(rosa.results[:5])


def test_company_has_limits_and_keeps_to_what_is_here(rosa: Chart, monkeypatch: pytest.MonkeyPatch) -> None:
    astray = rosa.result(
        "2019-01-01",
        1,
        performer=[{"display": "somebody"}, {"reference": "https://elsewhere.example/fhir/Practitioner/1"}],
        hasMember=[{"reference": "Observation/none"}],
    )
    answer = rosa.api.get(f"Observation?_id={astray}&_include=Observation:*&_include=Encounter:subject")
    assert ids(answer, "include") == [rosa.patient]
    people = rosa.api.get(f"Patient?_id={rosa.patient}&_revinclude=Patient:link&_revinclude=Encounter:*")
    assert ids(people, "include") == [rosa.encounter]
    deep = (
        f"Patient?_id={rosa.patient}&_revinclude=Observation:patient&_include:iterate=Observation:encounter"
    )
    assert rosa.encounter in ids(rosa.api.get(deep), "include")
    only = f"Patient?_id={rosa.patient}&_revinclude=Observation:subject:Group"
    assert ids(rosa.api.get(only), "include") == []
    monkeypatch.setattr(along, "MOST_ROUNDS", 1)
    assert rosa.encounter not in ids(rosa.api.get(deep), "include")
    monkeypatch.setattr(along, "MOST_ALONG", 2)
    assert rosa.api.get(deep).status_code == 403
    rosa.api.delete(f"Observation/{astray}")
