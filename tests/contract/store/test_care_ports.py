"""The ports Consents, Documents, Transfers and CareStates."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from registry.domain.model import CareState, ConsentRow, ReceivedDocument, TransferState
from tests.contract.store.node import NOON, StoreNode, later, new_id, transfer

DAY = date(2026, 11, 22)


def consent(owner_id: str, partner: str = "co", start: date = DAY) -> ConsentRow:
    return ConsentRow(
        id=new_id(),
        owner_id=owner_id,
        partner=partner,
        data_classes=("identity", "clinical"),
        purpose="TREAT",
        start=start,
        end=start + timedelta(days=180),
        discoverable=True,
        state="active",
        given_to="us",
        resource_id=new_id(),
        version=1,
        digest="abc",
    )


def test_a_consent_comes_back_and_its_withdrawal_replaces_it(node: StoreNode) -> None:
    row = consent(new_id())
    withdrawn = replace(row, state="withdrawn", version=2, data_classes=())
    with node.committed() as unit:
        unit.consents.put(row)
    with node.committed() as unit:
        assert unit.consents.get(row.id) == row
        unit.consents.put(withdrawn)
    with node.unit() as unit:
        assert unit.consents.of(row.owner_id) == [withdrawn]
        assert unit.consents.get(new_id()) is None


def test_consents_come_newest_first_for_one_partner_or_all(node: StoreNode) -> None:
    owner = new_id()
    old, new = consent(owner, start=DAY - timedelta(days=9)), consent(owner)
    other = consent(owner, partner="ec", start=DAY - timedelta(days=1))
    with node.committed() as unit:
        for row in (old, new, other):
            unit.consents.put(row)
    with node.unit() as unit:
        assert unit.consents.of(owner) == [new, other, old]
        assert unit.consents.of(owner, "co") == [new, old]
        assert unit.consents.of(owner, "cl") == []


def test_of_two_consents_of_one_day_the_later_recorded_comes_first(node: StoreNode) -> None:
    owner = new_id()
    rows = [consent(owner) for _ in range(3)]
    for row in rows:
        with node.committed() as unit:
            unit.consents.put(row)
    with node.committed() as unit:
        unit.consents.put(replace(rows[0], state="withdrawn"))
    with node.unit() as unit:
        assert [row.id for row in unit.consents.of(owner)] == [row.id for row in reversed(rows)]


def document(owner_id: str, **changes: object) -> ReceivedDocument:
    row = ReceivedDocument(
        new_id(), owner_id, "co", new_id(), NOON, "digest", b"sealed body", b"sealed findings"
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def test_documents_come_newest_first_and_remember_who_reviewed_them(node: StoreNode) -> None:
    owner = new_id()
    old, new = document(owner), document(owner, received=later(hours=1))
    with node.committed() as unit:
        unit.documents.add(old)
        unit.documents.add(new)
    with node.committed() as unit:
        assert unit.documents.of(owner) == [new, old]
        unit.documents.reviewed(old.id, "user-7")
        moment = unit.now()
    with node.unit() as unit:
        assert unit.documents.get(old.id) == replace(old, reviewed_by="user-7", reviewed=moment)
        assert unit.documents.get(new.id) == new
        assert unit.documents.get(new_id()) is None


def test_a_transfer_moves_and_only_closing_notes_when(node: StoreNode) -> None:
    row = transfer(covered_until=DAY)
    with node.committed() as unit:
        unit.transfers.add(row)
    with node.committed() as unit:
        assert unit.transfers.get(row.id) == row
        unit.transfers.move(row.id, "accepted", "a reason")
        accepted = unit.now()
    with node.committed() as unit:
        assert unit.transfers.get(row.id) == replace(
            row, state="accepted", reason="a reason", updated=accepted
        )
        unit.transfers.move(row.id, "closed")
        closed = unit.now()
    with node.unit() as unit:
        assert unit.transfers.get(row.id) == replace(row, state="closed", updated=closed, closed=closed)


def test_a_transfer_that_moved_meanwhile_stays_where_it_went(node: StoreNode) -> None:
    row = transfer(state="accepted")
    with node.committed() as unit:
        unit.transfers.add(row)
        assert unit.transfers.move(row.id, "closed", "a dispense", expected="accepted")
    with node.committed() as unit:
        assert not unit.transfers.move(row.id, "overdue", expected="accepted")
        assert not unit.transfers.move(new_id(), "overdue")
    with node.unit() as unit:
        found = unit.transfers.get(row.id)
    assert found is not None
    assert (found.state, found.reason) == ("closed", "a dispense")


def test_transfers_are_found_by_person_and_by_task_of_the_right_partner(node: StoreNode) -> None:
    old = transfer()
    new = transfer(owner_id=old.owner_id, created=later(hours=1), partner="ec", task_id=old.task_id)
    with node.committed() as unit:
        unit.transfers.add(old)
        unit.transfers.add(new)
    with node.unit() as unit:
        assert unit.transfers.of(old.owner_id) == [new, old]
        assert unit.transfers.by_task("co", old.task_id) == old
        assert unit.transfers.by_task("ec", old.task_id) == new
        assert unit.transfers.by_task("cl", old.task_id) is None
        assert unit.transfers.get(new_id()) is None


@pytest.mark.parametrize(
    ("state", "listed"),
    [("proposed", True), ("sent", True), ("received", True), ("accepted", True)]
    + [(state, False) for state in ("closed", "refused", "overdue", "cancelled")],
)
def test_only_open_transfers_become_overdue(node: StoreNode, state: TransferState, listed: bool) -> None:
    row = transfer(state=state, covered_until=DAY - timedelta(days=1))
    with node.committed() as unit:
        unit.transfers.add(row)
    with node.unit() as unit:
        assert (row in unit.transfers.overdue(DAY, 1000)) is listed


def test_a_transfer_is_not_overdue_on_its_last_covered_day_nor_without_one(node: StoreNode) -> None:
    last_day, unknown = transfer(covered_until=DAY), transfer()
    with node.committed() as unit:
        unit.transfers.add(last_day)
        unit.transfers.add(unknown)
    with node.unit() as unit:
        assert not {last_day, unknown} & set(unit.transfers.overdue(DAY, 1000))
        assert last_day in unit.transfers.overdue(DAY + timedelta(days=1), 1000)
        assert unknown not in unit.transfers.overdue(DAY + timedelta(days=1), 1000)


def state_of(run_out: date | None, next_contact: date | None, region: str = "") -> CareState:
    return CareState(new_id(), run_out, next_contact, "high", "f1", region or new_id(), "sent", NOON)


def test_a_care_state_is_replaced_as_a_whole(node: StoreNode) -> None:
    row = state_of(DAY, None)
    changed = replace(row, run_out=None, next_contact=DAY, risk="low", computed=later(days=1))
    with node.committed() as unit:
        unit.care.put(row)
        assert unit.care.get(row.owner_id) == row
        unit.care.put(changed)
    with node.unit() as unit:
        assert unit.care.get(row.owner_id) == changed
        assert unit.care.get(new_id()) is None


def test_who_is_due_comes_soonest_first_by_either_date(node: StoreNode) -> None:
    region, day = new_id(), timedelta(days=1)
    by_contact = state_of(DAY + 9 * day, DAY - 3 * day, region)
    by_run_out = state_of(DAY - 2 * day, DAY, region)
    only_contact = state_of(None, DAY - day, region)
    today = state_of(DAY, None, region)
    not_yet = state_of(DAY + day, DAY + day, region)
    nothing = state_of(None, None, region)
    elsewhere = state_of(DAY, None)
    with node.committed() as unit:
        for row in (today, nothing, by_run_out, not_yet, only_contact, by_contact, elsewhere):
            unit.care.put(row)
    with node.unit() as unit:
        assert unit.care.due(DAY, 10, region) == [by_contact, by_run_out, only_contact, today]
        assert unit.care.due(DAY, 2, region) == [by_contact, by_run_out]
        assert elsewhere in unit.care.due(DAY, 1000)


def test_stale_means_computed_before_the_local_midnight(node: StoreNode) -> None:
    # Midnight in Lima is 05:00 UTC.
    yesterday = replace(state_of(None, None), computed=NOON.replace(hour=4, minute=59))
    today = replace(state_of(None, None), computed=NOON.replace(hour=5, minute=0, microsecond=0))
    with node.committed() as unit:
        unit.care.put(yesterday)
        unit.care.put(today)
    with node.unit() as unit:
        found = unit.care.stale(DAY, 1000)
        assert yesterday.owner_id in found
        assert today.owner_id not in found


def test_the_stream_yields_every_committed_row(node: StoreNode) -> None:
    rows = [state_of(DAY, None) for _ in range(5)]
    with node.committed() as unit:
        for row in rows:
            unit.care.put(row)
    with node.unit() as unit:
        assert set(rows) <= set(unit.care.stream())
