"""A search narrows by all that was typed, and leaves a trace on everybody it shows."""

import pytest

from fhir import wire
from registry.usecases.care.people import lookup, register
from registry.usecases.care.search import find
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
