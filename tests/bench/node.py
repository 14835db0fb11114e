"""A node to measure: keys, trust in one measuring partner, people, and the real server in front of it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from config import Settings
from registry.crypto.partners.officers import pin_officers
from registry.crypto.partners.trust import KeyUse, Partner, PartnerKey, PartnerKind, TrustList
from registry.crypto.partners.trust_file import draft_trust, sign_trust
from registry.crypto.tokens.assertion import make_assertion
from registry.crypto.tokens.jwk import Key, new_key, public_of
from registry.demo.files import write_secret
from registry.demo.prepare import DemoNode, make_node
from registry.usecases.access.system_token import ASSERTION
from tests.bench.closed_loop import Broken
from tests.servers.postgres import PostgresServer
from tests.servers.process import closed_folder, end, spawn, wait_until_ready

ROOT = Path(__file__).resolve().parents[2]
PARTNER = "hospital"
SCOPES = ("system/*.cruds",)
LIFE = timedelta(days=1)


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
        """Get an access token at the token endpoint, as a partner does (private_key_jwt)."""
        settings = self.node.settings
        form = {
            "grant_type": "client_credentials",
            "scope": " ".join(SCOPES),
            "client_assertion_type": ASSERTION,
            "client_assertion": make_assertion(PARTNER, settings.audience, self.client, datetime.now(UTC)),
        }
        answer = httpx.post(settings.audience, data=form, trust_env=False, timeout=30)
        if answer.status_code != httpx.codes.OK:
            raise Broken(f"The token endpoint answered {answer.status_code}.")
        return str(answer.json()["access_token"])


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
        node = make_node("pe", folder, free_port(), more)
        client = new_key("P-384")
        trust(node.settings, client)
        result, log = folder / "people.json", folder / "loading.log"
        command = [sys.executable, "-m", "tests.bench.loading", str(people), str(result)]
        process = spawn(command, log, environ=_environ(node))
        stack.callback(end, process, signal.SIGTERM)
        yield Loaded(dialect, node, client, database, process, result, log)


@contextmanager
def serving(loaded: Loaded) -> Iterator[int]:
    """Start the server as an operator does, and give its process id."""
    log = loaded.node.settings.var_dir / "serve.log"
    process = spawn([sys.executable, "-m", "registry", "serve"], log, environ=_environ(loaded.node))
    try:
        wait_until_ready(process, lambda: _answers(loaded.node.settings.base_url), log)
        yield process.pid
    finally:
        end(process, signal.SIGTERM)


def trust(settings: Settings, client: Key) -> None:
    """Trust one partner node whose key `client` is."""
    officers = [new_key("Ed25519"), new_key("Ed25519")]
    pin_officers(settings.officers_file, [public_of(officer) for officer in officers])
    now = datetime.now(UTC).replace(microsecond=0)
    pinned = PartnerKey(KeyUse.TOKEN, public_of(client), now - timedelta(minutes=5), now + LIFE)
    partner = Partner(PARTNER, PartnerKind.EMR, "PE", "Measuring", keys=(pinned,), scopes=SCOPES)
    document = draft_trust(TrustList(1, now, now + LIFE, (partner,)))
    for officer in officers:
        document = sign_trust(document, officer)
    write_secret(settings.trust_file, document)


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(base_url: str) -> bool:
    try:
        return httpx.get(f"{base_url}/healthz", trust_env=False, timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _environ(node: DemoNode) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), **node.environ}
