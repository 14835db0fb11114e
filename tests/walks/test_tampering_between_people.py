"""Rows swapped, copied or rolled back by somebody with the database: unreadable, or named by verification."""

from collections.abc import Callable
from typing import Any

import pytest

from fhir import wire
from registry.errors import Unreadable
from registry.usecases.access import sign_in, trail, users
from registry.usecases.care.chart import at_a_glance
from registry.usecases.care.people import lookup, register
from registry.usecases.care.record import record_care
from registry.usecases.exchange import corridor
from registry.usecases.exchange.receiving import receive
from registry.usecases.exchange.receiving import review as incoming
from registry.usecases.exchange.sending import deliver, send_summary
from tests.walks.nodes import (
    Pair,
    Traveller,
    WalkNode,
    consent,
    deliver_all,
    exchanged,
    fails,
    message_of,
    somebody,
    treated,
)


@pytest.fixture
def two(own_pair: Pair) -> tuple[Pair, Traveller, Traveller]:
    """Give two people with own facts, documents, consents and messages, on nodes of their own."""
    people = [exchanged(own_pair) for _ in range(2)]
    for who in people:
        treated(own_pair.pe, who.at_pe, days_ago=3, days=30)
    return own_pair, people[0], people[1]


def verdict(node: WalkNode) -> trail.Verdict:
    while trail.chain(node.services):
        pass
    return trail.verify(node.services)


