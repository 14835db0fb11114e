"""Merkle trees of RFC 9162: the known root, and every proof of every small tree."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.crypto.witness.merkle import (
    EMPTY,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf,
    root,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf(f"e{number}".encode()) for number in range(18)]


def plain_root(entries: list[bytes]) -> bytes:
    """Follow the definition in the standard, section 2.1.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + plain_root(entries[:split]) + plain_root(entries[split:])).digest()


def test_root_equals_the_known_answer() -> None:
    assert root(LEAVES[:3]).hex() == "64b249c4e0606e3d9742c49bfd57cd1e3eb170f5ccefa26ea045ca193d64a75f"


def test_roots_of_all_sizes_follow_the_definition() -> None:
    frontier = Frontier()
    for size in range(len(LEAVES)):
        expected = plain_root([f"e{number}".encode() for number in range(size)])
        assert root(LEAVES[:size]) == expected == frontier.root()
        frontier = frontier.add(LEAVES[size])
    assert root([]) == EMPTY


def test_every_leaf_is_proved_and_no_other_leaf_is() -> None:
    for size in range(1, len(LEAVES)):
        tree = LEAVES[:size]
        top = root(tree)
        for index in range(size):
            proof = inclusion_proof(tree, index)
            assert verify_inclusion(tree[index], index, size, proof, top)
            assert not verify_inclusion(leaf(b"x"), index, size, proof, top)
            assert not verify_inclusion(tree[index], index, size, [*proof, top], top)
            assert not verify_inclusion(tree[index], size, size, proof, top)
            assert all(
                not verify_inclusion(tree[index], other, size, proof, top)
                for other in range(size)
                if other != index
            )


def test_every_growth_is_proved_and_no_rewriting_is() -> None:
    for size in range(1, len(LEAVES)):
        tree = LEAVES[:size]
        for old in range(1, size + 1):
            proof = consistency_proof(tree, old)
            before, after = root(tree[:old]), root(tree)
            assert verify_consistency(old, size, before, after, proof)
            assert not verify_consistency(old, size, leaf(b"x"), after, proof)
            assert not verify_consistency(old, size, before, leaf(b"x"), proof)
            assert not verify_consistency(old, size, before, after, [*proof, before])
            assert not verify_consistency(0, size, before, after, proof)
            assert not verify_consistency(size + 1, size, before, after, proof)


def test_a_changed_old_entry_breaks_consistency() -> None:
    forked = [leaf(b"changed"), *LEAVES[1:9]]
    assert not verify_consistency(5, 9, root(LEAVES[:5]), root(forked), consistency_proof(forked, 5))


@pytest.mark.parametrize("index", [-1, 3])
def test_a_proof_of_a_leaf_that_is_not_there_is_an_error(index: int) -> None:
    with pytest.raises(IndexError):
        inclusion_proof(LEAVES[:3], index)


@pytest.mark.parametrize("old", [0, 4])
def test_a_proof_from_a_tree_that_never_was_is_an_error(old: int) -> None:
    with pytest.raises(IndexError):
        consistency_proof(LEAVES[:3], old)


@settings(max_examples=30, database=None)
@given(st.integers(1, 200), st.data())
def test_proofs_hold_for_larger_trees(size: int, data: st.DataObject) -> None:
    tree = [leaf(str(number).encode()) for number in range(size)]
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert verify_inclusion(tree[index], index, size, inclusion_proof(tree, index), root(tree))
    assert verify_consistency(old, size, root(tree[:old]), root(tree), consistency_proof(tree, old))
