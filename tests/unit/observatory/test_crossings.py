"""Days without tablets when care passes from one country to another."""

from datetime import date

from config import Thresholds
from fhir.treatment.model import Contact, Dispense, Source, TransferFact, TreatmentRecord
from registry.domain.observatory.crossings import Crossing, crossings
from tests.unit.observatory.people import TLD, full

PE, CO = Source("own", "Puente Perú"), Source("partner", "Puente Colombia")
T = Thresholds()


def given(on: str, days: int | None, source: Source) -> Dispense:
    return Dispense(full(on), TLD, source, days=days)


def found(*dispenses: Dispense, on: str = "2026-06-30", **facts) -> tuple[Crossing, ...]:
    return crossings(TreatmentRecord(dispenses=dispenses, **facts), date.fromisoformat(on), T)


def transfer(direction, state: str, source: Source = PE) -> TransferFact:
    return TransferFact("t", direction, "", "", source, date(2026, 3, 1), None, "co", state=state)


def test_the_crossing_of_the_reference_has_17_days_without_tablets() -> None:
    (crossing,) = found(given("2026-01-02", 60, CO), given("2026-03-20", 30, PE))
    assert crossing == Crossing(CO.name, PE.name, date(2026, 1, 2), date(2026, 3, 20), 77, 17, inbound=True)


def test_tablets_that_reach_the_first_dispense_leave_no_day_uncovered() -> None:
    (crossing,) = found(given("2026-01-02", 90, CO), given("2026-03-20", 30, PE))
    assert crossing.uncovered == 0


def test_the_way_back_is_a_crossing_of_its_own() -> None:
    there, back = found(given("2026-01-01", 30, CO), given("2026-01-31", 30, PE), given("2026-03-05", 30, CO))
    assert (there.inbound, back.inbound, back.uncovered) == (True, False, 3)


def test_the_last_visit_in_the_origin_starts_the_time_to_relink() -> None:
    visit = Contact("visit", full("2026-03-10"), "finished", CO)
    (crossing,) = found(given("2026-01-02", 60, CO), given("2026-03-20", 30, PE), contacts=(visit,))
    assert (crossing.left, crossing.relink_days) == (date(2026, 3, 10), 10)


def test_unknown_supply_leaves_the_days_unknown() -> None:
    (crossing,) = found(given("2026-01-02", None, CO), given("2026-03-20", 30, PE))
    assert crossing.uncovered is None


def test_an_open_crossing_is_counted_as_open() -> None:
    (inbound,) = found(given("2026-01-02", 60, CO), on="2026-03-12", transfers=(transfer("in", "accepted"),))
    assert (inbound.arrived, inbound.uncovered, inbound.inbound) == (None, 9, True)
    assert (inbound.origin, inbound.destination) == (CO.name, PE.name)
    (outbound,) = found(given("2026-01-02", 90, PE), on="2026-03-12", transfers=(transfer("out", "sent"),))
    assert (outbound.destination, outbound.uncovered, outbound.inbound) == ("co", 0, False)


def test_no_transfer_no_tablets_or_a_finished_transfer_is_no_open_crossing() -> None:
    assert found(given("2026-01-02", 60, CO)) == ()
    assert found(transfers=(transfer("in", "accepted"),)) == ()
    assert found(given("2026-01-02", 60, CO), transfers=(transfer("in", "refused"),)) == ()
    assert found(given("2026-01-02", 60, CO), transfers=(transfer("in", "accepted"),), on="2026-02-01") == ()


def test_an_arrival_closes_the_open_crossing() -> None:
    closed = found(
        given("2026-01-02", 60, CO), given("2026-03-20", 30, PE), transfers=(transfer("in", "accepted"),)
    )
    assert [crossing.arrived for crossing in closed] == [date(2026, 3, 20)]


def test_two_sources_on_one_day_count_as_our_own() -> None:
    one = given("2026-01-02", 60, CO)
    assert found(one, given("2026-01-02", 30, PE)) == ()
