"""A transfer without news becomes overdue when the tablets have run out, and can still be closed."""

from datetime import timedelta
from decimal import Decimal

from registry.usecases.care import dispense
from registry.usecases.care.chart import at_a_glance
from registry.usecases.exchange import overdue
from tests.walks.nodes import Pair, exchanged


def test_a_transfer_without_news_becomes_overdue_and_is_still_closed_by_the_first_dispense(
    pair: Pair,
) -> None:
    who = exchanged(pair)
    pe, co = pair.pe.services, pair.co.services

    def state() -> str:
        return at_a_glance.chart(co, pair.co.caller(), who.at_co).transfers[0].state

    assert overdue.mark(co, 10) == 0
    covered = at_a_glance.chart(co, pair.co.caller(), who.at_co).transfers[0].covered_until
    assert covered is not None
    yesterday = (co.today() - timedelta(days=1)).isoformat()
    pair.co.run("UPDATE transfer SET covered_until = ? WHERE owner_id = ?", yesterday, who.at_co)
    assert overdue.mark(co, 10) == 1
    assert overdue.mark(co, 10) == 0
    assert state() == "overdue"
    new = dispense.NewDispense(who.at_pe, "TDF/3TC/DTG", Decimal(90), 90, pe.today())
    dispense.record_dispense(pe, pair.pe.caller(), new)
    pair.pump()
    assert state() == "closed"
