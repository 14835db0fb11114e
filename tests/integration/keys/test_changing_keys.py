"""Keys change while the node works: everything stays readable, old keys end, a killed change goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from registry.errors import BadInput, Conflict, NotAllowed, NotFound
from registry.ports import Services
from registry.store import tables
from registry.store.keys import sealed_rows
from registry.usecases.access import trail
from registry.usecases.care.people import lookup, register
from registry.usecases.care.record import record_care
from registry.usecases.keys import destroying, places, rotation
from registry.usecases.keys.rotation import Wanted
from tests.integration.keys.conftest import OPERATOR
from tests.servers.live import environ
from tests.walks.nodes import Pair, WalkNode, exchanged, somebody, treated, walk_node

Agreed = Callable[[WalkNode, str, str], str]


def rotate(node: WalkNode, what: str, owner: str = "") -> str:
    """Change a key to the end without resting."""
    job = rotation.begin(node.services, OPERATOR, Wanted(what, owner, grace=0))  # type: ignore[arg-type]
    return to_the_end(node, job)


def to_the_end(node: WalkNode, job: str) -> str:
    for _ in range(100):
        state = rotation.work(node.services, job, "test")
        if state in ("done", "failed"):
            return state
    raise AssertionError("the change does not end")


def versions(node: WalkNode, owner: str) -> set[int]:
    """Return the versions of the data key that an owner's envelopes are sealed with."""
    found: set[int] = set()
    for each in sealed_rows.COLUMNS.values():
        if each.service in ("", owner) and owner.startswith(each.prefix):
            where = "" if each.service else f" AND {each.owner} = '{owner.removeprefix(each.prefix)}'"
            words = f"SELECT {each.column} FROM {each.table.name} WHERE length({each.column}) > 0{where}"
            found |= {int.from_bytes(bytes(row[0])[2:6]) for row in node.run(words)}
    return found


def opened(services: Services, owner: str) -> int:
    """Open every envelope of an owner; return how many."""
    with services.unit() as unit:
        rows = unit.sealed_rows.stale(owner, 0, 500)
        return len([services.vault.open(owner, places.of(row), row.blob) for row in rows])


def test_every_sealed_column_is_known() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in tables.MAIN.sorted_tables
        for column in table.columns
        if column.type.__class__.__name__ == "LargeBinary" and not column.primary_key
    }
    moved = {f"{each.table.name}.{each.column}" for each in sealed_rows.COLUMNS.values()}
    assert columns == moved | sealed_rows.SHORT_LIVED | sealed_rows.PLAIN_BYTES
    assert set(places.PLACES) == set(sealed_rows.COLUMNS)


def test_a_new_wrapping_key_takes_over_and_the_old_one_can_be_destroyed(
    own_pair: Pair, agreed: Agreed
) -> None:
    node = own_pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    before = node.services.keyring.under()
    assert rotate(node, "kek") == "done"
    assert node.services.keyring.under() == {
        "kek-0001": 0,
        "kek-0002": sum(before.values()) + 1,
    }  # the job's own
    fresh = walk_node(node.demo, None, own_pair.clock)
    assert record_care.read(fresh.services, node.caller(), "Patient", person)
    with pytest.raises(Conflict, match="rotate first"):
        destroying.destroy(node.services, OPERATOR, "kek-0002", agreed(node, "destroy-key", "kek-0002"))
    with pytest.raises(NotAllowed):
        destroying.destroy(node.services, OPERATOR, "kek-0001", agreed(node, "erase", "kek-0001"))
    destroying.destroy(node.services, OPERATOR, "kek-0001", agreed(node, "destroy-key", "kek-0001"))
    assert list(node.services.keyring.under()) == ["kek-0002"]
    fresh.close()
    fresh = walk_node(node.demo, None, own_pair.clock)
    assert record_care.read(fresh.services, node.caller(), "Patient", person)
    fresh.close()


def test_a_wrapping_key_in_use_is_not_destroyed(lone_pair: Pair, agreed: Agreed) -> None:
    node = lone_pair.pe
    register.register(node.services, node.caller(), somebody())
    node.services.keyring.new_kek()
    with pytest.raises(Conflict, match="still wrapped"):
        destroying.destroy(node.services, OPERATOR, "kek-0001", agreed(node, "destroy-key", "kek-0001"))
    with pytest.raises(NotFound):
        destroying.destroy(node.services, OPERATOR, "kek-0009", agreed(node, "destroy-key", "kek-0009"))
    assert (node.services.settings.key_dir / "kek-0001.key").exists()


def test_every_envelope_moves_to_new_data_keys_and_the_trail_stays_whole(own_pair: Pair) -> None:
    who = exchanged(own_pair)
    node = own_pair.pe
    treated(node, who.at_pe)
    assert versions(node, who.at_pe) == versions(node, "inbox") == {1}
    assert rotate(node, "dek") == "done"
    for owner in (who.at_pe, "inbox", "node"):
        assert versions(node, owner) == {2}, owner
        assert node.services.keyring.version(owner) == 2
    keys = node.services.keyring
    assert all(keys.version(owner) == 2 for owner in keys.owners("", 500) if not owner.startswith("job:"))
    fresh = walk_node(node.demo, None, own_pair.clock)
    for services in (node.services, fresh.services):
        assert record_care.read(services, node.caller(), "Patient", who.at_pe)
        assert opened(services, who.at_pe) > 5
        assert opened(services, "inbox") > 1
    verdict = trail.verify(node.services)
    assert verdict.ok, verdict
    seen = {row["action"] for row in trail.about(node.services, OPERATOR, who.at_pe, 1000)}
    assert "read" in seen
    assert "reseal" not in seen
    fresh.close()


