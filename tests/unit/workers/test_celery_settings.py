"""Celery runs with the settings that lose nothing, and beat asks only for tasks that exist."""

import fnmatch
from pathlib import Path

import pytest
from celery import Celery

from config import load
from registry.usecases.exchange.sending.deliver import LEASE_SECONDS
from registry.waker import ROUTES
from workers.celery_settings import HARD_LIMIT_SECONDS, QUEUES, SETTINGS
from workers.program import make_app
from workers.schedule import REPEATS, table

WANTED = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_ignore_result": True,
    "worker_prefetch_multiplier": 1,
    "task_time_limit": 60,
    "task_soft_time_limit": 45,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "task_serializer": "json",
    "accept_content": ["json"],
}
TRANSPORT = {
    "visibility_timeout": 600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 5,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Celery:
    """Give the application; nothing is opened before a task runs."""
    folder: Path = tmp_path_factory.mktemp("workers")
    environ = {"PUENTE_NODE": "pe", "PUENTE_ENV": "test", "PUENTE_VAR": str(folder)}
    return make_app(load(environ | {"REDIS_URL": "redis+socket:///nowhere/vk.sock"}))


@pytest.mark.parametrize("name", sorted(WANTED))
def test_the_setting_is_the_one_that_was_measured(app: Celery, name: str) -> None:
    assert app.conf[name] == WANTED[name]


def test_the_broker_options_are_the_ones_that_were_measured(app: Celery) -> None:
    assert app.conf.broker_transport_options == TRANSPORT


def test_no_result_is_kept_anywhere(app: Celery) -> None:
    assert app.conf.result_backend is None


def test_limits_leases_and_visibility_never_overlap() -> None:
    assert HARD_LIMIT_SECONDS < LEASE_SECONDS < TRANSPORT["visibility_timeout"]
    assert SETTINGS["task_time_limit"] == HARD_LIMIT_SECONDS


def test_beat_asks_only_for_tasks_that_exist(app: Celery) -> None:
    assert {repeat.task for repeat in REPEATS} <= set(app.tasks)


def test_every_task_of_ours_has_a_queue_that_a_worker_takes(app: Celery) -> None:
    ours = [name for name in app.tasks if not name.startswith("celery.")]
    assert {"exchange.deliver", "exchange.process", "audit.chain"} <= set(ours)
    for name in ours:
        queues = [route["queue"] for pattern, route in ROUTES.items() if fnmatch.fnmatch(name, pattern)]
        assert len(queues) == 1, name
        assert queues[0] in QUEUES


def test_what_beat_asks_for_does_not_pile_up() -> None:
    for entry in table().values():
        assert entry["options"] == {"expires": entry["schedule"]}


def test_audit_events_are_chained_within_five_seconds() -> None:
    assert next(repeat.seconds for repeat in REPEATS if repeat.task == "audit.chain") < 5


def test_the_heartbeat_is_every_thirty_seconds() -> None:
    assert next(repeat.seconds for repeat in REPEATS if repeat.task == "exchange.heartbeat") == 30
