"""The port Audit: events, chain, what a person can be told, checkpoints."""

from dataclasses import replace
from datetime import datetime

from registry.domain.access import trail
from registry.domain.model import AuditEntry, Checkpoint
from tests.contract.store.node import CALLER, NOON, StoreNode, later, new_id, pseudonym, sealed, wrote


def add(node: StoreNode, *entries: AuditEntry) -> list[str]:
    with node.committed() as unit:
        return [unit.audit.add(entry) for entry in entries]


def chain(node: StoreNode, limit: int = 1000) -> int:
    with node.committed() as unit:
        return unit.audit.chain(limit)


def test_an_event_says_who_did_what_when_and_to_what(own_node: StoreNode) -> None:
    caller = replace(CALLER, role="worker", id="worker-1", acts_for="user-1", purpose="ETREAT")
    owner = new_id()
    entry = AuditEntry(
        caller,
        "send",
        outcome="refused",
        owner_id=owner,
        object_ref="Bundle/1",
        details=(("partner", "co"), ("count", 2)),
    )
    (event_id,) = add(own_node, entry)
    with own_node.unit() as unit:
        (event,) = unit.audit.recent(10)
        assert unit.audit.about(owner, 10) == [event]
    assert datetime.fromisoformat(event.pop("at")).tzinfo is not None
    assert event == {
        "event_id": event_id,
        "actor": "worker-1",
        "acts_for": "user-1",
        "organization": "clinic-1",
        "role": "worker",
        "action": "send",
        "purpose": "ETREAT",
        "patient_pseudonym": pseudonym(owner),
        "object_ref": "Bundle/1",
        "outcome": "refused",
        "version": "0",
        "body_digest": "",
        "details": '{"count":2,"partner":"co"}',
    }


def test_an_event_about_nobody_has_no_pseudonym(own_node: StoreNode) -> None:
    add(own_node, AuditEntry(CALLER, "login"))
    with own_node.unit() as unit:
        assert unit.audit.recent(1)[0]["patient_pseudonym"] == ""


def test_events_about_a_person_come_newest_first(own_node: StoreNode) -> None:
    owner = new_id()
    for number in range(3):
        add(
            own_node,
            AuditEntry(CALLER, f"act-{number}", owner_id=owner),
            AuditEntry(CALLER, "other", owner_id=new_id()),
        )
    with own_node.unit() as unit:
        assert [event["action"] for event in unit.audit.about(owner, 10)] == ["act-2", "act-1", "act-0"]
        assert [event["action"] for event in unit.audit.about(owner, 1)] == ["act-2"]
        assert len(unit.audit.recent(4)) == 4


def test_the_chain_takes_what_waits_without_gaps(own_node: StoreNode) -> None:
    ids = [add(own_node, AuditEntry(CALLER, "read"))[0] for _ in range(5)]
    with own_node.unit() as unit:
        assert (unit.audit.waiting(), unit.audit.size()) == (5, 0)
    assert [chain(own_node, 3), chain(own_node, 3), chain(own_node, 3)] == [3, 2, 0]
    with own_node.unit() as unit:
        rows = list(unit.audit.rows())
        assert (unit.audit.waiting(), unit.audit.size(), unit.audit.forgotten()) == (0, 5, 0)
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5]
    assert [row.event_id for row in rows] == ids, "events of separate units are chained in order of time"
    assert rows[0].prev_hash == trail.START
    assert trail.find_break(rows) is None


def test_an_event_committed_late_is_chained_late_and_not_lost(own_node: StoreNode) -> None:
    add(own_node, AuditEntry(CALLER, "first"))
    chain(own_node)
    # As if its unit had begun before the first event's and been slow.
    columns = "event_id,actor,acts_for,organization,role,action,purpose,patient_pseudonym,object_ref,outcome"
    own_node.run(
        f"INSERT INTO audit_event ({columns},at,version,body_digest,details) "
        f"VALUES (?,'a','','o','worker','late','TREAT','','','ok',1,0,'','{{}}')",
        "late-event",
    )
    assert chain(own_node) == 1
    with own_node.unit() as unit:
        rows = list(unit.audit.rows())
    assert rows[1].event_id == "late-event"
    assert trail.find_break(rows) is None


def test_a_rolled_back_act_leaves_no_event(own_node: StoreNode) -> None:
    with own_node.unit() as unit:
        unit.audit.add(AuditEntry(CALLER, "read"))
    with own_node.unit() as unit:
        assert (unit.audit.recent(1), unit.audit.waiting()) == ([], 0)


def test_words_of_every_language_keep_the_chain_whole(own_node: StoreNode) -> None:
    add(own_node, AuditEntry(CALLER, "publish", details=(("región", 'Ñuble "norte" \\ \n 日本'),)))
    chain(own_node)
    with own_node.unit() as unit:
        (row,) = unit.audit.rows()
    assert "Ñuble".encode() in row.canonical
    assert trail.find_break([row]) is None


def test_every_write_states_its_digest_and_reads_do_not(own_node: StoreNode) -> None:
    first = sealed(new_id(), id="b")
    second = replace(first, version=2, deleted=True, body=b"")
    other = sealed(new_id(), id="a")
    with own_node.committed() as unit:
        for row in (first, second, other):
            unit.records.add(row, wrote())
        unit.audit.add(AuditEntry(CALLER, "read", object_ref=f"{first.type}/{first.id}", version=2))
        unit.audit.add(AuditEntry(CALLER, "receive", object_ref="message", body_digest="digest of a message"))
    with own_node.unit() as unit:
        written, stored = list(unit.audit.body_digests()), list(unit.records.digests())
    assert [reference for reference, _, _ in written] == ["Observation/a", "Observation/b", "Observation/b"]
    assert set(stored) <= set(written)
    assert list(trail.find_rolled_back(written, stored)) == []


def test_checkpoints_come_oldest_first(own_node: StoreNode) -> None:
    small = Checkpoint(1, b"r" * 32, NOON, "text", b"s" * 64)
    large = Checkpoint(2**40, b"q" * 32, later(hours=1), "text 2", b"t" * 64)
    with own_node.committed() as unit:
        assert unit.audit.newest_checkpoint_at() is None
        unit.audit.add_checkpoint(large)
        unit.audit.add_checkpoint(small)
    with own_node.unit() as unit:
        assert unit.audit.checkpoints() == [small, large]
        assert unit.audit.newest_checkpoint_at() == large.at
