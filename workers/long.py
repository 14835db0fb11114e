"""Long work by id: exports and imports in steps, until half a minute is over or all is done."""

from registry.usecases.bulk import ending
from registry.usecases.bulk.exporting import steps as exporting
from registry.usecases.bulk.importing import steps as importing
from workers.fetcher import HttpFetcher
from workers.work import Bench

EXPORT = "long.export"
IMPORT = "long.import"
SWEEP = "long.sweep_jobs"
REMOVE = "long.remove_files"
MOST_WOKEN = 50


def register(bench: Bench, worker: str) -> None:
    """Add the tasks of long work; `worker` names this process in leases."""
    bench.add(EXPORT, lambda services, job_id: exporting.work(services, job_id, worker), ending.give_back)
    bench.add(
        IMPORT,
        lambda services, job_id: importing.work(services, job_id, worker, HttpFetcher()),
        ending.give_back,
    )
    bench.add(REMOVE, lambda services, _: ending.remove(services))
    bench.add(SWEEP, lambda services, _: _wake(bench, ending.due(services, MOST_WOKEN)))


def _wake(bench: Bench, waiting: list[tuple[str, str]]) -> None:
    for task, job_id in waiting:
        bench.wake(task, [job_id])
