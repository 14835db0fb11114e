"""From exact counts to files that tell about nobody."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import frictionless
import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from config import Thresholds
from config.node import read_node
from fhir import transfer
from fhir.treatment import read
from fhir.treatment.model import Source
from fhir.wire import JsonObject
from registry.domain.observatory.disclosure import Figure, publish, rate, release
from registry.domain.observatory.package import Package, package
from registry.domain.observatory.periods import parse
from registry.domain.observatory.tally import INDICATORS, Cell, Tally, grid
from tests.unit.observatory.people import OWN, QUARTER, REPORTED, given, record

Q1 = parse("2026Q1")
REGIONS = ("Lima", "Tumbes")


def counted() -> Tally:
    tally = Tally(Q1, REPORTED, REGIONS, Thresholds())
    for number, resources in QUARTER.items():
        tally.add(record(resources), "Lima" if number < 12 else "Elsewhere")
    return tally


def published(tally: Tally | None = None) -> Package:
    return package(release((tally or counted()).cells()), read_node("pe"), Q1)


def test_a_tally_holds_the_exact_counts() -> None:
    counts = dict(counted().cells())
    exact = {name: counts[Cell(name)] for name in INDICATORS if counts[Cell(name)]}
    assert exact == {
        "TX_CURR": 6,
        "TX_NEW": 2,
        "TX_RTT": 2,
        "TX_ML": 6,
        "TX_ML_IIT_LT3": 1,
        "TX_ML_IIT_6PLUS": 3,
        "TX_ML_TRANSFERRED": 1,
        "TX_ML_DIED": 1,
    }


def test_a_person_falls_into_one_group_of_each_kind() -> None:
    counts = dict(counted().cells())
    assert counts[Cell("TX_CURR", sex="female")] == 6
    assert counts[Cell("TX_CURR", country_origin="VE")] == 6
    assert counts[Cell("TX_CURR", org_unit="Lima")] == 5
    assert counts[Cell("TX_CURR", org_unit="unknown", sex="female")] == 1
    assert counts[Cell("TX_CURR", age_group="30-34")] == 6
    assert counts[Cell("TX_NEW", sex="female", age_group="30-34")] == 2


def test_crossings_into_the_node_are_counted_by_days_without_tablets() -> None:
    tally = Tally(Q1, None, REGIONS, Thresholds())
    partner = Source("partner", "Puente Colombia")
    arrived, waiting, gone = given("2026-01-02", 60), given("2026-01-02", 30), given("2026-01-02", 60)
    for own, theirs in (
        ([given("2026-03-20", 30)], [arrived]),
        ([transfer_in()], [waiting]),
        ([gone], [given("2026-03-20", 30)]),
    ):
        pairs = [(one, OWN) for one in own] + [(one, partner) for one in theirs]
        tally.add(read(pairs, node="pe"), "Lima")
    counts = dict(tally.cells())
    assert counts[Cell("CROSSINGS")] == 2
    assert counts[Cell("UNCOVERED_1TO28")] == 1
    assert counts[Cell("UNCOVERED_OPEN", org_unit="Lima")] == 1


def transfer_in() -> JsonObject:
    asked = datetime(2026, 2, 1, 12, tzinfo=UTC)
    _, task = transfer.transfer_request(transfer.NewTransfer("Patient/1", "co", "pe", asked, "T-2"))
    return transfer.task_with_state(task, "accepted", asked)


def test_the_tables_are_the_same_whoever_is_counted() -> None:
    empty = Tally(Q1, None, REGIONS, Thresholds())
    assert [cell for cell, _ in empty.cells()] == [cell for cell, _ in counted().cells()]
    places = list(grid(REGIONS))
    assert len(places) == len(set(places))


@pytest.mark.parametrize(
    ("number", "low", "high"), [(0, 0, 2), (2, 0, 2), (3, 3, 7), (7, 3, 7), (8, 8, 12), (100, 98, 102)]
)
def test_figures_are_rounded_to_base_5_and_small_ones_are_a_range(number: int, low: int, high: int) -> None:
    assert publish(number) == Figure(low, high)


@for_any(st.integers(0, 1_000_000))
def test_the_true_figure_lies_in_its_range_and_is_never_shown(number: int) -> None:
    figure = publish(number)
    assert figure.low <= number <= figure.high
    assert figure.rounded % 5 == 0
    assert publish(figure.rounded) == figure


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="never negative"):
        publish(-1)


@pytest.mark.parametrize(
    ("part", "whole", "percent"), [(10, 27, None), (10, 28, "33.3"), (30, 28, "100.0"), (0, 100, "0.0")]
)
def test_rates_need_a_denominator_of_thirty(part: int, whole: int, percent: str | None) -> None:
    expected = Decimal(percent) if percent else None
    assert rate(publish(part), publish(whole)) == expected


def test_the_package_is_valid_and_neutral(tmp_path: Path) -> None:
    made = published()
    for name, content in made.files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    assert sorted(made.files) == [
        "puente-pe-2026Q1/datapackage.json",
        "puente-pe-2026Q1/puente-pe-2026Q1.csv",
    ]
    report = frictionless.validate(str(tmp_path / "puente-pe-2026Q1" / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note"])
    assert report.tasks[0].stats["rows"] == len(list(grid(REGIONS)))


def test_a_changed_table_no_longer_matches_its_description(tmp_path: Path) -> None:
    made = published()
    (tmp_path / f"{made.name}.csv").write_bytes(made.table.replace(b",3,7,", b",3,8,"))
    (tmp_path / "datapackage.json").write_bytes(made.description)
    assert not frictionless.validate(str(tmp_path / "datapackage.json")).valid


def test_the_same_figures_give_the_same_bytes() -> None:
    assert published() == published(counted())


def test_a_package_of_a_running_period_says_so() -> None:
    released = list(release(counted().cells()))
    node = read_node("pe")
    running = package(released, node, Q1, until=date(2026, 3, 1))
    assert json.loads(running.description)["description"].startswith("Provisional, counted until 2026-03-01.")
    assert b",2026.1/later-of/until-2026-03-01\r\n" in running.table
    assert package(released, node, Q1, until=Q1.end) == package(released, node, Q1)


def test_no_exact_small_figure_leaves_the_node() -> None:
    rows = [line.split(",") for line in published().table.decode().splitlines()]
    low, high = rows[0].index("low"), rows[0].index("high")
    assert {(row[low], row[high]) for row in rows[1:]} == {("0", "2"), ("3", "7")}
    assert "value" not in rows[0]
    assert json.loads(published().description)["profile"] == "tabular-data-package"
