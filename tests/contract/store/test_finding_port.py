"""The port Finding: how a search narrows, on both dialects."""

import pytest

from registry.domain.model import SearchToken
from registry.ports import Unit
from tests.contract.store.node import StoreNode, new_id, sealed, token, wrote


def add(unit: Unit, owner: str, *words: str, kind: str = "Observation", resource_id: str = "") -> str:
    """Store a resource that carries the tokens of some words."""
    row = sealed(owner, type=kind, id=resource_id or new_id())
    unit.records.add(row, wrote())
    unit.people.index(owner, (kind, row.id), [named(word, kind) for word in words])
    return row.id


def named(word: str, kind: str = "Observation") -> SearchToken:
    return token(word, param=f"{kind}.identifier")


@pytest.fixture
def word(node: StoreNode) -> str:
    """Give a word that no other test uses."""
    return new_id()


def test_an_owner_has_what_is_of_the_type_and_not_deleted(node: StoreNode) -> None:
    owner = new_id()
    with node.committed() as unit:
        kept = add(unit, owner)
        gone = sealed(owner)
        unit.records.add(gone, wrote())
        unit.records.add(sealed(owner, 2, id=gone.id, deleted=True, body=b""), wrote("delete"))
        add(unit, owner, kind="Encounter")
        add(unit, new_id())
    with node.unit() as unit:
        assert [row.id for row in unit.finding.of_owner(owner, "Observation")] == [kept]
        assert [row.id for row in unit.finding.by_ids("Observation", [kept])] == [kept]
        assert [row.id for row in unit.finding.by_ids("Observation", [kept, gone.id, "x"])] == [kept]
        assert unit.finding.by_ids("Encounter", [kept]) == []
        assert unit.finding.by_ids("Observation", []) == []
        assert unit.finding.of_owner(owner, "Flag") == []


def test_a_token_finds_what_carries_it_and_only_of_its_type(node: StoreNode, word: str) -> None:
    owner = new_id()
    with node.committed() as unit:
        one = add(unit, owner, word)
        two = add(unit, new_id(), word, "other")
        add(unit, owner, "other")
        unit.people.index(owner, ("Encounter", new_id()), [named(word)])
    with node.unit() as unit:
        assert {row.id for row in unit.finding.carrying("Observation", named(word), 9)} == {one, two}
        assert len(unit.finding.carrying("Observation", named(word), 1)) == 1
        assert unit.finding.carrying("Flag", named(word), 9) == []
        both = unit.finding.ids_carrying("Observation", [named(word), named("other")], "", 9)
        assert both == [two]
        assert unit.finding.ids_carrying("Observation", [named(word), named(new_id())], "", 9) == []


@pytest.mark.parametrize("kind", ["Observation", "Patient"])
def test_ids_are_walked_in_one_order_without_gaps(node: StoreNode, word: str, kind: str) -> None:
    with node.committed() as unit:
        made = set()
        for _ in range(7):
            new = new_id()
            made.add(add(unit, new, word, kind=kind, resource_id=new))
    with node.unit() as unit:
        walked: list[str] = []
        while some := unit.finding.ids_carrying(kind, [named(word, kind)], walked[-1] if walked else "", 2):
            walked += some
    assert len(walked) == 7
    assert set(walked) == made


def test_pages_of_an_owner_follow_the_bytes_of_ids(node: StoreNode) -> None:
    owner = new_id()
    ids = [f"{owner[:8]}{end}" for end in ("-B", "-a", ".c", "0", "Z", "z")]
    with node.committed() as unit:
        for each in ids:
            add(unit, owner, resource_id=each)
    with node.unit() as unit:
        first = [row.id for row in unit.finding.page(owner, "Observation", "", 4)]
        rest = [row.id for row in unit.finding.page(owner, "Observation", first[-1], 4)]
    assert first + rest == sorted(ids)
