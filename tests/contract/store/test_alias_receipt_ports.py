"""The ports Aliases and Receipts."""

from dataclasses import replace

import pytest

from registry.domain.model import Alias, ReceiptRow
from registry.errors import Conflict
from tests.contract.store.node import NOON, StoreNode, later, new_id


def test_an_alias_leads_to_the_person_and_back(node: StoreNode) -> None:
    alias = Alias("co", new_id(), new_id(), "us")
    with node.committed() as unit:
        unit.aliases.add(alias)
    with node.unit() as unit:
        assert unit.aliases.of("co", alias.owner_id) == alias
        assert unit.aliases.owner("co", alias.alias) == alias.owner_id
        assert unit.aliases.of("ec", alias.owner_id) is None
        assert unit.aliases.owner("ec", alias.alias) is None


def test_adding_the_same_alias_again_changes_nothing(node: StoreNode) -> None:
    alias = Alias("co", new_id(), new_id(), "them")
    for _ in range(2):
        with node.committed() as unit:
            unit.aliases.add(alias)
    with node.unit() as unit:
        assert unit.aliases.of("co", alias.owner_id) == alias


def test_an_alias_never_stands_for_two_people(node: StoreNode) -> None:
    alias = Alias("co", new_id(), new_id(), "them")
    with node.committed() as unit:
        unit.aliases.add(alias)
    with node.unit() as unit, pytest.raises(Conflict):
        unit.aliases.add(replace(alias, owner_id=new_id()))


def test_we_mint_one_alias_for_a_person_and_partner(node: StoreNode) -> None:
    alias = Alias("co", new_id(), new_id(), "us")
    with node.committed() as unit:
        unit.aliases.add(alias)
    with node.unit() as unit:
        with pytest.raises(Conflict):
            unit.aliases.add(replace(alias, alias=new_id()))
        unit.aliases.add(replace(alias, alias=new_id(), partner="ec"))


def test_a_partner_may_know_one_person_by_two_names_and_ours_goes_first(node: StoreNode) -> None:
    owner = new_id()
    theirs = [Alias("co", owner, new_id(), "them") for _ in range(2)]
    for alias in theirs:
        with node.committed() as unit:
            unit.aliases.add(alias)
    with node.committed() as unit:
        assert unit.aliases.of("co", owner) == theirs[1]
        ours = Alias("co", owner, new_id(), "us")
        unit.aliases.add(ours)
    with node.unit() as unit:
        assert unit.aliases.of("co", owner) == ours
        assert [unit.aliases.owner("co", alias.alias) for alias in theirs] == [owner, owner]


def test_sequence_numbers_count_up_per_alias(node: StoreNode) -> None:
    alias = new_id()
    with node.committed() as unit:
        assert [unit.aliases.next_seq("co", alias) for _ in range(3)] == [1, 2, 3]
        assert unit.aliases.next_seq("ec", alias) == 1
    with node.unit() as unit:
        assert unit.aliases.next_seq("co", alias) == 4
    with node.unit() as unit:
        assert unit.aliases.next_seq("co", alias) == 4, "what was rolled back does not count"


def test_a_receipt_is_kept_once_in_each_direction(node: StoreNode) -> None:
    partner = new_id()
    got = ReceiptRow("got", partner, new_id(), "accepted", "sha", NOON, "signed")
    given = replace(got, direction="given", at=later(hours=-1))
    duplicate = replace(got, status="duplicate", at=later(hours=1))
    with node.committed() as unit:
        assert unit.receipts.add(got)
        assert unit.receipts.add(duplicate)
        assert unit.receipts.add(given)
        assert not unit.receipts.add(replace(got, jws="signed again"))
    with node.unit() as unit:
        assert unit.receipts.all(partner) == [given, got, duplicate]
        assert unit.receipts.all(new_id()) == []
        assert {got, given, duplicate} <= set(unit.receipts.all())
