"""The trail: chained, signed, verified as a whole, and readable by those who may look back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from registry.errors import NotAllowed
from registry.usecases.access import trail
from registry.usecases.care.chart import at_a_glance
from registry.usecases.care.people import register
from tests.walks.nodes import Pair, WalkNode, exchanged, somebody, treated


def settle(node: WalkNode) -> None:
    """Chain everything and sign it."""
    while trail.chain(node.services):
        pass
    trail.checkpoint(node.services, force=True)


def worked(node: WalkNode) -> str:
    """Let the node do some things about a person."""
    person_id = register.register(node.services, node.caller(), somebody()).person_id
    treated(node, person_id)
    at_a_glance.chart(node.services, node.caller(), person_id)
    settle(node)
    return person_id


def test_a_trail_nobody_touched_verifies(own_lima: WalkNode) -> None:
    assert trail.verify(own_lima.services) == trail.Verdict(True, 0, 0, 0)
    assert not trail.checkpoint(own_lima.services)
    worked(own_lima)
    verdict = trail.verify(own_lima.services)
    assert verdict.ok
    assert (verdict.events, verdict.waiting, verdict.checkpoints) == (3, 0, 1)


def test_checkpoints_are_signed_each_hour_or_thousand_events(own_lima: WalkNode) -> None:
    worked(own_lima)
    assert not trail.checkpoint(own_lima.services, force=True)  # nothing new
    trail.recent(own_lima.services, own_lima.caller("privacy"))
    register.register(own_lima.services, own_lima.caller(), somebody())
    while trail.chain(own_lima.services):
        pass
    assert not trail.checkpoint(own_lima.services)
    disarm(own_lima)
    own_lima.run("UPDATE audit_checkpoint SET at = at - 3600000000")
    assert trail.checkpoint(own_lima.services)
    assert trail.verify(own_lima.services).checkpoints == 2


def test_two_beats_sign_one_checkpoint(own_lima: WalkNode) -> None:
    worked(own_lima)
    trail.recent(own_lima.services, own_lima.caller())
    trail.chain(own_lima.services)
    units: list[int] = []

    def unit() -> Any:
        units.append(1)
        if len(units) == 3:
            assert trail.checkpoint(own_lima.services, force=True)
        return own_lima.services.unit()

    assert not trail.checkpoint(replace(own_lima.services, unit=unit), force=True)
    assert trail.verify(own_lima.services).checkpoints == 2


def test_verification_lets_the_node_work(own_lima: WalkNode) -> None:
    worked(own_lima)
    units: list[int] = []

    def unit() -> Any:
        units.append(1)
        made = own_lima.services.unit()
        if len(units) == 2:
            rows = made.audit.rows

            def slow() -> Any:
                for row in rows():
                    register.register(own_lima.services, own_lima.caller(), somebody())
                    yield row

            made.audit.rows = slow  # type: ignore[method-assign]
        return made

    assert trail.verify(replace(own_lima.services, unit=unit)).ok
    assert own_lima.look(lambda unit: unit.people.count()) > 3


def test_events_that_wait_are_chained_in_pieces(own_lima: WalkNode) -> None:
    for _ in range(4):
        register.register(own_lima.services, own_lima.caller(), somebody())
    assert [trail.chain(own_lima.services, 3), trail.chain(own_lima.services, 3)] == [3, 1]
    assert trail.verify(own_lima.services).events == 4


def disarm(node: WalkNode) -> None:
    """Drop the triggers that keep the trail insert-only, as somebody with all rights can."""
    if node.dialect == "sqlite":
        names = node.run("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in names:
            node.run(f'DROP TRIGGER "{name}"')
        return
    rows = node.run("SELECT DISTINCT trigger_name, event_object_table FROM information_schema.triggers")
    for name, table in rows:
        node.run(f'DROP TRIGGER "{name}" ON "{table}"')
    statement = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    for name, table in node.run(statement):
        node.run(f'DROP TRIGGER "{name}" ON {table}')


TAMPERINGS = {
    "a changed event": ("UPDATE audit_event SET action = 'other' WHERE action = 'view'", "chain row 3"),
    "a removed event": ("DELETE FROM audit_event WHERE action = 'view'", "chain row 3"),
    "a removed link": ("DELETE FROM audit_chain WHERE seq = 2", "chain row 2"),
    "a cut tail": ("DELETE FROM audit_chain WHERE seq = 3", "audit events"),
    "a moved link": ("UPDATE audit_chain SET seq = seq + 10 WHERE seq = 3", "chain row 3"),
    "a changed hash": ("UPDATE audit_chain SET hash = prev_hash WHERE seq = 2", "chain row 2"),
    "a moved checkpoint": ("UPDATE audit_checkpoint SET size = 2", "checkpoint 2"),
    "a changed checkpoint": ("UPDATE audit_checkpoint SET text = 'none'", "checkpoint 3"),
    "a body of an older time": (
        "UPDATE resource SET version = 7 WHERE type = 'MedicationDispense'",
        "MedicationDispense/",
    ),
    "a removed resource": ("DELETE FROM resource WHERE type = 'MedicationDispense'", "MedicationDispense/"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_verification_names_what_somebody_touched(own_lima: WalkNode, name: str) -> None:
    worked(own_lima)
    disarm(own_lima)
    statement, place = TAMPERINGS[name]
    own_lima.run(statement)
    verdict = trail.verify(own_lima.services)
    assert not verdict.ok
    assert verdict.first_bad.startswith(place)
    assert verdict.why


def test_a_tail_cut_off_together_with_its_events_is_missed_by_the_checkpoint(own_lima: WalkNode) -> None:
    worked(own_lima)
    disarm(own_lima)
    own_lima.run("DELETE FROM audit_event WHERE event_id = (SELECT event_id FROM audit_chain WHERE seq = 3)")
    own_lima.run("DELETE FROM audit_chain WHERE seq = 3")
    verdict = trail.verify(own_lima.services)
    assert (verdict.ok, verdict.first_bad) == (False, "checkpoint 3")


def test_looking_back_is_for_those_whose_role_allows_it_and_is_noted(pair: Pair) -> None:
    who = exchanged(pair)
    services = pair.pe.services
    rows = trail.about(services, pair.pe.caller("privacy"), who.at_pe)
    actions = {row["action"] for row in rows}
    assert {"create", "consent", "queue", "send", "process", "transfer"} <= actions
    assert who.at_pe not in str(rows[0].get("patient_pseudonym", ""))
    again = trail.about(services, pair.pe.caller("privacy"), who.at_pe, limit=1)
    assert [row["action"] for row in again] == ["look-back"]
    recent = trail.recent(services, pair.pe.caller(), 5)
    assert len(recent) == 5
    for role in ("pharmacist", "administrator", "partner"):
        with pytest.raises(NotAllowed):
            trail.about(services, pair.pe.caller(role), who.at_pe)
        with pytest.raises(NotAllowed):
            trail.recent(services, pair.pe.caller(role))


def test_a_clock_that_was_set_back_does_not_hide_events_from_the_chainer(own_pair: Pair) -> None:
    node = own_pair.pe
    worked(node)
    own_pair.clock.by = -timedelta(days=1)
    register.register(node.services, node.caller(), somebody())
    settle(node)
    assert trail.verify(node.services).ok
