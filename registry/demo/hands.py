"""What an operator does at one node (load, count, verify), in a process of its own beside the other nodes'.

The process is forked before any database is open here, so it costs no second start; functions and answers
travel through a pipe.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Generic, TypeVar

from config import load
from registry.demo.prepare import DemoNode
from registry.services import build

T = TypeVar("T")
START = "fork" if sys.platform == "linux" else "spawn"
END_SECONDS = 2.0


class HandsFailed(RuntimeError):
    """An act at a node failed; the sentence names the node and where its log is."""


class Later(Generic[T]):
    """The answer of an act that is still under way."""

    def __init__(self, hands: "Hands", seconds: float) -> None:
        """Remember who is asked and how long to wait, in seconds."""
        self._hands = hands
        self._seconds = seconds

    def wait(self) -> T:
        """Return the answer, or raise HandsFailed."""
        answer: T = self._hands.take(self._seconds)
        return answer


class Hands:
    """One process that holds the services of one node and runs acts with them, one after the other."""

    def __init__(self, node: DemoNode, log: Path) -> None:
        """Start the process; its output goes to `log`."""
        self.code, self._log = node.code, log
        context: Any = multiprocessing.get_context(START)
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, dict(node.environ), log), daemon=True, name=f"hands-{node.code}"
        )
        self._process.start()
        theirs.close()

    def ask(self, act: Callable[..., T], *args: object, seconds: float = 60.0) -> Later[T]:
        """Begin `act(services, *args)` there; act is a function of a module."""
        self._pipe.send((act, args))
        return Later(self, seconds)

    def take(self, seconds: float) -> Any:
        """Return the oldest answer, or raise HandsFailed when there is none within `seconds`."""
        try:
            if not self._pipe.poll(seconds):
                raise HandsFailed(f"an act at {self.code} takes longer than {seconds:.0f} s: see {self._log}")
            well, answer = self._pipe.recv()
        except (EOFError, OSError):
            raise HandsFailed(f"the process of {self.code} ended: see {self._log}") from None
        if not well:
            raise HandsFailed(f"{answer} at {self.code}: see {self._log}")
        return answer

    def close(self) -> None:
        """End the process."""
        with suppress(OSError):
            self._pipe.send(None)
        self._process.join(END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _work(pipe: Connection, environ: dict[str, str], log: Path) -> None:
    """Run what is asked until the other side closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with log.open("ab", buffering=0) as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    services = build(load(environ))
    with suppress(EOFError, OSError):
        while True:
            asked = pipe.recv()
            if asked is None:
                return
            act, args = asked
            try:
                answer = (True, act(services, *args))
            except Exception as error:  # noqa: BLE001  (the asker is told, and the log has the rest)
                traceback.print_exc()
                answer = (False, type(error).__name__)
            pipe.send(answer)
