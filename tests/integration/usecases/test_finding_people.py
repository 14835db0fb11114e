"""Walk 2: find a person by document or name on sealed data, for pages and for systems."""

import itertools
from typing import Any

import pytest

from fhir import wire
from registry.domain.model import Caller
from registry.errors import BadInput, NotAllowed, TooCostly
from registry.usecases.care.people import lookup, person_view, register
from registry.usecases.care.record import record_care
from registry.usecases.care.search import find
from tests.walks.nodes import WalkNode, new_number, somebody

_CONSONANTS = "bdfglmnprstkx"
_PAIRS = itertools.product(_CONSONANTS, repeat=2)


def new_name() -> str:
    """Return a surname that no other person has: other first letters, and another sound."""
    first, second = next(_PAIRS)
    return f"{first.upper()}a{second}oi"


def register_one(node: WalkNode, **changes: Any) -> str:
    return register.register(node.services, node.caller(), somebody(**changes)).person_id


def found(node: WalkNode, **asked: str) -> list[str]:
    return [hit.person_id for hit in lookup.find(node.services, node.caller(), lookup.Lookup(**asked))]


@pytest.mark.parametrize("spelling", ["V{}", "{}", "v-{}", "V {}", "V.{}", "  V{}  "])
def test_a_document_is_found_in_every_spelling(lima: WalkNode, spelling: str) -> None:
    number = new_number()
    person = register_one(lima, number=number)
    assert found(lima, identifier=spelling.format(number)) == [person]
    assert found(lima, identifier_kind="ve-ci", identifier=spelling.format(number)) == [person]
    assert found(lima, identifier_kind="dni", identifier=spelling.format(number)) == []


def test_a_document_shows_masked_numbers_and_says_that_it_is_exact(lima: WalkNode) -> None:
    number = new_number()
    register_one(lima, number=number, identifiers=(("ve-ci", f"V{number}"), ("clinic", "1")))
    (hit,) = lookup.find(lima.services, lima.caller(), lookup.Lookup(identifier=number), "en")
    assert hit.exact
    values = [value for _, value in hit.identifiers]
    assert values == ["•" * 6 + number[-3:], "1"]
    assert (hit.name, hit.sex, str(hit.birth_date)) == (
        "Yuleisy Carolina Rondón Quintero",
        "female",
        "1991-04-12",
    )


@pytest.mark.parametrize("typed", ["{} rosa", "ROSA {}", "rosa {}", "ros {}", "Róśa {}", "rrosa {}"])
def test_a_name_is_found_in_any_order_case_and_sound(lima: WalkNode, typed: str) -> None:
    name = new_name()
    person = register_one(lima, given="Rosa", family=name)
    assert found(lima, name=typed.format(name)) == [person]


@pytest.mark.parametrize(
    ("known", "typed"), [("Jiménez", "Gimenes"), ("Vargas", "bargas"), ("Hernández", "ernandes")]
)
def test_a_name_that_only_sounds_alike_is_found(lima: WalkNode, known: str, typed: str) -> None:
    name = new_name()
    person = register_one(lima, given=known, family=name)
    assert found(lima, name=f"{typed} {name}") == [person]


@pytest.mark.parametrize(
    ("born", "asked", "hit"),
    [
        ("1991-04-12", "1991-04-12", True),
        ("1991-04", "1991-04-12", True),
        ("1991", "1991-04-12", True),
        ("1991-04-12", "1991-04", True),
        ("1991-04-12", "1991", True),
        ("", "1991-04-12", True),
        ("1991-04-12", "1992", False),
        ("1990", "1991-04-12", False),
        ("1991-04-12", "199", False),
    ],
)
def test_a_birth_date_narrows_a_name_as_far_as_both_are_known(
    lima: WalkNode, born: str, asked: str, hit: bool
) -> None:
    name = new_name()
    person = register_one(lima, family=name, birth_date=born)
    assert found(lima, name=name, birth_date=asked) == ([person] if hit else [])


def test_a_name_without_any_sound_is_found_by_its_letters(lima: WalkNode) -> None:
    person = register_one(lima, given="Hh", family="Hhh")
    assert found(lima, name="hhh hh") == [person]


def test_a_full_birth_date_alone_is_enough(lima: WalkNode) -> None:
    person = register_one(lima, birth_date="1931-12-31")
    assert found(lima, birth_date="1931-12-31") == [person]
    assert found(lima, birth_date="1931-12-30") == []


