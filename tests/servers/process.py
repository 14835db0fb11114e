"""Child processes that never outlive the tests: ended by id, and by the kernel if the tests are killed."""

import ctypes
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
READY_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Account:
    """The numeric user and group a child runs as."""

    uid: int
    gid: int


def spawn(
    command: list[str], log: Path, account: Account | None = None, environ: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own (Ctrl-C reaches the tests first) that dies with this process."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd="/tmp",  # an unprivileged child may not stand in a closed folder
            env=None if environ is None else dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  (one system call, loaded before; takes no lock)
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def _die_with_parent() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def end(process: subprocess.Popen[bytes], with_signal: signal.Signals, within_seconds: float = 20) -> None:
    """Send a signal, wait, and kill what does not go."""
    if process.poll() is not None:
        return
    process.send_signal(with_signal)
    try:
        process.wait(within_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], answers: Callable[[], bool], log: Path) -> None:
    """Poll every 20 ms until the child answers; fail with its last words when it ended or is too slow."""
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            end(process, signal.SIGKILL)
            words = log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"a server did not get ready: {words}")
        time.sleep(0.02)


def closed_folder(prefix: str) -> tempfile.TemporaryDirectory[str]:
    """Make a 0700 folder with a path short enough for a Unix socket (under 100 characters)."""
    return tempfile.TemporaryDirectory(prefix=prefix, dir="/tmp", ignore_cleanup_errors=os.geteuid() == 0)
