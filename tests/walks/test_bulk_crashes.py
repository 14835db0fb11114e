"""An export or import whose process dies at any commit goes on with nothing lost and nothing twice."""

import json
import uuid
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from registry.domain.model import Caller
from registry.ports import Services
from registry.usecases.bulk import writing
from registry.usecases.bulk.exporting import start as exporting
from registry.usecases.bulk.exporting import steps as export_steps
from registry.usecases.bulk.exporting.request import ExportRequest
from registry.usecases.bulk.importing import batches
from registry.usecases.bulk.importing import files as import_files
from tests.walks.dying import dies_at_unit, run_and_die
from tests.walks.nodes import Pair, WalkNode

OPERATOR = Caller("operator:test", "system", "pe")


@pytest.fixture
def lima(pair: Pair) -> WalkNode:
    """Give the node of Peru, shared by the module."""
    return pair.pe


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step take two people, a batch two lines."""
    monkeypatch.setattr(export_steps, "PEOPLE_AT_ONCE", 2)
    monkeypatch.setattr(import_files, "LINES_AT_ONCE", 2)


def people(folder: Path, number: int) -> tuple[Path, set[str]]:
    """Write a file of people; return it and their ids."""
    ids = [str(uuid.uuid4()) for _ in range(number)]
    lines = [
        json.dumps({"resourceType": "Patient", "id": each, "name": [{"family": "Soto"}]}) for each in ids
    ]
    path = folder / f"{ids[0]}.ndjson"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path, set(ids)


def import_them(services: Services, path: Path) -> import_files.Imported:
    return import_files.run(services, OPERATOR, path, lambda _: None)


@dataclass
class Counted:
    """Counts the units that a run needs."""

    services: Services
    units: int = 0

    def counting(self) -> Services:
        def unit():  # type: ignore[no-untyped-def]
            self.units += 1
            return self.services.unit()

        return replace(self.services, unit=unit)


def no_lease(node: WalkNode) -> None:
    node.run("UPDATE job SET lease_until = created WHERE lease_until IS NOT NULL")


def exported(services: Services, job_id: str) -> Counter[str]:
    with services.unit() as unit:
        names = [each.name for each in unit.jobs.files(job_id)]
    lines = [line for name in names for line in writing.read_lines(services, job_id, name)]
    return Counter(json.loads(line)["id"] for line in lines)


def test_an_export_that_dies_at_any_commit_has_everybody_once(
    lima: WalkNode, tmp_path: Path, small: None
) -> None:
    path, ids = people(tmp_path, 5)
    import_them(lima.services, path)
    wanted = ExportRequest("x", "patient", ("Patient",), None, tuple(sorted(ids)))
    whole = Counted(lima.services)
    job = exporting.start(lima.services, OPERATOR, wanted)
    assert export_steps.work(whole.counting(), job.id, "w") == "done"
    assert exported(lima.services, job.id) == Counter(ids)
    for number in range(1, whole.units + 1):
        for after_commit in (False, True):
            job = exporting.start(lima.services, OPERATOR, wanted)
            dying = dies_at_unit(lima.services, number, after_commit)
            if not dies(lambda: export_steps.work(dying, job.id, "dying")):  # noqa: B023
                continue  # this unit only reads
            no_lease(lima)
            with lima.services.unit() as unit:
                found = unit.jobs.get(job.id)
            if found is not None and found.state == "working":
                assert export_steps.work(lima.services, job.id, "w") == "done"
            assert exported(lima.services, job.id) == Counter(ids), (number, after_commit)


def test_an_import_that_dies_at_any_commit_stores_every_line_once(
    lima: WalkNode, tmp_path: Path, small: None
) -> None:
    path, _ = people(tmp_path, 5)
    whole = Counted(lima.services)
    assert import_them(whole.counting(), path).tally.created == 5
    died = 0
    for number in range(1, whole.units + 1):
        for after_commit in (False, True):
            path, ids = people(tmp_path, 5)
            dying = dies_at_unit(lima.services, number, after_commit)
            if not dies(lambda: import_them(dying, path)):  # noqa: B023
                continue
            died += 1
            no_lease(lima)
            assert import_them(lima.services, path).tally == batches.Tally(created=5), (number, after_commit)
            for each in ids:
                versions = "SELECT count(*) FROM resource_version WHERE id = ?"
                assert lima.run(versions, each) == [(1,)]
                assert lima.run("SELECT count(*) FROM person WHERE id = ?", each) == [(1,)]
    assert died >= 6


def dies(act: object) -> bool:
    """Run an act in a process of its own; tell whether it died at the commit it was to die at."""
    try:
        run_and_die(act)  # type: ignore[arg-type]
    except AssertionError:
        return False
    return True
