"""The port People: people and the blind index."""

import pytest

from registry.domain.model import Person
from registry.errors import Conflict
from registry.ports import Unit
from tests.contract.store.node import NOON, StoreNode, new_id, token


def person(unit: Unit, *words: str) -> str:
    owner = new_id()
    unit.people.add(Person(owner, provisional=False, created=NOON))
    unit.people.index(owner, ("Patient", owner), [token(word) for word in words])
    return owner


def test_a_person_comes_back_and_is_confirmed_once_known(node: StoreNode) -> None:
    new = Person(new_id(), provisional=True, created=NOON, origin_partner="co")
    with node.committed() as unit:
        unit.people.add(new)
    with node.committed() as unit:
        assert unit.people.get(new.id) == new
        unit.people.confirm(new.id)
    with node.unit() as unit:
        assert unit.people.get(new.id) == Person(new.id, provisional=False, created=NOON, origin_partner="co")
        assert unit.people.get(new_id()) is None


def test_the_same_person_twice_is_a_conflict(node: StoreNode) -> None:
    new = Person(new_id(), provisional=False, created=NOON)
    with node.committed() as unit:
        unit.people.add(new)
    with node.unit() as unit, pytest.raises(Conflict):
        unit.people.add(new)


def test_candidates_carry_every_token(node: StoreNode) -> None:
    a, b, c = new_id(), new_id(), new_id()
    with node.committed() as unit:
        both = person(unit, a, b)
        person(unit, a)
        person(unit, b, c)
    with node.unit() as unit:
        assert unit.people.candidates([token(a), token(b)], 10) == [both]
        assert unit.people.candidates([token(a), token(c)], 10) == []
        assert unit.people.candidates([], 10) == []


def test_one_token_may_lead_to_two_records_of_one_person(node: StoreNode) -> None:
    word = new_id()
    with node.committed() as unit:
        owners = sorted([person(unit, word), person(unit, word)])
    with node.unit() as unit:
        assert unit.people.candidates([token(word)], 10) == owners
        assert unit.people.candidates([token(word)], 1) == owners[:1]


def test_tokens_of_another_parameter_or_kind_do_not_match(node: StoreNode) -> None:
    word = new_id()
    with node.committed() as unit:
        person(unit, word)
    with node.unit() as unit:
        assert unit.people.candidates([token(word, param="name")], 10) == []
        assert unit.people.candidates([token(word, kind="prefix")], 10) == []


def test_any_of_puts_most_matches_first(node: StoreNode) -> None:
    a, b, c = new_id(), new_id(), new_id()
    with node.committed() as unit:
        one = person(unit, a)
        three = person(unit, a, b, c)
        two = person(unit, b, c)
    with node.unit() as unit:
        wanted = [token(a), token(b), token(c)]
        assert unit.people.any_of(wanted, 10) == [three, two, one]
        assert unit.people.any_of(wanted, 1) == [three]
        assert unit.people.any_of([], 10) == []


def test_the_same_token_of_two_resources_counts_once(node: StoreNode) -> None:
    a, b = new_id(), new_id()
    with node.committed() as unit:
        repeated, several = person(unit, a), person(unit, a, b)
        for _ in range(3):
            unit.people.index(repeated, ("RelatedPerson", new_id()), [token(a)])
    with node.unit() as unit:
        assert unit.people.any_of([token(a), token(b)], 10) == [several, repeated]


def test_indexing_again_replaces_only_the_tokens_of_that_resource(node: StoreNode) -> None:
    old, new, other = new_id(), new_id(), new_id()
    with node.committed() as unit:
        owner = person(unit, old)
        unit.people.index(owner, ("RelatedPerson", owner), [token(other)])
    with node.committed() as unit:
        unit.people.index(owner, ("Patient", owner), [token(new), token(new)])
    with node.unit() as unit:
        assert unit.people.candidates([token(old)], 10) == []
        assert unit.people.candidates([token(new), token(other)], 10) == [owner]


def test_without_tokens_a_resource_is_not_found_any_more(node: StoreNode) -> None:
    word = new_id()
    with node.committed() as unit:
        owner = person(unit, word)
    with node.committed() as unit:
        unit.people.index(owner, ("Patient", owner), [])
    with node.unit() as unit:
        assert unit.people.candidates([token(word)], 10) == []


def test_pages_pass_over_everybody_once(node: StoreNode) -> None:
    with node.committed() as unit:
        added = {person(unit) for _ in range(7)}
        for name in ("Z-1", "a-1", "_-1"):
            owner = name + new_id()
            unit.people.add(Person(owner, provisional=False, created=NOON))
            added.add(owner)
    seen: list[str] = []
    with node.unit() as unit:
        while page := unit.people.ids(seen[-1] if seen else "", limit=3):
            seen += page
        assert len(seen) == len(set(seen)) == unit.people.count()
    assert added <= set(seen)
    assert seen == sorted(seen)
