"""What waits for somebody's eyes is not pushed off its page, and news that crossed is not overwritten."""

from datetime import date, timedelta

import pytest

from registry.domain.model import Transfer
from registry.store.care.transfers import SqlTransfers
from registry.usecases.care.people import register
from registry.usecases.exchange import overdue
from registry.usecases.exchange.receiving import review as incoming
from registry.usecases.exchange.sending import deliveries
from tests.contract.store.node import incoming as received
from tests.contract.store.node import later, outgoing, transfer
from tests.walks.nodes import WalkNode, somebody


def test_parked_messages_come_first_and_receipts_only_when_parked(own_lima: WalkNode) -> None:
    parked = outgoing(state="parked", created=later(days=-9))
    parked_receipt = outgoing(state="parked", kind="receipt", created=later(days=-8))
    sent, newest = outgoing(state="sent"), outgoing(state="sent", created=later(hours=1))
    receipts = [outgoing(state="sent", kind="receipt", created=later(hours=2 + n)) for n in range(9)]
    with own_lima.services.unit() as unit:
        for item in (parked, parked_receipt, sent, newest, *receipts):
            unit.outbox.add(item)
        unit.commit()

    def listed(limit: int) -> list[str]:
        items = deliveries.deliveries(own_lima.services, own_lima.caller(), limit)
        return [item.id for item in items]

    assert listed(4) == [parked_receipt.id, parked.id, newest.id, sent.id]
    assert listed(3) == [parked_receipt.id, parked.id, newest.id]


def test_receipts_do_not_push_what_came_in_off_the_page(own_lima: WalkNode) -> None:
    document = received(state="processed")
    with own_lima.services.unit() as unit:
        unit.inbox.add(document)
        for hour in range(3):
            unit.inbox.add(received(kind="receipt", state="processed", received=later(hours=1 + hour)))
        unit.commit()
    lines = incoming.incoming(own_lima.services, own_lima.caller(), limit=1)
    assert [line.id for line in lines] == [document.id]


def test_a_transfer_that_was_closed_meanwhile_does_not_become_overdue(
    own_lima: WalkNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = own_lima.services
    yesterday = services.today() - timedelta(days=1)
    owners = [register.register(services, own_lima.caller(), somebody()).person_id for _ in range(2)]
    closed, waiting = (
        transfer(state="accepted", covered_until=yesterday, owner_id=owner) for owner in owners
    )
    with services.unit() as unit:
        unit.transfers.add(closed)
        unit.transfers.add(waiting)
        unit.commit()
    read = SqlTransfers.overdue

    def close_after_reading(self: SqlTransfers, on: date, limit: int) -> list[Transfer]:
        rows = read(self, on, limit)
        self.move(closed.id, "closed", "a dispense")
        return rows

    monkeypatch.setattr(SqlTransfers, "overdue", close_after_reading)
    assert overdue.mark(services, 10) == 1
    rows = own_lima.look(lambda unit: [unit.transfers.get(row.id) for row in (closed, waiting)])
    assert [row.state for row in rows if row] == ["closed", "overdue"]
