"""The one place of the registry that speaks to Celery: it wakes workers and never makes anybody wait.

A wake-up is a hint: the row in the database is the truth, and sweeps find what was not woken. So wake-ups
leave through a thread of their own, and while the broker does not answer they are dropped.
"""

import atexit
import os
import queue
import threading
import time

from celery import Celery
from kombu.exceptions import KombuError

from config.logs import Event, kind, log

ROUTES = {
    "exchange.*": {"queue": "exchange"},
    "audit.*": {"queue": "audit"},
    "long.*": {"queue": "long"},
}
TRANSPORT = {
    "socket_timeout": 2,
    "socket_connect_timeout": 1,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
RETRY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2}
MOST_WAITING = 2000
PAUSE_SECONDS = 5.0


class SilentWaker:
    """Wakes nobody, for tests and for a node without a broker; sweeps do all the work."""

    def wake(self, task: str, row_id: str) -> None:
        """Do nothing."""


class CeleryWaker:
    """Sends `task(row_id)` to the broker from a thread; safe to use from many threads and after a fork."""

    def __init__(self, broker_url: str) -> None:
        """Prepare; no connection is made and no thread started before the first wake-up."""
        self._app = Celery("puente-waker", broker=broker_url, set_as_current=False)
        self._app.conf.update(
            task_routes=ROUTES,
            task_serializer="json",
            task_ignore_result=True,
            broker_transport_options=TRANSPORT,
            broker_pool_limit=1,
        )
        self._guard = threading.Lock()
        self._waiting: queue.Queue[tuple[str, str]] = queue.Queue(MOST_WAITING)
        self._owner = 0
        self._closed_until = 0.0

    def wake(self, task: str, row_id: str) -> None:
        """Ask for a task by name with a row's id; return at once and never raise."""
        self._start()
        try:
            self._waiting.put_nowait((task, row_id))
        except queue.Full:
            log(Event.WAKE_LOST, task=task, error="queue-full")

    def flush(self, seconds: float) -> bool:
        """Wait until everything asked for has left or was dropped; False when that took too long."""
        until = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.005)
        return not self._waiting.unfinished_tasks

    def _start(self) -> None:
        """Start the thread once in each process: threads do not survive a fork."""
        if self._owner == os.getpid():
            return
        with self._guard:
            if self._owner == os.getpid():
                return
            self._waiting = queue.Queue(MOST_WAITING)
            threading.Thread(target=self._run, name="waker", daemon=True).start()
            atexit.register(self.flush, 1.0)
            self._owner = os.getpid()

    def _run(self) -> None:
        waiting = self._waiting
        while True:
            task, row_id = waiting.get()
            if time.monotonic() >= self._closed_until:
                self._send(task, row_id)
            waiting.task_done()

    def _send(self, task: str, row_id: str) -> None:
        try:
            self._app.send_task(task, args=[row_id], retry=True, retry_policy=RETRY, ignore_result=True)
        except Exception as error:  # noqa: BLE001  (a hint that cannot be sent must not end the thread)
            self._closed_until = time.monotonic() + PAUSE_SECONDS
            log(Event.WAKE_LOST, task=task, error=kind(error), pause=PAUSE_SECONDS)


def broker_answers(broker_url: str, seconds: float = 2.0) -> bool:
    """Tell whether a broker takes messages now."""
    app = Celery("puente-look", broker=broker_url, set_as_current=False)
    times = {"socket_timeout": seconds, "socket_connect_timeout": seconds}
    app.conf.broker_transport_options = {**TRANSPORT, **times}
    try:
        with app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=seconds)
            return bool(connection.connected)
    except (KombuError, OSError):
        return False