@pytest.mark.parametrize(
    "asked", [{}, {"name": "a"}, {"birth_date": "1991"}, {"identifier": "  "}, {"name": "?"}]
)
def test_a_search_that_narrows_nothing_is_refused(lima: WalkNode, asked: dict[str, str]) -> None:
    with pytest.raises(TooCostly):
        found(lima, **asked)


def test_a_document_number_of_signs_only_finds_nobody(lima: WalkNode) -> None:
    assert found(lima, identifier=".-. ") == []


def test_confirmed_people_come_before_provisional_ones(lima: WalkNode) -> None:
    number = new_number()
    first, second = (register_one(lima, number=number) for _ in range(2))
    lima.run("UPDATE person SET provisional = ? WHERE id = ?", True, min(first, second))
    assert found(lima, identifier=number) == [max(first, second), min(first, second)]


def test_deleted_people_are_not_found(lima: WalkNode) -> None:
    number = new_number()
    person = register_one(lima, number=number)
    tokens = lima.run("SELECT param, kind, value FROM search_token WHERE owner_id = ?", person)
    record_care.delete(lima.services, lima.caller(), "Patient", person)
    assert lima.run("SELECT count(*) FROM search_token WHERE owner_id = ?", person) == [(0,)]
    for param, kind, value in tokens:  # even when somebody puts the tokens back
        lima.run(
            "INSERT INTO search_token (owner_id, resource_type, resource_id, param, kind, value) "
            "VALUES (?, 'Patient', ?, ?, ?, ?)", person, person, param, kind, value,
        )  # fmt: skip
    assert found(lima, identifier=number) == []
    assert searched(lima, ("identifier", number)) == []


def test_tokens_moved_to_another_person_show_nobody(lima: WalkNode) -> None:
    name, number = new_name(), new_number()
    person = register_one(lima, number=number, family=name)
    other = register_one(lima, given="Marisol", family="Condori")
    lima.run("DELETE FROM search_token WHERE owner_id = ?", other)
    lima.run("UPDATE search_token SET owner_id = ?, resource_id = ? WHERE owner_id = ?", other, other, person)
    assert found(lima, identifier=number) == []
    assert found(lima, name=name) == []


def test_looking_is_for_those_whose_role_allows_it_and_is_noted(lima: WalkNode) -> None:
    for role in ("administrator", "observatory", "privacy", "region", "programme"):
        with pytest.raises(NotAllowed):
            lookup.find(lima.services, lima.caller(role), lookup.Lookup(name="Rosa"))
    lookup.find(lima.services, lima.caller("pharmacist"), lookup.Lookup(name="Zoraida"))
    newest = lima.look(lambda unit: unit.audit.recent(1))[0]
    assert newest["action"] == "search"
    assert "Zoraida" not in str(newest)


def searched(node: WalkNode, *parameters: tuple[str, str], caller: Caller | None = None) -> list[str]:
    query = find.parse(node.services, "Patient", parameters)
    page = find.page(node.services, caller or node.caller("system"), query)
    return [each.id for each in page.matches]


def test_systems_search_by_identifier_with_and_without_its_system(lima: WalkNode) -> None:
    number = new_number()
    person = register_one(lima, number=number)
    system = lima.services.node.identifier_kind("ve-ci").system  # type: ignore[union-attr]
    assert searched(lima, ("identifier", f"{system}|V{number}")) == [person]
    assert searched(lima, ("identifier", f"V-{number}")) == [person]
    assert searched(lima, ("identifier", f"urn:other|V{number}")) == []
    assert searched(lima, ("identifier", f"|V{number}")) == []
    assert searched(lima, ("identifier", f"{system}|V{number},{system}|V1")) == [person]
    assert searched(lima, ("identifier", "..")) == []
    second = new_number()
    two = register_one(lima, identifiers=(("ve-ci", f"V{new_number()}"), ("ve-pp", second)))
    assert searched(lima, ("identifier", second)) == [two]


def test_systems_search_by_name_and_what_narrows_it(lima: WalkNode) -> None:
    name = new_name()
    person = register_one(lima, given="Rosa María", family=name, birth_date="1991-04-12")
    assert searched(lima, ("name", name)) == [person]
    assert searched(lima, ("family", name)) == [person]
    assert searched(lima, ("family", name), ("given", "maria")) == [person]
    assert searched(lima, ("family", name), ("given", "Pedro")) == []
    assert searched(lima, ("given", name)) == []
    assert searched(lima, ("family:exact", name)) == [person]
    assert searched(lima, ("family:exact", name.upper())) == []
    assert searched(lima, ("family", f"{name},Nadie")) == [person]
    assert searched(lima, ("_id", person)) == [person]
    assert searched(lima, ("_id", "nobody")) == []
    assert searched(lima, ("_id", person), ("identifier", "urn:puente:nothing|")) == []