def swap(node: WalkNode, table: str, column: str, key: str, one: str, other: str) -> None:
    """Exchange one column of two rows."""
    ((first,),) = node.run(f"SELECT {column} FROM {table} WHERE {key} = ?", one)
    ((second,),) = node.run(f"SELECT {column} FROM {table} WHERE {key} = ?", other)
    node.run(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", bytes(second), one)
    node.run(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", bytes(first), other)


def dispense_of(node: WalkNode, owner: str) -> str:
    select = "SELECT id FROM resource WHERE owner_id = ? AND type = 'MedicationDispense'"
    ((found,),) = node.run(select, owner)
    return str(found)


def chart(node: WalkNode, person_id: str) -> Any:
    return at_a_glance.chart(node.services, node.caller(), person_id)


def test_bodies_swapped_between_people_cannot_be_read(two: tuple[Pair, Traveller, Traveller]) -> None:
    pair, one, other = two
    assert verdict(pair.pe).ok
    ids = [dispense_of(pair.pe, who.at_pe) for who in (one, other)]
    swap(pair.pe, "resource", "body", "id", *ids)
    for who, dispense_id in zip((one, other), ids, strict=True):
        with pytest.raises(Unreadable):
            record_care.read(pair.pe.services, pair.pe.caller(), "MedicationDispense", dispense_id)
        with pytest.raises(Unreadable):
            chart(pair.pe, who.at_pe)
    assert verdict(pair.pe).first_bad == f"MedicationDispense/{min(ids)}"


def test_a_row_given_to_another_person_cannot_be_read(two: tuple[Pair, Traveller, Traveller]) -> None:
    pair, one, other = two
    dispense_id = dispense_of(pair.pe, one.at_pe)
    pair.pe.run("UPDATE resource SET owner_id = ? WHERE id = ?", other.at_pe, dispense_id)
    with pytest.raises(Unreadable):
        chart(pair.pe, other.at_pe)
    assert chart(pair.pe, one.at_pe)  # what is missing here is named below, when the row is removed
    pair.pe.run("DELETE FROM resource WHERE id = ?", dispense_id)
    assert verdict(pair.pe).first_bad == f"MedicationDispense/{dispense_id}"


def test_a_copy_under_another_id_cannot_be_read(two: tuple[Pair, Traveller, Traveller]) -> None:
    pair, one, _ = two
    dispense_id = dispense_of(pair.pe, one.at_pe)
    columns = "type, owner_id, version, deleted, updated, body"
    pair.pe.run(
        f"INSERT INTO resource (id, {columns}) SELECT 'copied', {columns} FROM resource WHERE id = ?",
        dispense_id,
    )
    with pytest.raises(Unreadable):
        chart(pair.pe, one.at_pe)
    assert verdict(pair.pe).first_bad == "MedicationDispense/copied"


def test_a_version_rolled_back_is_named(two: tuple[Pair, Traveller, Traveller]) -> None:
    pair, one, _ = two
    dispense_id = dispense_of(pair.pe, one.at_pe)
    kept = pair.pe.run("SELECT version, body FROM resource WHERE id = ?", dispense_id)[0]
    stored = record_care.read(pair.pe.services, pair.pe.caller(), "MedicationDispense", dispense_id)
    changed = {**wire.parse(stored.body), "status": "entered-in-error"}
    record_care.record(pair.pe.services, pair.pe.caller(), changed, resource_id=dispense_id)
    assert verdict(pair.pe).ok
    pair.pe.run("UPDATE resource SET body = ? WHERE id = ?", bytes(kept[1]), dispense_id)
    with pytest.raises(Unreadable):  # the old body under the new number
        chart(pair.pe, one.at_pe)
    pair.pe.run("UPDATE resource SET version = ? WHERE id = ?", kept[0], dispense_id)
    assert chart(pair.pe, one.at_pe)  # the whole old row opens, so that only the trail knows
    found = verdict(pair.pe)
    assert (found.ok, found.first_bad) == (False, f"MedicationDispense/{dispense_id}")
    assert "rolled back" in found.why


def test_a_deletion_taken_back_is_named(two: tuple[Pair, Traveller, Traveller]) -> None:
    pair, one, _ = two
    dispense_id = dispense_of(pair.pe, one.at_pe)
    ((body,),) = pair.pe.run("SELECT body FROM resource WHERE id = ?", dispense_id)
    record_care.delete(pair.pe.services, pair.pe.caller(), "MedicationDispense", dispense_id)
    assert verdict(pair.pe).ok
    pair.pe.run(
        "UPDATE resource SET body = ?, version = 1, deleted = ? WHERE id = ?", bytes(body), False, dispense_id
    )
    assert verdict(pair.pe).first_bad == f"MedicationDispense/{dispense_id}"


@pytest.mark.parametrize("column", ["body", "findings"])
def test_documents_swapped_between_people_cannot_be_read(
    two: tuple[Pair, Traveller, Traveller], column: str
) -> None:
    pair, one, other = two
    ids = [
        pair.pe.run("SELECT id FROM received_document WHERE owner_id = ?", who.at_pe)[0][0]
        for who in (one, other)
    ]
    swap(pair.pe, "received_document", column, "id", *ids)
    for who, document_id in zip((one, other), ids, strict=True):
        with pytest.raises(Unreadable):
            chart(pair.pe, who.at_pe)
        if column == "body":
            with pytest.raises(Unreadable):
                incoming.open_incoming(pair.pe.services, pair.pe.caller(), document_id)
    for table, key in (("received_document", ids[0]), ("received_document", ids[1])):
        pair.pe.run(f"UPDATE {table} SET owner_id = ? WHERE id = ?", other.at_pe, key)
    with pytest.raises(Unreadable):
        chart(pair.pe, other.at_pe)


def test_messages_swapped_between_people_do_not_leave(two: tuple[Pair, Traveller, Traveller]) -> None:
    pair, one, other = two
    items = []
    for who in (one, other):
        item = send_summary.queue_summary(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
        pair.line.next_answers.append(fails(503))
        deliver.deliver(pair.pe.services, item.id, "w")
        items.append(item.id)
    swap(pair.pe, "outbox", "body", "id", *items)
    pair.pe.run("UPDATE outbox SET next_attempt = 1")
    pair.line.sent.clear()
    for item_id in items:
        assert deliver.deliver(pair.pe.services, item_id, "w") == "parked"
    pair.pe.run("UPDATE outbox SET owner_id = ?, state = 'pending' WHERE id = ?", other.at_pe, items[0])
    assert deliver.deliver(pair.pe.services, items[0], "w") == "parked"
    assert pair.line.sent == []


def test_messages_swapped_in_the_inbox_are_not_understood(two: tuple[Pair, Traveller, Traveller]) -> None:
    pair, one, other = two
    for who in (one, other):
        send_summary.queue_summary(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    deliver_all(pair.pe.services)
    ids = receive.waiting(pair.co.services, 10)
    assert len(ids) == 2
    swap(pair.co, "inbox", "body", "id", *ids)
    for item_id in ids:
        with pytest.raises(Unreadable):
            receive.process(pair.co.services, item_id)
    assert pair.co.run("SELECT count(*) FROM received_document") == [(0,)]


def test_keys_swapped_between_people_open_nothing(two: tuple[Pair, Traveller, Traveller]) -> None:
    pair, one, other = two
    keys = Keys(pair.pe)
    keys.swap(one.at_pe, other.at_pe)
    keys.forget(one.at_pe, other.at_pe)
    for who in (one, other):
        with pytest.raises(Unreadable):
            chart(pair.pe, who.at_pe)


class Keys:
    """The key table of a node, as somebody with its file or schema sees it."""

    def __init__(self, node: WalkNode) -> None:
        vault: Any = node.services.vault
        self._keys = vault._keys
        self._engine = vault._keys._table._engine

    def swap(self, one: str, other: str) -> None:
        mark = "%s" if self._engine.dialect.name == "postgresql" else "?"
        with self._engine.begin() as connection:
            run: Callable[..., Any] = connection.exec_driver_sql
            wrapped = [
                bytes(run(f"SELECT wrapped FROM owner_key WHERE owner_id = {mark}", (owner,)).scalar_one())
                for owner in (one, other)
            ]
            for owner, value in zip((other, one), wrapped, strict=True):
                run(f"UPDATE owner_key SET wrapped = {mark} WHERE owner_id = {mark}", (value, owner))

    def forget(self, *owners: str) -> None:
        for owner in owners:
            self._keys.forget(owner)


def test_a_consent_given_to_another_person_lets_nothing_out(two: tuple[Pair, Traveller, Traveller]) -> None:
    pair, one, _ = two
    person = register.register(pair.pe.services, pair.pe.caller(), somebody()).person_id
    ours = pair.pe.look(lambda unit: unit.consents.of(one.at_pe, "co"))[0]
    pair.pe.run("UPDATE consent SET owner_id = ? WHERE id = ?", person, ours.id)
    item = send_summary.queue_summary(pair.pe.services, pair.pe.caller(), person, "co")
    assert deliver.deliver(pair.pe.services, item.id, "w") == "withdrawn"
    assert verdict(pair.pe).ok  # the projection is no record: the sealed consent decided


def test_a_consent_resource_rolled_back_is_named(two: tuple[Pair, Traveller, Traveller]) -> None:

    pair, one, _ = two
    consent_id = consent(pair.pe, one.at_pe, "ec")
    ((version, body),) = pair.pe.run("SELECT version, body FROM resource WHERE id = ?", consent_id)
    corridor.withdraw_consent(pair.pe.services, pair.pe.caller(), consent_id)
    pair.pe.run("UPDATE resource SET version = ?, body = ? WHERE id = ?", version, bytes(body), consent_id)
    assert verdict(pair.pe).first_bad == f"Consent/{consent_id}"


def test_tokens_swapped_between_people_find_nobody(two: tuple[Pair, Traveller, Traveller]) -> None:
    pair, one, other = two
    for owner, new in ((one.at_pe, "x"), (other.at_pe, one.at_pe), ("x", other.at_pe)):
        pair.pe.run(
            "UPDATE search_token SET owner_id = ?, resource_id = ? WHERE owner_id = ?", new, new, owner
        )
    for who in (one, other):
        asked = lookup.Lookup(identifier=who.cedula)
        assert lookup.find(pair.pe.services, pair.pe.caller(), asked) == []


def test_code_secrets_swapped_between_users_open_no_session(own_pair: Pair) -> None:
    chief = own_pair.pe.caller("administrator")
    made = [
        users.add_user(
            own_pair.pe.services, chief, users.NewUser(name, name, "clinician", "a long enough password")
        ).user
        for name in ("ana", "eva")
    ]
    swap(own_pair.pe, "app_user", "totp", "name", "ana", "eva")
    for user in made:
        with pytest.raises(Unreadable):
            sign_in.sign_in(own_pair.pe.services, user.name, "a long enough password", "123456")


def test_every_message_and_its_effects_verify_before_anybody_touches_them(
    two: tuple[Pair, Traveller, Traveller],
) -> None:
    pair, one, _ = two
    assert message_of(pair.co, one.at_co, "summary").state == "delivered"
    assert verdict(pair.pe).ok
    assert verdict(pair.co).ok
