"""What all tasks share: the services of this process, and one way to run, to fail and to wake others."""

import time
from collections.abc import Callable, Sequence

from celery import Celery

from config.logs import Event, kind, log, where
from registry.errors import Refusal, Unreadable
from registry.ports import Services

Act = Callable[[Services, str], object]

# A message that no worker took in this time is dropped: the next sweep asks again.
WAKE_EXPIRES_SECONDS = 60


class Bench:
    """Adds tasks to one application and holds the services they use."""

    def __init__(self, app: Celery, build: Callable[[], Services]) -> None:
        """Remember how to build; nothing is opened yet."""
        self._app = app
        self._build = build
        self._services: Services | None = None

    @property
    def services(self) -> Services:
        """Return the services of this process, built at its first task: a fork must not share connections."""
        if self._services is None:
            self._services = self._build()
        return self._services

    def add(self, task: str, act: Act, otherwise: Act | None = None) -> None:
        """Add a task that takes one id; `otherwise` runs for the same id when the act failed unexpectedly."""

        def run(row: str = "") -> None:
            if not self._run(task, row, act) and otherwise is not None:
                self._run(task, row, otherwise)

        self._app.task(run, name=task)

    def wake(self, task: str, rows: Sequence[str]) -> None:
        """Ask for a task for every row."""
        for row in rows:
            self._app.send_task(task, args=[row], expires=WAKE_EXPIRES_SECONDS)
        if rows:
            log(Event.ROWS_WOKEN, task=task, rows=len(rows))

    def _run(self, task: str, row: str, act: Act) -> bool:
        """Run one act; a failure is logged and ends the task, because sweeps find the row again."""
        started = time.monotonic()
        try:
            state = act(self.services, row)
        except Exception as error:  # noqa: BLE001  (a task ends in a named state, whatever happens in it)
            if isinstance(error, Refusal) and not isinstance(error, Unreadable):
                log(Event.TASK_REFUSED, task=task, row=row, error=error.code, status=error.status)
                return True
            log(Event.TASK_FAILED, task=task, row=row, error=kind(error), where=where(error))
            return False
        if row and state is not None:
            took = round((time.monotonic() - started) * 1000, 1)
            log(Event.TASK_DONE, task=task, row=row, state=str(state), ms=took)
        return True
