"""Somebody with a database client changes the audit trail: the verifier names the first bad number."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError

from registry.domain.access import trail
from registry.domain.model import AuditEntry, AuditRow
from tests.contract.store.node import CALLER, StoreNode, new_id, sealed, wrote

EVENTS = 6
TABLES = ("audit_event", "audit_chain", "audit_checkpoint")


@pytest.fixture
def chained(own_node: StoreNode) -> StoreNode:
    """Give a node with six chained events."""
    for number in range(EVENTS):
        with own_node.committed() as unit:
            unit.audit.add(AuditEntry(CALLER, f"act-{number}", owner_id=f"person-{number}"))
    with own_node.committed() as unit:
        assert unit.audit.chain(100) == EVENTS
    return own_node


def drop_guards(node: StoreNode) -> None:
    if node.dialect == "postgresql":
        node.run("DROP FUNCTION audit_refuse() CASCADE")
        return
    for table in TABLES:
        node.run(f"DROP TRIGGER {table}_no_update")
        node.run(f"DROP TRIGGER {table}_no_delete")


def verdict(node: StoreNode) -> trail.Break | None:
    with node.unit() as unit:
        return trail.find_break(unit.audit.rows())


def event_at(seq: int) -> str:
    return f"(SELECT event_id FROM audit_chain WHERE seq = {seq})"


def test_an_untouched_trail_is_whole(chained: StoreNode) -> None:
    assert verdict(chained) is None


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("act", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_itself_refuses_to_change_audit_rows(chained: StoreNode, table: str, act: str) -> None:
    if chained.dialect == "sqlite" and act.startswith("TRUNCATE"):
        act = "DELETE FROM {}"
    column = {"audit_event": "version", "audit_chain": "seq", "audit_checkpoint": "size"}[table]
    if table == "audit_checkpoint":
        value = "''" if chained.dialect == "sqlite" else "''::bytea"
        chained.run(f"INSERT INTO audit_checkpoint VALUES (1, {value}, 1, '', {value})")
    with pytest.raises(DBAPIError, match="never changed"):
        chained.run(act.format(table, column, column))


@pytest.mark.parametrize("seq", range(1, EVENTS + 1))
def test_an_edited_event_is_named_wherever_it_stands(chained: StoreNode, seq: int) -> None:
    drop_guards(chained)
    chained.run(f"UPDATE audit_event SET action = 'x' WHERE event_id = {event_at(seq)}")
    assert verdict(chained) == trail.Break(seq, "The event of this row was changed.")


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'somebody else'",
        "acts_for = 'somebody else'",
        "organization = 'x'",
        "role = 'administrator'",
        "action = 'x'",
        "purpose = 'HRESCH'",
        "patient_pseudonym = ''",
        "object_ref = 'x'",
        "outcome = 'failed'",
        "version = 9",
        "body_digest = 'x'",
        "details = '{\"a\":1}'",
        "at = at + 1",
    ],
)
def test_an_edit_of_any_field_is_named(chained: StoreNode, change: str) -> None:
    drop_guards(chained)
    chained.run(f"UPDATE audit_event SET {change} WHERE event_id = {event_at(3)}")
    assert verdict(chained) == trail.Break(3, "The event of this row was changed.")


@pytest.mark.parametrize("seq", range(1, EVENTS + 1))
def test_a_deleted_event_is_named(chained: StoreNode, seq: int) -> None:
    drop_guards(chained)
    chained.run(f"DELETE FROM audit_event WHERE event_id = {event_at(seq)}")
    assert verdict(chained) == trail.Break(seq, "The event of this row is missing.")


@pytest.mark.parametrize("seq", range(1, EVENTS))
def test_a_deleted_link_is_named(chained: StoreNode, seq: int) -> None:
    drop_guards(chained)
    chained.run(f"DELETE FROM audit_chain WHERE seq = {seq}")
    assert verdict(chained) == trail.Break(seq, "A row of the chain is missing here.")


@pytest.mark.parametrize("seq", range(1, EVENTS))
def test_removing_a_link_and_closing_the_gap_is_named(chained: StoreNode, seq: int) -> None:
    drop_guards(chained)
    chained.run(f"DELETE FROM audit_event WHERE event_id = {event_at(seq)}")
    chained.run(f"DELETE FROM audit_chain WHERE seq = {seq}")
    for number in range(seq + 1, EVENTS + 1):
        chained.run(f"UPDATE audit_chain SET seq = {number - 1} WHERE seq = {number}")
    found = verdict(chained)
    assert found is not None
    assert found.seq == seq
    assert "does not follow" in found.why


@pytest.mark.parametrize("seq", range(1, EVENTS))
def test_two_events_in_another_order_are_named(chained: StoreNode, seq: int) -> None:
    drop_guards(chained)
    for old, new in ((seq, -1), (seq + 1, seq), (-1, seq + 1)):
        chained.run(f"UPDATE audit_chain SET seq = {new} WHERE seq = {old}")
    found = verdict(chained)
    assert found is not None
    assert found.seq == seq


@pytest.mark.parametrize("seq", range(1, EVENTS))
def test_events_swapped_under_their_links_are_named(chained: StoreNode, seq: int) -> None:
    drop_guards(chained)
    (first,), (second,) = chained.run(
        "SELECT event_id FROM audit_chain WHERE seq IN (?, ?) ORDER BY seq", seq, seq + 1
    )
    for event, number in (("none", seq), (first, seq + 1), (second, seq)):
        chained.run("UPDATE audit_chain SET event_id = ? WHERE seq = ?", event, number)
    assert verdict(chained) == trail.Break(seq, "The event of this row was changed.")


@pytest.mark.parametrize("seq", range(1, EVENTS + 1))
def test_an_inserted_event_with_a_hash_of_its_own_is_named_at_the_next_row(
    chained: StoreNode, seq: int
) -> None:
    drop_guards(chained)
    with chained.committed() as unit:
        unit.audit.add(AuditEntry(CALLER, "invented"))
    for number in range(EVENTS, seq - 1, -1):
        chained.run(f"UPDATE audit_chain SET seq = {number + 1} WHERE seq = {number}")
    rows = _rows(chained)
    previous = rows[seq - 2].hash if seq > 1 else trail.START
    (event_id,) = chained.run("SELECT event_id FROM audit_waiting")[0]
    event = _canonical_when_chained_elsewhere(chained, event_id)
    chained.run(
        "INSERT INTO audit_chain VALUES (?, ?, ?, ?)", seq, event_id, previous, trail.link(previous, event)
    )
    found = verdict(chained)
    assert found is not None
    assert found.seq == seq + 1
    assert "does not follow" in found.why


def _rows(node: StoreNode) -> list[AuditRow]:
    with node.unit() as unit:
        return list(unit.audit.rows())


def _canonical_when_chained_elsewhere(node: StoreNode, event_id: str) -> bytes:
    """Chain the event for a moment to learn its bytes, as an attacker who has the program can."""
    node.run("INSERT INTO audit_chain VALUES (?, ?, ?, ?)", 99, event_id, b"", b"")
    event: bytes = _rows(node)[-1].canonical
    node.run("DELETE FROM audit_chain WHERE seq = 99")
    return event


def test_an_event_hidden_from_the_chainer_is_counted(chained: StoreNode) -> None:
    with chained.committed() as unit:
        unit.audit.add(AuditEntry(CALLER, "hidden"))
    chained.run("DELETE FROM audit_waiting")
    with chained.unit() as unit:
        assert (unit.audit.waiting(), unit.audit.forgotten()) == (0, 1)
    assert verdict(chained) is None


def test_an_event_put_back_among_those_waiting_is_not_chained_twice(chained: StoreNode) -> None:
    chained.run(f"INSERT INTO audit_waiting VALUES ({event_at(2)})")
    with chained.committed() as unit:
        assert unit.audit.chain(100) == 0
        assert unit.audit.waiting() == 0
    assert verdict(chained) is None


def test_a_rolled_back_resource_is_found(own_node: StoreNode) -> None:
    untouched, first = sealed(new_id()), sealed(new_id())
    second = replace(first, version=2, body=b"second")
    with own_node.committed() as unit:
        for row in (untouched, first, second):
            unit.records.add(row, wrote())
    own_node.run("UPDATE resource SET version = 1, body = ? WHERE id = ?", first.body, first.id)
    assert _rolled_back(own_node) == [(f"Observation/{first.id}", 1)]


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        ("UPDATE resource SET body = ? WHERE id = ?", "not the one"),
        ("DELETE FROM resource WHERE body <> ? AND id = ?", "not stored"),
    ],
)
def test_a_replaced_or_removed_body_is_found(own_node: StoreNode, damage: str, word: str) -> None:
    rows = [sealed(new_id()) for _ in range(3)]
    with own_node.committed() as unit:
        for row in rows:
            unit.records.add(row, wrote())
    own_node.run(damage, b"other", rows[1].id)
    with own_node.unit() as unit:
        ((reference, why),) = trail.find_rolled_back(unit.audit.body_digests(), unit.records.digests())
    assert reference == f"Observation/{rows[1].id}"
    assert word in why


def _rolled_back(node: StoreNode) -> list[tuple[str, int]]:
    with node.unit() as unit:
        found = list(trail.find_rolled_back(unit.audit.body_digests(), unit.records.digests()))
    return [(reference, int("rolled back" in why)) for reference, why in found]
