"""Long work by id: exports, imports, changes of keys in steps, until half a minute is over or all is done."""

from registry.domain.model import Caller
from registry.ports import Services
from registry.usecases.bulk import ending
from registry.usecases.bulk.exporting import steps as exporting
from registry.usecases.bulk.importing import steps as importing
from registry.usecases.erasure import erase
from registry.usecases.keys import rotation
from workers.fetcher import HttpFetcher
from workers.work import Bench

EXPORT = "long.export"
IMPORT = "long.import"
ROTATE = "long.rotate"
FINISH = "long.finish_erasures"
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
    bench.add(ROTATE, lambda services, job_id: rotation.work(services, job_id, worker), ending.give_back)
    bench.add(FINISH, lambda services, _: erase.finish(services, _caller(services)))
    bench.add(REMOVE, lambda services, _: ending.remove(services))
    bench.add(SWEEP, lambda services, _: _wake(bench, ending.due(services, MOST_WOKEN)))


def _caller(services: Services) -> Caller:
    return Caller("worker", "worker", services.node.code)


def _wake(bench: Bench, waiting: list[tuple[str, str]]) -> None:
    for task, job_id in waiting:
        bench.wake(task, [job_id])
