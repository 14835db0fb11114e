"""A real worker does an export through the queue `long`; one that is killed in the middle leaves no trace."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from registry.domain.bulk.job import Job
from registry.domain.model import Caller
from registry.store.engine import make_engine
from registry.usecases.bulk import writing
from registry.usecases.bulk.exporting import start as exporting
from registry.usecases.bulk.exporting.request import ExportRequest
from registry.usecases.bulk.importing import files as import_files
from registry.waker import CeleryWaker
from tests.integration.workers.running import RunningNode, wait_until

OPERATOR = Caller("operator:test", "system", "pe")
PEOPLE = 1_600
TRIES = 8
SWEEP_SECONDS = 1.0


def test_an_export_survives_the_death_of_its_worker(
    pair: tuple[RunningNode, RunningNode], tmp_path: Path
) -> None:
    node, _ = pair
    ids = [str(uuid.uuid4()) for _ in range(PEOPLE)]
    path = tmp_path / "Patient.ndjson"
    path.write_text("".join(json.dumps({"resourceType": "Patient", "id": each}) + "\n" for each in ids))
    import_files.run(node.services, OPERATOR, path, lambda _: None)
    node.start("worker")
    killed = next((job for _ in range(TRIES) if (job := killed_in_the_middle(node)) is not None), None)
    assert killed is not None, "no worker could be killed between two steps"
    assert Counter(lines(node, killed.id)) - Counter(ids) == Counter(), "nothing twice before"
    run_out(node, killed.id)
    node.start("worker")
    swept(node, lambda: job_of(node, killed.id).state == "done", "the export")
    assert Counter(lines(node, killed.id)) == Counter(ids), "everybody once"
    assert job_of(node, killed.id).step > killed.step


def killed_in_the_middle(node: RunningNode) -> Job | None:
    """Start an export and kill its worker after some steps; None when it was done before that."""
    job_id = exporting.start(node.services, OPERATOR, ExportRequest("x", "patient")).id
    swept(node, lambda: job_of(node, job_id).step >= 4, "the first steps")
    node.kill("worker")
    time.sleep(0.1)
    job = job_of(node, job_id)
    if job.state == "working":
        return job
    node.start("worker")
    return None


def swept(node: RunningNode, happened: Callable[[], bool], what: str) -> None:
    """Wait for something, while sweeping as beat would: a wake-up may be lost with the worker that had it."""
    waker, last = CeleryWaker(node.settings.broker_url), [0.0]

    def look() -> bool:
        if time.monotonic() - last[0] > SWEEP_SECONDS:
            last[0] = time.monotonic()
            waker.wake("long.sweep_jobs", "")
        return happened()

    wait_until(look, what)
    waker.flush(2)


def job_of(node: RunningNode, job_id: str) -> Job:
    with node.services.unit() as unit:
        found = unit.jobs.get(job_id)
    assert found is not None
    assert found.state != "failed", found.error
    return found


def lines(node: RunningNode, job_id: str) -> list[str]:
    with node.services.unit() as unit:
        names = [each.name for each in unit.jobs.files(job_id)]
    found = [line for name in names for line in writing.read_lines(node.services, job_id, name)]
    return [str(json.loads(line)["id"]) for line in found]


def run_out(node: RunningNode, job_id: str) -> None:
    """Do what 20 seconds do."""
    engine = make_engine(node.settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE job SET lease_until = created WHERE id = :id"), {"id": job_id})
    engine.dispose()
