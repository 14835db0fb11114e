"""Walk 5: figures counted from sealed records, released as open data, with nothing about a person in them."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fhir.wire import canonical, parse
from registry.domain.observatory import periods
from registry.errors import BadInput, NotAllowed
from registry.usecases.access import trail
from registry.usecases.care.people import register
from registry.usecases.care.record import transact
from registry.usecases.observatory import publish
from tests.unit.observatory.people import QUARTER
from tests.walks.nodes import Pair, WalkNode, exchanged, new_number, somebody, treated

PERSON = "urn:uuid:0c4bd0f4-8f21-4b9c-9b39-9b6b0a6a1c01"


def store(node: WalkNode, resources: list[dict[str, Any]]) -> str:
    """Store somebody of the worked quarter through the interface for systems; return the marked number."""
    text = canonical({"all": resources}).replace(b'"Patient/1"', f'"{PERSON}"'.encode())
    number = new_number()
    entries = []
    for resource in parse(text)["all"]:
        entry = {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}
        if resource["resourceType"] == "Patient":
            entry["fullUrl"] = PERSON
            resource["identifier"] = [{"system": "urn:puente:test:card", "value": f"K{number}"}]
        entries.append(entry)
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    transact.transact(node.services, node.caller(), bundle)
    return number


def rows(files: tuple[Path, ...]) -> list[dict[str, str]]:
    (path,) = (path for path in files if path.suffix == ".csv")
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def test_the_worked_quarter_is_counted_exactly_and_released_rounded(own_pair: Pair, tmp_path: Path) -> None:
    node = own_pair.pe
    numbers = [store(node, resources) for resources in QUARTER.values()]
    quarter = periods.parse("2026Q1")
    tally = publish.count(node.services, node.caller("observatory"), quarter, None)
    whole = {cell.indicator: number for cell, number in tally.cells() if is_whole(cell)}
    assert [whole[name] for name in ("TX_CURR", "TX_NEW", "TX_RTT", "TX_ML")] == [6, 2, 2, 6]
    assert tally.people == 12

    made = publish.publish(node.services, node.caller("observatory"), "2026Q1", tmp_path / "out")
    assert made.people == 12
    assert made.figures == len(rows(made.files))
    assert {path.suffix for path in made.files} >= {".csv", ".json"}
    assert not list((tmp_path / "out").rglob("*.part"))
    everything = b"".join(path.read_bytes() for path in made.files)
    ids = node.look(lambda unit: unit.people.ids())
    assert not any(secret.encode() in everything for secret in (*numbers, *ids))
    for row in rows(made.files):
        low, high = int(row["low"]), int(row["high"])
        assert (low, high) == (0, 2) or ((low + 2) % 5 == 0 and high == low + 4), row
    package = next(json.loads(path.read_bytes()) for path in made.files if path.suffix == ".json")
    assert package["resources"]


def is_whole(cell: Any) -> bool:
    """Tell whether a figure is for everybody."""
    return (cell.org_unit, cell.country_origin, cell.sex, cell.age_group) == ("all",) * 4


def test_publishing_again_gives_the_same_bytes(own_pair: Pair, tmp_path: Path) -> None:
    node = own_pair.pe
    store(node, QUARTER[1])
    twice = [
        publish.publish(node.services, node.caller("programme"), "2026Q1", tmp_path / folder).files
        for folder in ("one", "two")
    ]
    assert [path.read_bytes() for path in twice[0]] == [path.read_bytes() for path in twice[1]]


def test_a_crossing_between_two_nodes_is_counted_where_the_person_arrived(own_pair: Pair) -> None:
    pair = own_pair
    who = exchanged(pair)
    treated(pair.pe, who.at_pe, days_ago=0)
    today = pair.pe.services.today()
    period = periods.parse(f"{today.year}Q{(today.month - 1) // 3 + 1}").so_far(today)
    counted = {}
    for node in pair.both:
        tally = publish.count(node.services, node.caller("observatory"), period, None)
        counted[node.code] = {cell.indicator: number for cell, number in tally.cells() if is_whole(cell)}
    assert counted["pe"]["CROSSINGS"] == 1
    assert counted["co"]["CROSSINGS"] == 0
    assert counted["pe"]["TX_CURR"] == 1


def test_provisional_people_are_not_counted(own_pair: Pair) -> None:
    node = own_pair.pe
    store(node, QUARTER[1])
    node.run("UPDATE person SET provisional = ?", True)
    tally = publish.count(node.services, node.caller("observatory"), periods.parse("2026Q1"), None)
    assert tally.people == 0


def test_what_was_known_at_a_moment_is_counted_again(own_pair: Pair) -> None:
    node = own_pair.pe
    store(node, QUARTER[1])
    before = node.services.clock.now() - timedelta(hours=1)
    quarter = periods.parse("2026Q1")
    for known_on, number in ((before, 0), (before + timedelta(hours=2), 1)):
        tally = publish.count(node.services, node.caller("observatory"), quarter, known_on)
        assert sum(n for cell, n in tally.cells() if is_whole(cell) and cell.indicator == "TX_CURR") == number


def test_counting_goes_page_by_page_and_says_how_far(own_pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    node = own_pair.pe
    for _ in range(5):
        register.register(node.services, node.caller(), somebody())
    monkeypatch.setattr(publish, "AT_ONCE", 2)
    done: list[int] = []
    quarter = periods.parse("2026Q1")
    publish.count(node.services, node.caller("observatory"), quarter, None, done.append)
    assert done == [2, 4, 5]
    events = trail.recent(node.services, node.caller(), 10)
    assert [event["action"] for event in events].count("count") == 3


@pytest.mark.parametrize("period", ["2026Q5", "soon", "2199Q1"])
def test_a_period_that_cannot_be_counted_is_refused(pair: Pair, tmp_path: Path, period: str) -> None:
    with pytest.raises(BadInput):
        publish.publish(pair.pe.services, pair.pe.caller("observatory"), period, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_publishing_is_for_those_whose_role_allows_it(pair: Pair, tmp_path: Path) -> None:
    for role in ("clinician", "administrator", "partner"):
        with pytest.raises(NotAllowed):
            publish.publish(pair.pe.services, pair.pe.caller(role), "2026Q1", tmp_path)
