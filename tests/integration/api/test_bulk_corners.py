"""Rare turns of long work: no time left, a key destroyed, sources that change, crawl or never end a line."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from config.facilities import read_mapping
from registry.domain.model import Caller
from registry.errors import BadInput, Conflict, Gone, NotFound, NotReady, VersionConflict
from registry.ports.fetching import CannotFetch, Source
from registry.usecases.bulk import ending, status, writing
from registry.usecases.bulk.exporting import start as exporting
from registry.usecases.bulk.exporting import steps as export_steps
from registry.usecases.bulk.exporting.request import ExportRequest
from registry.usecases.bulk.importing import batches, files
from registry.usecases.bulk.importing import start as importing
from registry.usecases.bulk.importing import steps as import_steps
from registry.usecases.bulk.importing.start import Input
from registry.usecases.directory import facilities, table
from tests.integration.api.conftest import PATIENT, Api, Node

OPERATOR = Caller("operator:test", "system", "pe")
HOSPITAL = Caller("partner:hospital", "partner", "hospital", scopes=("system/*.cruds",))


def person(api: Api) -> str:
    return str(api.post("Patient", PATIENT).get_json(force=True)["id"])


def asked(node: Node, *patients: str) -> str:
    request = ExportRequest("x", "patient", ("Patient",), None, patients)
    return exporting.start(node.services, OPERATOR, request).id


def lines_of(node: Node, job_id: str, kind: str) -> list[bytes]:
    with node.services.unit() as unit:
        names = [each.name for each in unit.jobs.files(job_id) if each.type == kind]
    return [line for name in names for line in writing.read_lines(node.services, job_id, name)]


def test_an_export_without_time_left_is_given_back_and_goes_on(
    node: Node, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_steps, "PEOPLE_AT_ONCE", 1)
    people = [person(api) for _ in range(3)]
    job_id = asked(node, *people)
    turns = 0
    ticks = iter(range(0, 10_000, 20))
    while export_steps.work(node.services, job_id, "w", lambda: next(ticks)) == "working":
        turns += 1
        assert (("long.export", job_id)) in ending.due(node.services, 1000)
    assert turns >= 3
    assert len(lines_of(node, job_id, "Patient")) == 3


def test_a_resource_that_cannot_be_opened_is_told_and_the_rest_exported(node: Node, api: Api) -> None:
    lost, kept = person(api), person(api)
    node.services.vault.erase(lost)
    job_id = asked(node, lost, kept)
    assert export_steps.work(node.services, job_id, "w") == "done"
    (line,) = lines_of(node, job_id, "Patient")
    assert json.loads(line)["id"] == kept
    (error,) = lines_of(node, job_id, writing.ERRORS)
    assert json.loads(error)["issue"][0]["expression"] == [f"Patient/{lost}"]


def test_a_full_file_is_followed_by_another(node: Node, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_steps, "PEOPLE_AT_ONCE", 1)
    monkeypatch.setattr(writing, "LINES_OF_FILE", 2)
    job_id = asked(node, *(person(api) for _ in range(3)))
    export_steps.work(node.services, job_id, "w")
    found = status.status(node.services, OPERATOR, job_id).files
    assert [(each.name, each.count) for each in found] == [("Patient-1.ndjson", 2), ("Patient-2.ndjson", 1)]


def test_a_job_whose_key_was_destroyed_fails_and_its_files_are_gone(node: Node, api: Api) -> None:
    job_id = asked(node, person(api))
    node.services.vault.erase(f"job:{job_id}")
    assert export_steps.work(node.services, job_id, "w") == "failed"
    done = asked(node, person(api))
    assert export_steps.work(node.services, done, "w") == "done"
    node.services.vault.erase(f"job:{done}")
    with pytest.raises(Gone):
        status.status(node.services, OPERATOR, done)


def test_a_job_that_fails_three_times_at_one_place_ends(node: Node, api: Api) -> None:
    job_id = asked(node, person(api))
    assert [ending.give_back(node.services, job_id) for _ in range(3)] == ["working", "working", "failed"]
    assert export_steps.work(node.services, job_id, "w") is None
    assert error_of(node, job_id) == "internal"
    assert ending.give_back(node.services, job_id) is None
    another = asked(node, person(api))
    assert ending.give_back(node.services, another) == "working"
    assert export_steps.work(node.services, another, "w") == "done"
    assert error_of(node, another) == ""


def test_a_job_waits_while_the_node_is_not_ready(
    node: Node, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = asked(node, person(api))

    def not_now(*_arguments: object) -> None:
        raise NotReady("Later.")

    with monkeypatch.context() as patched:
        patched.setattr(export_steps.gathering, "of_people", not_now)
        with pytest.raises(NotReady):
            export_steps.work(node.services, job_id, "w")
    with node.services.unit() as unit:
        job = unit.jobs.get(job_id)
        assert job is not None
        unit.jobs.release(job_id, "w")
        unit.commit()
    assert job.state == "working"
    assert export_steps.work(node.services, job_id, "w") == "done"


def test_a_job_cancelled_during_a_step_stores_nothing_more(
    node: Node, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = asked(node, person(api))
    gather = export_steps.gathering.of_people

    def cancels(*arguments):  # type: ignore[no-untyped-def]
        found = gather(*arguments)
        status.cancel(node.services, OPERATOR, job_id)
        return found

    monkeypatch.setattr(export_steps.gathering, "of_people", cancels)
    assert export_steps.work(node.services, job_id, "w") is None
    assert lines_of(node, job_id, "Patient") == []


def test_only_groups_of_persons_are_exported(api: Api) -> None:
    group = {"resourceType": "Group", "type": "person", "actual": False}
    stored = api.post("Group", group).get_json(force=True)["id"]
    assert api.get(f"Group/{stored}/$export", Prefer="respond-async").status_code == 422


class Scripted:
    """A fetcher that sends what a test says."""

    def __init__(self, *chunks: bytes, error: str = "") -> None:
        self.chunks, self.error = chunks, error

    @contextmanager
    def open(self, address: str, offset: int, version: str) -> Iterator[Source]:
        if self.error:
            raise CannotFetch(self.error)
        yield Source(0, "", 0, iter(self.chunks))


@pytest.fixture
def allowed(node: Node) -> Node:
    """Give the node with one allowed source."""
    settings = replace(node.settings, import_sources=("https://files.example.org/",))
    return replace(node, settings=settings, services=replace(node.services, settings=settings))


def import_of(node: Node, *kinds: str, caller: Caller = HOSPITAL) -> str:
    inputs = [Input(kind, f"https://files.example.org/{kind}.ndjson") for kind in kinds or ("Patient",)]
    return importing.start(node.services, caller, "x", inputs).id


def error_of(node: Node, job_id: str) -> str:
    with node.services.unit() as unit:
        job = unit.jobs.get(job_id)
    assert job is not None
    return job.error


def line(patient_id: str) -> bytes:
    return json.dumps({"resourceType": "Patient", "id": patient_id}).encode()


@pytest.mark.parametrize("error", ["source-changed", "source-failed"])
def test_a_source_that_fails_ends_the_import_with_its_reason(allowed: Node, error: str) -> None:
    job_id = import_of(allowed)
    assert import_steps.work(allowed.services, job_id, "w", Scripted(error=error)) == "failed"
    assert error_of(allowed, job_id) == error


def test_a_source_that_crawls_is_left(allowed: Node) -> None:
    job_id = import_of(allowed)
    ticks = iter(range(0, 10_000, 15))
    fetcher = Scripted(*[b"{"] * 20)
    assert import_steps.work(allowed.services, job_id, "w", fetcher, lambda: next(ticks)) == "failed"
    assert error_of(allowed, job_id) == "source-too-slow"


def test_a_line_without_end_is_not_held(allowed: Node) -> None:
    job_id = import_of(allowed)
    fetcher = Scripted(*[b"x" * 1_000_000] * 7)
    assert import_steps.work(allowed.services, job_id, "w", fetcher) == "failed"
    assert error_of(allowed, job_id) == "line-too-long"


def test_lines_are_whole_wherever_chunks_are_cut(allowed: Node) -> None:
    people = [str(uuid.uuid4()) for _ in range(3)]
    data = b"\n".join(map(line, people))
    job_id = import_of(allowed)
    fetcher = Scripted(*(data[at : at + 7] for at in range(0, len(data), 7)))
    assert import_steps.work(allowed.services, job_id, "w", fetcher) == "done"
    with allowed.services.unit() as unit:
        assert all(unit.people.get(each) for each in people)


def test_an_import_of_who_may_not_write_any_more_ends(allowed: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = import_of(allowed)
    no_agreement = replace(allowed.settings.node, partners=())
    services = replace(allowed.services, settings=replace(allowed.settings, node=no_agreement))
    assert import_steps.work(services, job_id, "w", Scripted(line("x"))) == "failed"
    assert error_of(allowed, job_id) == "forbidden"


def test_an_import_taken_over_or_destroyed_goes_no_further(allowed: Node) -> None:
    job_id = import_of(allowed)
    with allowed.services.unit() as unit:
        assert unit.jobs.claim(job_id, "other", 60)
        unit.commit()
    assert import_steps.work(allowed.services, job_id, "w", Scripted()) is None
    lost = import_of(allowed)
    allowed.services.vault.erase(f"job:{lost}")
    assert import_steps.work(allowed.services, lost, "w", Scripted()) == "failed"


class Cancelling(Scripted):
    """Sends a line while somebody cancels the import."""

    def __init__(self, node: Node, job_id: str, data: bytes) -> None:
        super().__init__(data)
        self.node, self.job_id = node, job_id

    @contextmanager
    def open(self, address: str, offset: int, version: str) -> Iterator[Source]:
        status.cancel(self.node.services, HOSPITAL, self.job_id)
        yield Source(0, "", 0, iter(self.chunks))


@pytest.mark.parametrize("with_lines", [True, False])
def test_an_import_cancelled_while_it_is_fetched_stores_nothing_more(allowed: Node, with_lines: bool) -> None:
    job_id, one = import_of(allowed), str(uuid.uuid4())
    fetcher = Cancelling(allowed, job_id, line(one) if with_lines else b"")
    assert import_steps.work(allowed.services, job_id, "w", fetcher) is None
    with allowed.services.unit() as unit:
        assert unit.people.get(one) is None


def test_a_batch_that_met_another_writer_is_tried_again(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "Patient.ndjson"
    store, tries = batches.storing.store, [VersionConflict("now"), Conflict("now")]

    def fails(*arguments):  # type: ignore[no-untyped-def]
        if tries:
            raise tries.pop()
        return store(*arguments)

    monkeypatch.setattr(batches.storing, "store", fails)
    path.write_bytes(line(str(uuid.uuid4())))
    assert files.run(node.services, OPERATOR, path, lambda _: None).tally.created == 1
    tries.extend([VersionConflict("now")] * 3)
    path.write_bytes(line(str(uuid.uuid4())))
    with pytest.raises(VersionConflict):
        files.run(node.services, OPERATOR, path, lambda _: None)


def test_files_are_taken_in_the_order_that_references_need(tmp_path: Path) -> None:
    kinds = ("Observation", "Patient", "Organization")
    for kind in kinds:
        (tmp_path / f"{kind}.ndjson").write_text(json.dumps({"resourceType": kind}))
    (tmp_path / "a.ndjson").write_text("[]")
    (tmp_path / "b.ndjson").write_text("{")
    names = [path.stem for path in files.in_order(tmp_path.glob("*.ndjson"))]
    assert names == ["Organization", "Patient", "Observation", "a", "b"]


def test_a_line_that_stands_twice_is_an_update_of_the_first(node: Node, tmp_path: Path) -> None:
    one = str(uuid.uuid4())
    changed = json.dumps({"resourceType": "Patient", "id": one, "active": True}).encode()
    path = tmp_path / "Patient.ndjson"
    path.write_bytes(b"\n".join([line(one), line(one), changed]))
    tally = files.run(node.services, OPERATOR, path, lambda _: None).tally
    assert (tally.created, tally.updated, tally.unchanged) == (1, 1, 1)


def test_a_resource_does_not_move_to_another_person(node: Node, api: Api, tmp_path: Path) -> None:
    one, other, flag = person(api), person(api), str(uuid.uuid4())
    path = tmp_path / "Flag.ndjson"
    for owner, expected in ((one, batches.Tally(created=1)), (other, batches.Tally(rejected=1))):
        found = {
            "resourceType": "Flag",
            "id": flag,
            "status": "active",
            "code": {"text": "x"},
            "subject": {"reference": f"Patient/{owner}"},
        }
        path.write_text(json.dumps(found))
        assert files.run(node.services, OPERATOR, path, lambda _: None).tally == expected


def test_a_person_with_the_name_of_a_service_owner_is_refused(node: Node, tmp_path: Path) -> None:
    path = tmp_path / "Patient.ndjson"
    path.write_bytes(line("directory"))
    assert files.run(node.services, OPERATOR, path, lambda _: None).tally == batches.Tally(rejected=1)


def test_positions_that_are_none_are_left_out_and_told(node: Node, api: Api) -> None:
    rows = ("701,Uno,-12.05,-77.04", "702,Dos,x,y", "703,Tres,900,1", "704,Cuatro,0,0", "7 5,Cinco,,")
    data = ("codigo,nombre,norte,este\n" + "\n".join(rows) + "\n").encode()
    report = facilities.load(node.services, OPERATOR, data, read_mapping("renipress"))
    assert report.notes == {"bad-position": 3}
    assert report.skipped == [(6, "bad-code")]
    found = api.get("Location/renipress-00000701").get_json(force=True)
    assert found["position"] == {"latitude": -12.05, "longitude": -77.04}
    assert "position" not in api.get("Location/renipress-00000702").get_json(force=True)


def test_a_row_that_no_resource_can_hold_is_skipped(node: Node) -> None:
    data = b"codigo,nombre\n801,\x07\n\n802,Bien\n"
    report = facilities.load(node.services, OPERATOR, data, read_mapping("renipress"))
    assert report.facilities == 1
    assert [row for row, _ in report.skipped] == [2]


def test_a_list_beyond_reason_is_refused(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "LARGEST", 10)
    with pytest.raises(BadInput, match="larger"):
        facilities.load(node.services, OPERATOR, b"codigo,nombre\n", read_mapping("renipress"))
    monkeypatch.undo()
    broken = b"codigo,nombre\n1," + b"x" * 200_000
    with pytest.raises(BadInput, match="Row 2"):
        facilities.load(node.services, OPERATOR, broken, read_mapping("renipress"))
    assert table.decoded(b"\x81")[1] == "latin-1"


def test_what_is_wrong_with_elements_ends_an_export_too(node: Node, api: Api) -> None:
    request = ExportRequest("x", "patient", (), None, (person(api),), "a;b")
    job_id = exporting.start(node.services, OPERATOR, request).id
    assert export_steps.work(node.services, job_id, "w") == "failed"
    assert error_of(node, job_id) == "invalid"


def test_deleted_entries_of_the_directory_are_told(node: Node, api: Api) -> None:
    stored = api.post("Organization", {"resourceType": "Organization", "name": "Posta"}).get_json(force=True)
    with node.services.unit() as unit:
        since = unit.now()
    api.delete(f"Organization/{stored['id']}")
    request = ExportRequest("x", "system", ("Organization",), since)
    job_id = exporting.start(node.services, OPERATOR, request).id
    export_steps.work(node.services, job_id, "w")
    (bundle,) = lines_of(node, job_id, writing.DELETED)
    deleted = [entry["request"]["url"] for entry in json.loads(bundle)["entry"]]
    assert deleted == [f"Organization/{stored['id']}"]


def test_a_job_ended_by_somebody_else_is_not_ended_again(node: Node, api: Api) -> None:
    job_id = asked(node, person(api))
    with node.services.unit() as unit:
        job = unit.jobs.get(job_id)
    assert job is not None
    status.cancel(node.services, OPERATOR, job_id)
    ending.finish(node.services, job, OPERATOR)
    with node.services.unit() as unit:
        found = unit.jobs.get(job_id)
    assert found is not None
    assert found.state == "cancelled"


def test_files_that_are_not_there_are_not_found(
    node: Node, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = asked(node, person(api))
    export_steps.work(node.services, job_id, "w")
    with pytest.raises(NotFound):
        status.blocks_of(node.services, OPERATOR, job_id, "Patient-9.ndjson")
    found = status.status(node.services, OPERATOR, job_id)
    with node.services.unit() as unit:
        unit.jobs.forget(job_id)
        unit.commit()
    monkeypatch.setattr(status, "status", lambda *_: found)
    with pytest.raises(Gone):
        status.blocks_of(node.services, OPERATOR, job_id, "Patient-1.ndjson")


def test_a_file_that_another_run_took_over_is_left_to_it(node: Node, tmp_path: Path) -> None:
    path = tmp_path / "Patient.ndjson"
    path.write_bytes(line(str(uuid.uuid4())))

    def takes_over(_done: int) -> None:
        with node.services.unit() as unit:
            for job_id in [job.id for job in unit.jobs.of(OPERATOR.id, "working")]:
                unit.jobs.finish(job_id, "cancelled", None)
            unit.commit()

    with pytest.raises(Conflict):
        files.run(node.services, OPERATOR, path, takes_over)


def test_a_very_long_line_is_passed_over_piece_by_piece(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHUNK", 1000)
    path = tmp_path / "Patient.ndjson"
    path.write_bytes(b"x" * (node.settings.message_limit + 5000) + b"\n" + line(str(uuid.uuid4())))
    assert files.run(node.services, OPERATOR, path, lambda _: None).tally == batches.Tally(1, 0, 0, 1)


def test_a_deleted_resource_comes_back_with_an_import(node: Node, api: Api, tmp_path: Path) -> None:
    one = str(uuid.uuid4())
    path = tmp_path / "Patient.ndjson"
    path.write_bytes(line(one))
    files.run(node.services, OPERATOR, path, lambda _: None)
    assert api.delete(f"Patient/{one}").status_code == 204
    after = files.run(node.services, OPERATOR, path, lambda _: None, again=True)
    assert after.tally == batches.Tally(updated=1)
    assert api.get(f"Patient/{one}").headers["ETag"] == 'W/"3"'


def test_an_import_waits_while_the_node_is_not_ready(allowed: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = import_of(allowed)

    def not_now(*_arguments: object) -> None:
        raise NotReady("Later.")

    monkeypatch.setattr(batches.storing, "store", not_now)
    with pytest.raises(NotReady):
        import_steps.work(allowed.services, job_id, "w", Scripted(line("x")))
    assert error_of(allowed, job_id) == ""
    status.cancel(allowed.services, HOSPITAL, job_id)


def test_a_heading_that_is_not_csv_is_refused(node: Node) -> None:
    with pytest.raises(BadInput, match="not a CSV file"):
        facilities.load(node.services, OPERATOR, b"x" * 200_000, read_mapping("renipress"))


def test_the_key_of_a_job_is_destroyed_only_when_there_is_one(node: Node, api: Api, tmp_path: Path) -> None:
    ending.remove(node.services)
    good, bad = tmp_path / "good.ndjson", tmp_path / "bad.ndjson"
    good.write_bytes(line(str(uuid.uuid4())))
    bad.write_bytes(b"{")
    over_at_once = replace(node.services, settings=replace(node.settings, bulk_hours=-1))
    done = [files.run(over_at_once, OPERATOR, path, lambda _: None).job_id for path in (good, bad)]
    export = asked(node, person(api))
    assert export_steps.work(over_at_once, export, "w") == "done"
    erased: list[str] = []
    vault = node.services.vault

    class Watching:
        def __getattr__(self, name: str) -> object:
            return erased.append if name == "erase" else getattr(vault, name)

    services = replace(node.services, vault=Watching())  # type: ignore[arg-type]
    while ending.remove(services):
        pass
    assert {f"job:{done[1]}", f"job:{export}"} <= set(erased)
    assert f"job:{done[0]}" not in erased
