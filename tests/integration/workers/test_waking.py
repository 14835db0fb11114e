"""The waker with a real broker: hints arrive, and a broker that is gone or deaf slows nobody."""

import json
import os
import signal
import time

import pytest

from registry.waker import CeleryWaker, SilentWaker
from tests.servers.valkey import ValkeyProcess

pytestmark = pytest.mark.broker
SLOWEST_SECONDS = 0.2


def queued(valkey: ValkeyProcess, name: str) -> list[tuple[str, list[str]]]:
    with valkey.client() as client:
        messages = [json.loads(text) for text in client.lrange(name, 0, -1)]
    return [(message["headers"]["task"], arguments(message)) for message in messages]


def arguments(message: dict[str, object]) -> list[str]:
    found: list[str] = json.loads(str(message["headers"]["argsrepr"]).replace("'", '"'))  # type: ignore[index]
    return found


def test_a_wake_up_reaches_the_queue_of_its_task(valkey: ValkeyProcess) -> None:
    waker = CeleryWaker(valkey.url())
    waker.wake("exchange.deliver", "row-1")
    waker.wake("audit.chain", "row-2")
    assert waker.flush(5)
    assert queued(valkey, "exchange") == [("exchange.deliver", ["row-1"])]
    assert queued(valkey, "audit") == [("audit.chain", ["row-2"])]


def slowest_wake(waker: CeleryWaker, times: int = 50) -> float:
    slowest = 0.0
    for number in range(times):
        started = time.perf_counter()
        waker.wake("exchange.deliver", f"row-{number}")
        slowest = max(slowest, time.perf_counter() - started)
    return slowest


def test_a_broker_that_is_gone_slows_nobody_and_is_found_again(
    valkey: ValkeyProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.waker.PAUSE_SECONDS", 0.2)
    waker = CeleryWaker(valkey.url())
    waker.wake("exchange.deliver", "before")
    assert waker.flush(5)
    valkey.kill()
    assert slowest_wake(waker) < SLOWEST_SECONDS
    assert waker.flush(10)
    valkey.start()
    time.sleep(0.3)
    waker.wake("exchange.deliver", "after")
    assert waker.flush(5)
    assert ("exchange.deliver", ["after"]) in queued(valkey, "exchange")


def test_a_broker_that_is_deaf_slows_nobody(valkey: ValkeyProcess) -> None:
    waker = CeleryWaker(valkey.url())
    waker.wake("exchange.deliver", "before")
    assert waker.flush(5)
    process = valkey._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        assert slowest_wake(waker) < SLOWEST_SECONDS
    finally:
        os.kill(process.pid, signal.SIGCONT)


def test_more_wake_ups_than_fit_are_dropped_without_an_error() -> None:
    waker = CeleryWaker("redis+socket:///nowhere/vk.sock?virtual_host=0")
    assert slowest_wake(waker, times=5000) < SLOWEST_SECONDS


def test_a_forked_process_wakes_with_a_thread_of_its_own(valkey: ValkeyProcess) -> None:
    waker = CeleryWaker(valkey.url())
    child = os.fork()
    if child == 0:
        waker.wake("exchange.deliver", "child")
        os._exit(0 if waker.flush(5) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert queued(valkey, "exchange") == [("exchange.deliver", ["child"])]


def test_the_silent_waker_wakes_nobody() -> None:
    SilentWaker().wake("exchange.deliver", "row-1")
