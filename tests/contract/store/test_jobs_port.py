"""The ports Jobs and Shelves: leases and steps of long work, parts of files, big readings."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.crypto.sealing.owner_keys import WrappedKey
from registry.domain.bulk.job import Job, JobPart
from registry.domain.model import AuditEntry, Person, SealedResource, SearchToken
from registry.ports.jobs import Progress
from tests.contract.store.node import CALLER, NOON, StoreNode, new_id

HERE = Progress('{"after":"x"}', 3, 10)


def job(kind: str = "export", client: str = "") -> Job:
    return Job(new_id(), kind, client or new_id(), "working", NOON, NOON, b"sealed")  # type: ignore[arg-type]


def added(node: StoreNode, made: Job | None = None) -> Job:
    found = made or job()
    with node.committed() as unit:
        unit.jobs.add(found)
    return found


def part(made: Job, file: str, number: int, count: int) -> JobPart:
    return JobPart(made.id, file, number, file.partition("-")[0], count, count * 100, b"\x00\xff")


def test_a_job_is_kept_as_it_was_and_wakes_its_worker(node: StoreNode) -> None:
    made = added(node)
    with node.unit() as unit:
        assert unit.jobs.get(made.id) == made
        assert unit.jobs.get(new_id()) is None
        assert unit.jobs.of(made.client, "working") == [made]
        assert unit.jobs.of(made.client, "done") == []
    assert node.woken.calls == [("long.export", made.id)]


def test_nobody_is_woken_for_files_that_a_command_works_on(node: StoreNode) -> None:
    made = added(node, job("files"))
    with node.unit() as unit:
        assert made.id not in unit.jobs.due(1000)
    assert node.woken.calls == []


def test_a_job_is_held_by_one_worker_until_its_lease_ends(node: StoreNode) -> None:
    made = added(node)
    with node.committed() as unit:
        held = unit.jobs.claim(made.id, "one", 60)
    assert held is not None
    with node.committed() as unit:
        assert unit.jobs.claim(made.id, "two", 60) is None
        assert made.id not in unit.jobs.due(1000)
    with node.committed() as unit:
        unit.jobs.release(made.id, "two")
        assert unit.jobs.claim(made.id, "two", 60) is None, "only its holder gives it back"
        unit.jobs.release(made.id, "one")
        assert made.id in unit.jobs.due(1000)
    with node.committed() as unit:
        assert unit.jobs.claim(made.id, "two", -1) is not None
    with node.committed() as unit:
        assert unit.jobs.claim(made.id, "three", 60) is not None, "its lease had ended"


def test_two_workers_never_commit_the_same_step(node: StoreNode) -> None:
    made = added(node)
    with node.committed() as unit:
        held = unit.jobs.claim(made.id, "one", 60)
        assert held is not None
    with node.committed() as unit:
        assert unit.jobs.advance(held, HERE, 60)
    with node.committed() as unit:
        assert not unit.jobs.advance(held, HERE, 60), "the step was done"
        assert not unit.jobs.advance(replace(held, step=1, lease_owner="two"), HERE, 60)
        assert unit.jobs.advance(replace(held, step=1), HERE, 60)
        found = unit.jobs.get(made.id)
    assert found is not None
    assert (found.step, found.cursor, found.done, found.total) == (2, HERE.cursor, 3, 10)


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_job_that_has_ended_goes_no_further(node: StoreNode, state: str) -> None:
    made = added(node)
    with node.committed() as unit:
        held = unit.jobs.claim(made.id, "one", 60)
        assert held is not None
        assert unit.jobs.finish(made.id, state, None, "why")  # type: ignore[arg-type]
        assert not unit.jobs.advance(held, HERE, 60)
        assert unit.jobs.claim(made.id, "two", 60) is None
        assert not unit.jobs.finish(made.id, "failed", None)
        found = unit.jobs.get(made.id)
    assert found is not None
    assert (found.state, found.error, found.lease_owner) == (state, "why", "")
    assert found.finished is not None


def test_files_are_over_when_late_failed_or_cancelled(node: StoreNode) -> None:
    kept, late, failed = added(node), added(node), added(node)
    with node.committed() as unit:
        unit.jobs.finish(kept.id, "done", unit.now() + timedelta(hours=1))
        unit.jobs.finish(late.id, "done", unit.now() - timedelta(hours=1))
        unit.jobs.finish(failed.id, "failed", None)
        unit.jobs.add_parts([part(late, "Patient-1", 0, 1)])
    with node.committed() as unit:
        over = unit.jobs.over(1000)
        assert {late.id, failed.id} <= set(over)
        assert kept.id not in over
        for each in (late, failed):
            unit.jobs.forget(each.id)
        assert unit.jobs.finish(late.id, "expired", None)
        assert unit.jobs.files(late.id) == []
    with node.committed() as unit:
        assert not {late.id, failed.id} & set(unit.jobs.over(1000)), "once"
        assert unit.jobs.purge(NOON + timedelta(days=1)) >= 2
        assert unit.jobs.get(late.id) is None
        assert unit.jobs.get(kept.id) is not None


def test_an_import_of_a_file_can_begin_anew(node: StoreNode) -> None:
    made = added(node, job("files"))
    with node.committed() as unit:
        unit.jobs.finish(made.id, "done", None)
        unit.jobs.restart(made.id)
        held = unit.jobs.claim(made.id, "one", 60)
    assert held is not None
    assert (held.cursor, held.done, held.finished) == ("", 0, None)


def test_a_file_is_the_sum_of_its_parts(node: StoreNode) -> None:
    made = added(node)
    with node.committed() as unit:
        parts = [part(made, "Patient-1", 0, 2), part(made, "Patient-1", 1, 3), part(made, "Consent-1", 0, 1)]
        unit.jobs.add_parts(parts)
        found = [
            (each.name, each.type, each.parts, each.count, each.size) for each in unit.jobs.files(made.id)
        ]
        assert found == [("Consent-1", "Consent", 1, 1, 100), ("Patient-1", "Patient", 2, 5, 500)]
    with node.unit() as unit:
        assert unit.jobs.part(made.id, "Patient-1", 1) == parts[1]
        assert unit.jobs.part(made.id, "Patient-1", 2) is None


def row(owner: str, kind: str, version: int = 1, *, deleted: bool = False) -> SealedResource:
    return SealedResource(kind, new_id(), version, owner, NOON, deleted, b"" if deleted else b"body")


def stored(node: StoreNode, *rows: SealedResource) -> None:
    with node.committed() as unit:
        unit.records.add_first([(each, AuditEntry(CALLER, "create")) for each in rows])


def test_whole_owners_are_read_at_once(node: StoreNode) -> None:
    one, other = new_id(), new_id()
    rows = [row(one, "Patient"), row(one, "Flag"), row(other, "Flag"), row(other, "List", deleted=True)]
    stored(node, *rows)
    with node.unit() as unit:
        read = unit.shelves.rows_of
        found = read([one, other, new_id()], (), None)
        assert sorted(each[1] for each in found) == sorted(each.id for each in rows[:3])
        assert {each[3]: each[4] for each in found} == {one: b"body", other: b"body"}
        assert [each[0] for each in read([one], ("Flag",), None)] == ["Flag"]
        assert read([one], (), NOON + timedelta(microseconds=1)) == []
        assert len(read([one], (), NOON)) == 2
        gone = unit.shelves.deleted_of([one, other], (), NOON)
        assert gone == [("List", rows[3].id)]
        assert unit.shelves.deleted_of([one, other], ("Flag",), NOON) == []


def test_an_owner_with_many_resources_is_read_in_pages(node: StoreNode) -> None:
    owner = new_id()
    rows = [row(owner, kind) for kind in ("Flag", "List", "Flag", "Task", "Flag")]
    stored(node, *rows)
    found, after = [], ("", "")
    with node.unit() as unit:
        while page := unit.shelves.page_of(owner, after, 2, (), None):
            found += page
            after = (page[-1][0], page[-1][1])
        assert len(unit.shelves.page_of(owner, ("", ""), 9, ("Flag",), None)) == 3
    assert sorted((each[0], each[1]) for each in found) == sorted((each.type, each.id) for each in rows)


def test_newest_versions_of_many_are_known_deleted_ones_too(node: StoreNode) -> None:
    rows = [row(new_id(), "Flag"), row(new_id(), "Flag", deleted=True)]
    stored(node, *rows)
    with node.unit() as unit:
        found = unit.shelves.known([*((each.type, each.id) for each in rows), ("Flag", new_id())])
    assert found == {(each.type, each.id): each for each in rows}


def test_what_a_running_writer_may_still_commit_is_after_the_oldest_moment(node: StoreNode) -> None:
    with node.unit() as unit:
        before = unit.now()
    with node.unit() as unit:
        assert before <= unit.shelves.oldest_writer() <= unit.now()
    if node.dialect == "postgresql":
        with node.unit() as running:
            began = running.now()
            with node.unit() as unit:
                assert unit.shelves.oldest_writer() <= began


def test_everybody_comes_once_in_pages(node: StoreNode) -> None:
    people = [
        Person(each, False, NOON) for each in (new_id(), f"Z{new_id()}", f"a{new_id()}", f"-{new_id()}")
    ]
    with node.committed() as unit:
        unit.shelves.add_people(people)
    found: list[str] = []
    with node.unit() as unit:
        while page := unit.shelves.people(found[-1] if found else "", 3):
            found += page
    assert len(found) == len(set(found))
    assert {each.id for each in people} <= set(found)


def test_people_and_their_tokens_are_added_together(node: StoreNode) -> None:
    people = [Person(new_id(), False, NOON), Person(new_id(), True, NOON)]
    token = SearchToken("identifier", "value", new_id().encode()[:16])
    with node.committed() as unit:
        unit.shelves.add_people(people)
        unit.shelves.add_people([])
        unit.shelves.add_tokens([(each.id, ("Patient", each.id), [token, token]) for each in people])
        unit.shelves.add_tokens([])
    with node.unit() as unit:
        assert [unit.people.get(each.id) for each in people] == people
        assert unit.people.candidates([token], 10) == sorted(each.id for each in people)


def test_the_keys_of_many_owners_are_added_and_read_at_once(node: StoreNode) -> None:
    keys, owners = node.keys(), [new_id() for _ in range(3)]
    first = WrappedKey(owners[0], 1, "kek-1", b"first")
    assert keys.add(first)
    others = [WrappedKey(owner, 1, "kek-1", b"other") for owner in owners]
    keys.add_all(others)
    found = keys.get_all([*owners, new_id()])
    assert sorted(found, key=lambda key: owners.index(key.owner_id)) == [first, *others[1:]]
