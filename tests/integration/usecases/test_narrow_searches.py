"""A search narrows by all that was typed, and leaves a trace on everybody it shows."""

import pytest

from fhir import wire
from registry.errors import TooCostly
from registry.usecases.care.people import lookup, register
from registry.usecases.care.search import find, looking, rows
from registry.usecases.care.search.page_links import Position
from tests.walks.nodes import WalkNode, somebody


def register_one(node: WalkNode, family: str, birth_date: str) -> str:
    person = somebody(family=family, birth_date=birth_date)
    return register.register(node.services, node.caller(), person).person_id


def found(node: WalkNode, **asked: str) -> list[str]:
    return [hit.person_id for hit in lookup.find(node.services, node.caller(), lookup.Lookup(**asked))]


def searched(node: WalkNode, *parameters: tuple[str, str]) -> list[str]:
    return [each.id for each in page(node, *parameters).matches]


def page(node: WalkNode, *parameters: tuple[str, str]) -> find.Page:
    query = find.parse(node.services, "Patient", parameters)
    return find.page(node.services, node.caller("system"), query)


def test_a_full_birth_date_finds_one_of_more_namesakes_than_are_opened(
    lima: WalkNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "Zwyxquevo"
    people = sorted(register_one(lima, family=name, birth_date=f"19{year}-05-06") for year in range(80, 84))
    day = birth_day(lima, people[-1])
    monkeypatch.setattr(lookup, "MOST_CANDIDATES", 1)  # the last in the order of the store is past the cut
    assert found(lima, name=name, birth_date=day) == [people[-1]]
    assert searched(lima, ("family", name), ("birthdate", day)) == [people[-1]]
    assert searched(lima, ("family", name), ("birthdate", f"1931-01-01,{day}")) == [people[-1]]


def birth_day(node: WalkNode, person: str) -> str:
    """Return the birth date of a person as a system reads it."""
    (stored,) = page(node, ("_id", person)).matches
    return str(wire.parse(stored.body)["birthDate"])


def traces(node: WalkNode, person: str) -> int:
    events = node.look(lambda unit: unit.audit.about(person, 50))
    return sum(event["action"] == "search" for event in events)


def test_a_search_leaves_a_trace_on_everybody_it_shows_and_on_nobody_else(lima: WalkNode) -> None:
    name = "Kwolfrebi"
    one, two = (register_one(lima, family=name, birth_date=day) for day in ("1971-01-01", "1972-02-02"))
    assert len(found(lima, name=name)) == 2
    assert (traces(lima, one), traces(lima, two)) == (1, 1)
    assert found(lima, name=name, birth_date="1971-01-01") == [one]
    assert (traces(lima, one), traces(lima, two)) == (2, 1)
    (shown,) = searched(lima, ("family", name), ("_count", "1"))
    hidden = two if shown == one else one
    assert traces(lima, shown) + traces(lima, hidden) == 4
    assert traces(lima, hidden) == (1 if hidden == two else 2)


def test_a_name_that_begins_like_too_many_is_searched_as_a_whole_word(
    lima: WalkNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    alike = [register_one(lima, family=f"Qwozzu{end}", birth_date="1980-05-06") for end in ("ka", "ra", "ta")]
    assert sorted(searched(lima, ("family", "Qwoz"))) == sorted(alike)
    monkeypatch.setattr(rows, "MOST_CARRIERS", 2)
    shown = page(lima, ("family", "qwozzura"))
    assert [each.id for each in shown.matches] == [alike[1]]
    assert [issue.rule for issue in shown.notes] == ["whole-words-only"]
    assert not page(lima, ("family:exact", "Qwozzura")).notes
    assert page(lima, ("family", "Qwoz")).matches == ()
    for family in ("Qwozzura", "Qwozzuka"):
        register_one(lima, family=family, birth_date="1981-05-06")
    with pytest.raises(TooCostly):
        searched(lima, ("family", "Qwozzura,Qwozzuka"))
    with pytest.raises(TooCostly):
        searched(lima, ("family:exact", "Qwozzura,Qwozzuka"))
    again = page(lima, ("family", "qwozzura"), ("_has:Observation:patient:code", "x"))
    assert len(again.notes) == 1


def test_many_of_one_name_are_paged_through(lima: WalkNode, monkeypatch: pytest.MonkeyPatch) -> None:
    people = {register_one(lima, family="Xwodrebi", birth_date=f"19{year}-01-01") for year in range(50, 57)}
    monkeypatch.setattr(rows, "MOST_CARRIERS", 2)
    monkeypatch.setattr(rows, "CHUNK", 2)
    found: list[str] = []
    at = Position("Patient", ())
    while True:
        shown = find.page(
            lima.services,
            lima.caller("system"),
            find.parse(lima.services, "Patient", [("family", "Xwodrebi"), ("_count", "3")]),
            at,
        )
        found += [each.id for each in shown.matches]
        if shown.goes_on is None:
            break
        at = at.on(shown.goes_on)
    assert len(found) == len(set(found))
    assert set(found) == people


def test_a_search_stops_before_it_opens_too_much(lima: WalkNode, monkeypatch: pytest.MonkeyPatch) -> None:
    for year in range(60, 64):
        register_one(lima, family="Bwulgari", birth_date=f"19{year}-01-01")
    monkeypatch.setattr(looking, "MOST_OPENED", 3)
    with pytest.raises(TooCostly):
        searched(lima, ("family", "Bwulgari"), ("_sort", "birthdate"))
