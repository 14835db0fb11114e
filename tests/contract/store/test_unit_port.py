"""The port Unit: its clock, wake-ups, heartbeats and locks; and the key table."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from registry.crypto.sealing.owner_keys import WrappedKey
from registry.store.tables.columns import Instant
from tests.contract.store.node import StoreNode, new_id, sealed, wrote


def test_the_clock_is_in_utc_and_stands_still_within_a_unit(node: StoreNode) -> None:
    with node.unit() as unit:
        first = unit.now()
        unit.people.count()
        assert unit.now() == first
    assert first.tzinfo == UTC
    assert abs(datetime.now(UTC) - first) < timedelta(seconds=5)


def test_an_audit_row_carries_the_time_of_its_unit(node: StoreNode) -> None:
    row = sealed(new_id())
    with node.committed() as unit:
        unit.records.add(row, wrote())
        moment = unit.now()
    with node.unit() as unit:
        (event,) = unit.audit.about(row.owner_id, 1)
    assert datetime.fromisoformat(event["at"]) == moment


def test_moments_without_time_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Instant().process_bind_param(datetime(2026, 1, 1), None)  # type: ignore[arg-type]  # noqa: DTZ001


def test_a_row_is_woken_for_once_even_if_asked_twice(node: StoreNode) -> None:
    with node.committed() as unit:
        unit.wake("exchange.process", "row-1")
        unit.wake("exchange.process", "row-1")
    assert node.woken.calls == [("exchange.process", "row-1")]


def test_a_broken_broker_does_not_undo_the_commit(node: StoreNode) -> None:
    row = sealed(new_id())
    node.woken.broken = True
    with node.committed() as unit:
        unit.records.add(row, wrote())
        unit.wake("exchange.process", "row-1")
        unit.wake("exchange.process", "row-2")
    assert len(node.woken.calls) == 2
    with node.unit() as unit:
        assert unit.records.current(row.type, row.id) == row


def test_a_unit_can_go_on_after_its_commit(node: StoreNode) -> None:
    kept, lost = sealed(new_id()), sealed(new_id())
    with node.unit() as unit:
        unit.records.add(kept, wrote())
        unit.commit()
        unit.records.add(lost, wrote())
    with node.unit() as unit:
        assert unit.records.current(kept.type, kept.id) == kept
        assert unit.records.current(lost.type, lost.id) is None


def test_beats_remember_the_last_time_of_each_process(node: StoreNode) -> None:
    with node.committed() as unit:
        unit.beat("beat")
        unit.beat("worker")
    with node.committed() as unit:
        unit.beat("beat")
        moment = unit.now()
    with node.unit() as unit:
        beats = unit.beats()
    assert beats["beat"] == moment
    assert beats["worker"] < moment


def test_locking_the_same_values_twice_in_one_unit_does_not_block(node: StoreNode) -> None:
    with node.committed() as unit:
        unit.lock([b"b", b"a", b"b"])
        unit.lock([b"a"])
        unit.lock([])


def test_a_unit_without_a_statement_commits_nothing_and_opens_nothing(node: StoreNode) -> None:
    with node.unit() as unit:
        unit.commit()
    assert node.open_connections() == 0


def test_streams_and_units_give_their_connections_back(node: StoreNode) -> None:
    with node.committed() as unit:
        for _ in range(3):
            unit.records.add(sealed(new_id()), wrote())
    with node.unit() as unit:
        next(unit.records.digests())
        unit.people.count()
    assert node.open_connections() == 0


def test_a_long_stream_holds_up_no_writer(node: StoreNode) -> None:
    row = sealed(new_id())
    with node.committed() as unit:
        unit.records.add(sealed(new_id()), wrote())
        unit.records.add(sealed(new_id()), wrote())
    with node.unit() as reading:
        stream = reading.records.digests()
        next(stream)
        with node.committed() as unit:
            unit.records.add(row, wrote())
        assert f"{row.type}/{row.id}" not in [reference for reference, _, _ in stream], (
            "a stream sees one moment"
        )


def test_two_streams_of_a_unit_see_the_same_moment(node: StoreNode) -> None:
    with node.committed() as unit:
        unit.records.add(sealed(new_id()), wrote())
    with node.unit() as reading:
        written = reading.audit.body_digests()
        first = next(written)
        with node.committed() as unit:
            unit.records.add(sealed(new_id()), wrote())
        assert {first[0], *(row[0] for row in written)} == {row[0] for row in reading.records.digests()}


def test_keys_come_back_by_owner_and_are_added_once(node: StoreNode) -> None:
    keys, owner = node.keys(), new_id()
    first, second = (
        WrappedKey(owner, 1, "kek-1", os.urandom(60)),
        WrappedKey(owner, 2, "kek-2", os.urandom(60)),
    )
    assert keys.get(owner) == []
    assert keys.add(second)
    assert keys.add(first)
    assert not keys.add(WrappedKey(owner, 1, "kek-9", b"another"))
    assert keys.get(owner) == [first, second]


def test_an_erased_key_is_gone_and_others_stay(node: StoreNode) -> None:
    keys, owner, other = node.keys(), new_id(), new_id()
    keys.add(WrappedKey(owner, 1, "kek-1", os.urandom(60)))
    keys.add(WrappedKey(owner, 2, "kek-1", os.urandom(60)))
    keys.add(WrappedKey(other, 1, "kek-1", os.urandom(60)))
    keys.delete(owner)
    assert keys.get(owner) == []
    assert len(keys.get(other)) == 1
