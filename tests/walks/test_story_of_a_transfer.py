"""The story: a woman treated in Cúcuta arrives in Lima with nine days of tablets, on both dialects."""

from datetime import timedelta
from decimal import Decimal

from registry.usecases.access import trail
from registry.usecases.care import dispense
from registry.usecases.care.chart import at_a_glance
from registry.usecases.care.people import lookup, register
from registry.usecases.exchange import corridor, receipts
from registry.usecases.exchange.receiving import review as incoming
from registry.usecases.exchange.sending import ask_partner
from tests.walks.nodes import Pair, somebody, treated

FULL = frozenset({"TDF", "3TC", "DTG"})


def test_a_transfer_is_closed_by_the_first_dispense_and_everything_agrees(own_pair: Pair) -> None:
    pair = own_pair
    pe, co = pair.pe.services, pair.co.services
    lima, cucuta = pair.pe.caller(), pair.co.caller()
    today = pe.today()
    papers = (("ve-ci", "V20123456"), ("co-ppt", "1234567"))
    known = register.register(co, cucuta, somebody(identifiers=papers)).person_id
    treated(pair.co, known, days_ago=81, days=90)

    arrived = somebody(identifiers=(("ve-pp", "A1234567"), *papers))
    assert lookup.find(pe, lima, lookup.Lookup(identifier="V20123456")) == []
    person = register.register(pe, lima, arrived).person_id
    corridor.record_consent(pe, lima, person, corridor.NewConsent("co"))
    assert ask_partner.ask(pe, lima, person, "co").state == "proposed"
    pair.pump()

    chart = at_a_glance.chart(pe, lima, person)
    assert chart.supply.days_on_hand == 9
    assert chart.regimen.leading is not None
    assert chart.regimen.leading.ingredients == FULL
    assert chart.regimen.leading.source.name == "Puente Colombia"
    assert [row.state for row in chart.transfers] == ["accepted"]
    assert [(row.partner, row.errors) for row in chart.documents] == [("co", 0)]
    origin = at_a_glance.chart(co, cucuta, known).transfers[0]
    assert (origin.direction, origin.state) == ("out", "accepted")
    assert origin.covered_until == today + timedelta(days=9)

    handed = dispense.NewDispense(person, "TDF/3TC/DTG", Decimal(90), 90, today)
    dispense.record_dispense(pe, lima, handed)
    pair.pump()

    chart = at_a_glance.chart(pe, lima, person)
    assert chart.supply.days_on_hand == 99
    assert [row.state for row in chart.transfers] == ["closed"]
    closed = at_a_glance.chart(co, cucuta, known).transfers[0]
    assert (closed.state, closed.closed is not None) == ("closed", True)

    for node in pair.both:
        assert node.look(lambda unit: unit.outbox.counts()).keys() == {"delivered"}
    listed = incoming.incoming(pe, lima, ("processed",))
    assert sorted(line.kind for line in listed) == ["summary", "task-status"]
    ours, theirs = receipts.listing(pe), receipts.listing(co)
    assert len(ours) == len(theirs) == 4
    assert receipts.disagreements(ours, theirs, "pe", "co") == []
    for services in (pe, co):
        while trail.chain(services):
            pass
        assert trail.checkpoint(services)
        verdict = trail.verify(services)
        assert verdict.ok, verdict
        assert verdict.waiting == 0
        assert verdict.checkpoints == 1
