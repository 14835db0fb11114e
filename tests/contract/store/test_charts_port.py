"""The port Charts: a whole record in the order of writing, its state, and the summaries kept of it."""

from dataclasses import replace
from datetime import date, timedelta

from registry.domain.model import AuditEntry, Caller, ReceivedDocument, SealedResource
from registry.ports.charts import KeptSummary, Wanted
from tests.contract.store.node import NOON, StoreNode, later, new_id

DAY = date(2026, 11, 22)
NURSE = Caller("user:rosa", "clinician", "pe")


def row(owner: str, kind: str = "Observation", minutes: int = 0, version: int = 1) -> SealedResource:
    return SealedResource(kind, new_id(), version, owner, NOON + timedelta(minutes=minutes), False, b"sealed")


def store(node: StoreNode, *rows: SealedResource) -> None:
    with node.committed() as unit:
        for each in rows:
            unit.records.add(each, AuditEntry(NURSE, "create"))


def page(node: StoreNode, owner: str, **wanted: object) -> list[SealedResource]:
    with node.unit() as unit:
        return unit.charts.page(owner, Wanted(**wanted))  # type: ignore[arg-type]


def test_a_record_comes_in_the_order_of_writing_without_others_and_without_files(node: StoreNode) -> None:
    owner = new_id()
    first, second, file = row(owner), row(owner, "Flag", 1), row(owner, "Binary", 2)
    gone = row(owner, "Observation", 3)
    store(node, second, first, file, gone, row(new_id()))
    store(node, replace(gone, version=2, deleted=True, body=b""))
    assert page(node, owner) == [first, second]
    assert page(node, owner, types=("Binary",)) == [file]


def test_pages_follow_each_other_also_at_one_moment(node: StoreNode) -> None:
    owner = new_id()
    rows = [row(owner) for _ in range(5)]
    store(node, *rows)
    seen: list[SealedResource] = []
    for _ in range(3):
        last = (seen[-1].updated, seen[-1].type, seen[-1].id) if seen else None
        seen += page(node, owner, after=last, limit=2)
    assert seen == page(node, owner)
    assert len(seen) == 5


def test_later_writes_and_types_narrow(node: StoreNode) -> None:
    owner = new_id()
    old, new, flag = row(owner), row(owner, "Observation", 5), row(owner, "Flag", 6)
    store(node, old, new, flag)
    assert page(node, owner, since=old.updated) == [new, flag]
    assert page(node, owner, since=old.updated, types=("Observation",)) == [new]


def test_only_current_directory_entries_are_found_by_name(node: StoreNode) -> None:
    entry, other, gone = row("directory", "Organization"), row(new_id(), "Organization"), row("directory")
    store(node, entry, other, gone)
    store(node, replace(gone, version=2, deleted=True, body=b""))
    named = [(each.type, each.id) for each in (entry, other, gone)]
    with node.unit() as unit:
        assert unit.charts.directory(named) == [entry]
        assert unit.charts.directory([]) == []


def test_the_state_changes_with_every_write_and_look(node: StoreNode) -> None:
    owner = new_id()
    one = row(owner)
    document = ReceivedDocument(new_id(), owner, "co", new_id(), NOON, "digest", b"body", b"")
    states = [state(node, owner)]
    store(node, one)
    states.append(state(node, owner))
    store(node, replace(one, version=2, updated=later(hours=1)))
    states.append(state(node, owner))
    with node.committed() as unit:
        unit.documents.add(document)
    states.append(state(node, owner))
    with node.committed() as unit:
        unit.documents.reviewed(document.id, "user:rosa")
    states.append(state(node, owner))
    assert len(set(states)) == 5
    store(node, row(new_id()))
    assert state(node, owner) == states[-1]


def state(node: StoreNode, owner: str) -> str:
    with node.unit() as unit:
        return unit.charts.state(owner)


def test_one_summary_of_each_variant_is_kept(node: StoreNode) -> None:
    owner = new_id()
    first = KeptSummary(owner, "own|es", "a", b"one", DAY)
    second, other = replace(first, made_from="b", body=b"two"), replace(first, variant="own|en")
    with node.committed() as unit:
        for each in (first, other, second):
            unit.charts.keep_summary(each)
    with node.unit() as unit:
        assert unit.charts.summary(owner, "own|es") == second
        assert unit.charts.summary(owner, "own|en") == other
        assert unit.charts.summary(owner, "co|es") is None
        assert unit.charts.summary(new_id(), "own|es") is None


def test_summaries_of_earlier_days_are_dropped_some_at_a_time(node: StoreNode) -> None:
    owners = [new_id() for _ in range(3)]
    with node.committed() as unit:
        unit.charts.drop_summaries(DAY, 100)
        for owner in owners:
            unit.charts.keep_summary(KeptSummary(owner, "own|es", "a", b"one", DAY - timedelta(days=1)))
        unit.charts.keep_summary(KeptSummary(owners[0], "own|en", "a", b"one", DAY))
    with node.committed() as unit:
        assert [unit.charts.drop_summaries(DAY, 2) for _ in range(3)] == [2, 1, 0]
    with node.unit() as unit:
        assert unit.charts.summary(owners[0], "own|en") is not None
        assert unit.charts.summary(owners[0], "own|es") is None