def test_one_persons_data_key_changes_alone(lone_pair: Pair) -> None:
    node = lone_pair.pe
    one, other = (register.register(node.services, node.caller(), somebody()).person_id for _ in range(2))
    treated(node, one)
    assert rotate(node, "dek", one) == "done"
    assert (versions(node, one), versions(node, other)) == ({2}, {1})
    assert rotate(node, "dek", one) == "done"
    assert versions(node, one) == {3}
    assert trail.verify(node.services).ok
    with pytest.raises(BadInput, match="no key"):
        rotation.begin(node.services, OPERATOR, Wanted("dek", "nobody"))


def test_a_process_that_remembers_the_old_data_key_still_reads_and_writes(lone_pair: Pair) -> None:
    node = lone_pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    other = walk_node(node.demo, None, lone_pair.clock)
    assert record_care.read(other.services, node.caller(), "Patient", person)  # remembers version 1
    job = rotation.begin(node.services, OPERATOR, Wanted("dek", person, grace=0))
    while versions(node, person) == {1}:
        rotation.work(node.services, job, "test", iter((0.0, 0.0, 99.0, 99.0)).__next__)
    assert record_care.read(other.services, node.caller(), "Patient", person)
    treated(other, person)
    assert to_the_end(node, job) == "done"
    assert versions(node, person) == {2}
    other.close()


def test_old_keys_rest_before_they_end(lone_pair: Pair) -> None:
    node = lone_pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    job = rotation.begin(node.services, OPERATOR, Wanted("dek", person, grace=3600))
    assert rotation.work(node.services, job, "test") == "waiting"
    assert rotation.work(node.services, job, "test") == "waiting"
    assert versions(node, person) == {2}
    with pytest.raises(Conflict, match="already"):
        rotation.begin(node.services, OPERATOR, Wanted("kek"))
    assert rotation.unfinished(node.services) == job


def test_people_are_found_before_during_and_after_a_change_of_the_index_key(own_pair: Pair) -> None:
    node = own_pair.pe
    first, second = somebody(), somebody()
    one = register.register(node.services, node.caller(), first).person_id
    other = walk_node(node.demo, None, own_pair.clock)

    def found(new: register.NewPerson) -> list[str]:
        by_document = lookup.Lookup(identifier=new.identifiers[0][1])
        return [row.person_id for row in lookup.find(other.services, node.caller(), by_document)]

    assert found(first) == [one]
    before = node.run("SELECT value FROM search_token WHERE owner_id = ?", one)
    job = rotation.begin(node.services, OPERATOR, Wanted("index", grace=0))
    assert found(first) == [one]
    two = register.register(other.services, node.caller(), second).person_id
    assert (found(first), found(second)) == ([one], [two])
    by_name = lookup.Lookup(name="Yuleisy Rondón", birth_date="1991-04-12")
    assert {row.person_id for row in lookup.find(other.services, node.caller(), by_name)} == {one, two}
    assert to_the_end(node, job) == "done"
    after = node.run("SELECT value FROM search_token WHERE owner_id = ?", one)
    assert len(before) == len(after)
    assert not {bytes(row[0]) for row in before} & {bytes(row[0]) for row in after}
    assert (found(first), found(second)) == ([one], [two])
    assert [path.name for path in sorted(node.services.settings.key_dir.glob("index-root*"))] == [
        "index-root-0002.key"
    ]
    other.close()


@pytest.mark.parametrize("what", ["kek", "dek", "index"])
def test_a_change_that_is_killed_again_and_again_ends_and_everything_opens(
    own_pair: Pair, what: str, scaled: Callable[[int], int]
) -> None:
    """Test 4 of the list: kill -9 in the middle, start again, every row readable."""
    node = own_pair.pe
    new = [somebody() for _ in range(12)]
    people = [register.register(node.services, node.caller(), each).person_id for each in new]
    words = ["keys", "rotate", what, "--grace", "0"]
    kills = max(1, scaled(50))
    for kill in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-m", "registry", *words],
            env=environ(node.demo),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[3],
        )
        wait_for_a_step(node, process, kill)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        words = ["keys", "rotate", "--resume"]
        node.run("UPDATE job SET lease_until = 1 WHERE lease_until IS NOT NULL")
    job = rotation.unfinished(node.services)
    assert not job or to_the_end(node, job) == "done"
    fresh = walk_node(node.demo, None, own_pair.clock)
    for person, each in zip(people, new, strict=True):
        assert record_care.read(fresh.services, node.caller(), "Patient", person)
        wanted = lookup.Lookup(identifier=each.identifiers[0][1])
        assert [row.person_id for row in lookup.find(fresh.services, node.caller(), wanted)] == [person]
    if what == "kek":
        assert fresh.services.keyring.under()["kek-0001"] == 0
    if what == "dek":
        assert all(versions(node, person) == {fresh.services.keyring.version(person)} for person in people)
    assert trail.verify(fresh.services).ok
    fresh.close()


def wait_for_a_step(node: WalkNode, process: subprocess.Popen[bytes], kill: int) -> None:
    """Wait until the command has begun, and a little longer every time."""
    until = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < until:
        rows = node.run("SELECT lease_owner FROM job WHERE kind = 'rotate' AND state = 'working'")
        if rows and str(process.pid) in rows[0][0]:
            break
        time.sleep(0.005)
    time.sleep(0.02 * (kill % 5))
    assert os.getpid() != process.pid
