"""A node to measure: keys, trust in one measuring partner, people, and the real server in front of it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from registry.crypto.tokens.jwk import Key, new_key
from registry.demo.prepare import DemoNode, make_node
from registry.store.engine import make_engine
from tests.bench.closed_loop import Broken
from tests.servers import live
from tests.servers.postgres import PostgresServer
from tests.servers.process import closed_folder, end, spawn


class DurablePostgres(PostgresServer):
    """PostgreSQL as an operator runs it: every commit waits for the disk."""

    settings = ("listen_addresses=", "max_connections=100", "timezone=UTC")

    @property
    def pid(self) -> int:
        """Return the process that all others of the server come from."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])


@dataclass
class Loaded:
    """A node with its people and the client's key; `loading` still runs until `wait` was called."""

    dialect: str
    node: DemoNode
    client: Key
    database: int | None
    loading: subprocess.Popen[bytes]
    result: Path
    log: Path

    def wait(self) -> None:
        """Wait until the people are there."""
        if self.loading.wait():
            raise Broken(f"Loading people failed: {self.log.read_text(errors='replace')[-500:]}")

    def token(self) -> str:
        """Get an access token at the token endpoint."""
        try:
            return live.token(self.node.settings, self.client)
        except httpx.HTTPStatusError as refused:
            raise Broken(f"The token endpoint answered {refused.response.status_code}.") from None


@contextmanager
def loading(dialect: str, people: int, workers: int) -> Iterator[Loaded]:
    """Make a node of a dialect and start to load people into it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(closed_folder("puente-bench-")))
        more = {"PUENTE_WEB_WORKERS": str(workers), "PUENTE_LIMITS": "off", "PUENTE_ENV": "test"}
        database = None
        if dialect == "postgresql":
            place = Path(stack.enter_context(closed_folder("puente-pg-")))
            server = stack.enter_context(DurablePostgres(place))
            more["DATABASE_URL"] = server.url(server.create_database())
            database = server.pid
        node = make_node("pe", folder, live.free_port(), more)
        client = new_key("P-384")
        live.trust(node.settings, client)
        result, log = folder / "people.json", folder / "loading.log"
        command = [sys.executable, "-m", "tests.bench.loading", str(people), str(result)]
        process = spawn(command, log, environ=live.environ(node))
        stack.callback(end, process, signal.SIGTERM)
        yield Loaded(dialect, node, client, database, process, result, log)


def gather(loaded: Loaded, crowd: int) -> None:
    """Fill a node with a crowd, in two processes, and let the database see how much there is."""
    halves = (crowd // 2, crowd - crowd // 2)
    environ = live.environ(loaded.node)
    commands = [[sys.executable, "-m", "tests.bench.crowd", str(half)] for half in halves if half]
    processes = [spawn(command, loaded.log, environ=environ) for command in commands]
    if sum(process.wait() for process in processes):
        raise Broken(f"Loading a crowd failed: {loaded.log.read_text(errors='replace')[-500:]}")
    engine = make_engine(loaded.node.settings.database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    engine.dispose()
