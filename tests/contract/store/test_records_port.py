"""The port Records: versions, what an owner has, and digests."""

import hashlib
from dataclasses import replace

import pytest

from registry.errors import VersionConflict
from tests.contract.store.node import StoreNode, later, new_id, sealed, wrote


def test_a_resource_comes_back_byte_for_byte(node: StoreNode) -> None:
    row = sealed(new_id(), body=bytes(range(256)))
    with node.committed() as unit:
        unit.records.add(row, wrote())
    with node.unit() as unit:
        assert unit.records.current(row.type, row.id) == row
        assert unit.records.version(row.type, row.id, 1) == row


def test_nothing_is_found_where_nothing_was_stored(node: StoreNode) -> None:
    with node.unit() as unit:
        assert unit.records.current("Patient", new_id()) is None
        assert unit.records.version("Patient", new_id(), 1) is None


def test_every_version_stays_readable(node: StoreNode) -> None:
    first = sealed(new_id())
    second = replace(first, version=2, body=b"second", updated=later(seconds=1))
    with node.committed() as unit:
        unit.records.add(first, wrote())
    with node.committed() as unit:
        unit.records.add(second, wrote("update"))
    with node.unit() as unit:
        assert unit.records.current(first.type, first.id) == second
        assert unit.records.version(first.type, first.id, 1) == first
        assert unit.records.version(first.type, first.id, 2) == second


@pytest.mark.parametrize("version", [1, 3, 4])
def test_a_version_that_does_not_follow_the_stored_one_is_refused(node: StoreNode, version: int) -> None:
    first = sealed(new_id())
    with node.committed() as unit:
        unit.records.add(first, wrote())
    with node.unit() as unit, pytest.raises(VersionConflict):
        unit.records.add(replace(first, version=version), wrote("update"))


def test_many_first_versions_are_written_in_order_with_their_audit_rows(node: StoreNode) -> None:
    rows = [sealed(new_id()) for _ in range(3)]
    with node.committed() as unit:
        before = unit.audit.waiting()
        unit.records.add_first([(row, wrote()) for row in rows])
        unit.records.add_first([])
    with node.unit() as unit:
        assert [unit.records.current(row.type, row.id) for row in rows] == rows
        assert [unit.records.version(row.type, row.id, 1) for row in rows] == rows
        assert unit.audit.waiting() == before + 3
        written = {reference: (version, digest) for reference, version, digest in unit.audit.body_digests()}
    for row in rows:
        assert written[f"{row.type}/{row.id}"] == (1, hashlib.sha256(row.body).hexdigest())


def test_many_first_versions_are_refused_when_one_is_stored_already(node: StoreNode) -> None:
    old, new = sealed(new_id()), sealed(new_id())
    with node.committed() as unit:
        unit.records.add(old, wrote())
    with node.unit() as unit, pytest.raises(VersionConflict):
        unit.records.add_first([(new, wrote()), (old, wrote())])
    with node.unit() as unit:
        assert unit.records.current(new.type, new.id) is None


def test_a_second_version_without_a_first_is_refused(node: StoreNode) -> None:
    with node.unit() as unit, pytest.raises(VersionConflict):
        unit.records.add(sealed(new_id(), version=2), wrote("update"))


def test_after_a_refused_version_the_same_unit_can_go_on(node: StoreNode) -> None:
    first, other = sealed(new_id()), sealed(new_id())
    with node.committed() as unit:
        unit.records.add(first, wrote())
    with node.committed() as unit:
        with pytest.raises(VersionConflict):
            unit.records.add(first, wrote())
        unit.records.add(other, wrote())
    with node.unit() as unit:
        assert unit.records.current(other.type, other.id) == other


def test_a_deleted_resource_is_current_but_not_among_those_of_its_owner(node: StoreNode) -> None:
    first = sealed(new_id())
    gone = replace(first, version=2, deleted=True, body=b"")
    with node.committed() as unit:
        unit.records.add(first, wrote())
        unit.records.add(gone, wrote("delete"))
    with node.unit() as unit:
        assert unit.records.current(first.type, first.id) == gone
        assert unit.records.of_owner(first.owner_id) == []
        assert unit.records.history_of_owner(first.owner_id) == [first, gone]


def test_resources_of_an_owner_come_oldest_first_and_by_type(node: StoreNode) -> None:
    owner = new_id()
    late = sealed(owner, updated=later(days=1))
    early = sealed(owner, updated=later(days=-1), type="Condition")
    middle = sealed(owner)
    strange = sealed(new_id())
    with node.committed() as unit:
        for row in (late, early, strange, middle):
            unit.records.add(row, wrote())
    with node.unit() as unit:
        assert unit.records.of_owner(owner) == [early, middle, late]
        assert unit.records.of_owner(owner, ["Condition"]) == [early]
        assert unit.records.of_owner(owner, ["Observation", "Condition"]) == [early, middle, late]


def test_the_history_of_an_owner_is_in_the_order_written(node: StoreNode) -> None:
    owner = new_id()
    rows = [sealed(owner, type=kind) for kind in ("Observation", "Condition", "Observation", "Condition")]
    rows.append(replace(rows[0], version=2))
    with node.committed() as unit:
        for row in rows:
            unit.records.add(row, wrote())
    with node.unit() as unit:
        assert unit.records.history_of_owner(owner) == rows
        assert unit.records.history_of_owner(owner, ["Condition"]) == [rows[1], rows[3]]


def test_a_write_leaves_an_audit_row_with_version_and_digest(node: StoreNode) -> None:
    row = sealed(new_id())
    with node.committed() as unit:
        unit.records.add(row, wrote())
    with node.unit() as unit:
        (event,) = unit.audit.about(row.owner_id, 10)
    assert event["object_ref"] == f"{row.type}/{row.id}"
    assert event["version"] == "1"
    assert event["body_digest"] == hashlib.sha256(row.body).hexdigest()


def test_a_write_that_is_not_committed_leaves_nothing(node: StoreNode) -> None:
    row = sealed(new_id())
    with node.unit() as unit:
        unit.records.add(row, wrote())
    with node.unit() as unit:
        assert unit.records.current(row.type, row.id) is None
        assert unit.records.version(row.type, row.id, 1) is None
        assert unit.audit.about(row.owner_id, 10) == []


def test_an_error_inside_a_unit_rolls_everything_back(node: StoreNode) -> None:
    row = sealed(new_id())

    def fail() -> None:
        with node.unit() as unit:
            unit.records.add(row, wrote())
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with node.unit() as unit:
        assert unit.records.current(row.type, row.id) is None


def test_digests_are_those_of_the_newest_bodies_in_byte_order(node: StoreNode) -> None:
    owner = new_id()
    rows = [
        sealed(owner, type=kind, id=name)
        for kind, name in (("Bb", "a-1"), ("B", "Z"), ("B", "a"), ("Bb", "A"))
    ]
    newest = replace(rows[0], version=2, body=b"newest")
    with node.committed() as unit:
        for row in (*rows, newest):
            unit.records.add(row, wrote())
    with node.unit() as unit:
        found = list(unit.records.digests())
    references = [reference for reference, _, _ in found]
    assert references == sorted(references)
    assert ("Bb/a-1", 2, hashlib.sha256(b"newest").hexdigest()) in found
    assert ("B/Z", 1, hashlib.sha256(rows[1].body).hexdigest()) in found