@pytest.mark.parametrize(
    ("comparison", "hit"),
    [
        ("1991-04-12", True),
        ("1991-04", True),
        ("eq1991", True),
        ("ap1991", True),
        ("ne1991-04-12", False),
        ("ne1992", True),
        ("lt1992", True),
        ("lt1991", False),
        ("eb1991-05", True),
        ("le1991-04-12", True),
        ("le1990", False),
        ("gt1990", True),
        ("gt1991-04", False),
        ("sa1991-03-31", True),
        ("ge1991-04-12", True),
        ("ge1991-05", False),
    ],
)
def test_birth_dates_are_compared_as_the_standard_has_it(lima: WalkNode, comparison: str, hit: bool) -> None:
    name = new_name()
    person = register_one(lima, family=name, birth_date="1991-04-12")
    assert searched(lima, ("family", name), ("birthdate", comparison)) == ([person] if hit else [])


def test_nobody_without_a_birth_date_fits_a_comparison(lima: WalkNode) -> None:
    name = new_name()
    register_one(lima, family=name, birth_date="")
    for comparison in ("lt2020", "gt1900", "1991", "ge1900", "le2020"):
        assert searched(lima, ("family", name), ("birthdate", comparison)) == []


def test_systems_search_by_a_full_birth_date(lima: WalkNode) -> None:
    person = register_one(lima, birth_date="1930-01-31")
    assert searched(lima, ("birthdate", "1930-01-31")) == [person]
    assert searched(lima, ("birthdate", "1930-01-31,1930-02-01")) == [person]


@pytest.mark.parametrize(
    "parameters", [[], [("birthdate", "1991")], [("birthdate", "gt1991-01-01")], [("gender", "x")]]
)
def test_a_search_that_would_open_every_record_is_too_costly(
    lima: WalkNode, parameters: list[tuple[str, str]]
) -> None:
    with pytest.raises((TooCostly, BadInput)) as refused:
        searched(lima, *parameters)
    assert refused.value.status in (400, 403)


def test_a_value_that_cannot_be_used_is_refused(lima: WalkNode) -> None:
    with pytest.raises(BadInput) as refused:
        searched(lima, ("_id", "not/an/id"))
    assert refused.value.issues


def test_a_page_has_as_many_people_as_asked_for(lima: WalkNode) -> None:
    name = new_name()
    people = {register_one(lima, family=name) for _ in range(3)}
    assert set(searched(lima, ("family", name))) == people
    assert len(searched(lima, ("family", name), ("_count", "2"))) == 2


def test_a_name_written_as_one_text_is_searched_too(lima: WalkNode) -> None:
    name = new_name()
    resource = {
        "resourceType": "Patient",
        "name": [{}, {"text": f"Sor {name}"}],
        "identifier": [{"system": "urn:x"}],
    }
    del resource["name"][0]  # type: ignore[attr-defined]
    stored = record_care.record(lima.services, lima.caller(), resource)
    assert searched(lima, ("name", name)) == [stored.id]
    assert searched(lima, ("name", name), ("identifier", "urn:y|")) == []
    assert searched(lima, ("name", name), ("identifier", "urn:x|")) == [stored.id]
    assert person_view.full_name(wire.parse(stored.body)) == f"Sor {name}"


def test_a_partner_searches_only_with_the_scope_for_it(lima: WalkNode) -> None:
    reader = Caller("partner:x", "partner", "x", scopes=("system/Patient.r",))
    with pytest.raises(NotAllowed):
        searched(lima, ("name", "Rosa"), caller=reader)


def test_what_a_view_makes_of_odd_patients() -> None:
    assert person_view.full_name({"name": [{"use": "old"}, {"given": ["A"], "family": "B"}]}) == "A B"
    assert person_view.full_name({}) == ""
    assert [str(person_view.partial_date(text)) for text in ("1991", "1991-04", "1991-04-12")] == [
        "1991", "1991-04", "1991-04-12",
    ]  # fmt: skip
    assert [person_view.partial_date(text) for text in ("", "1991-13", "yesterday!", 7, None)] == [None] * 5
    assert person_view.mask("ab") == "ab"
