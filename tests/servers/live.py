"""A live node on loopback, as an operator starts it, and one system of its own clinics that may do all."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from config import Settings
from registry.crypto.partners.officers import pin_officers
from registry.crypto.partners.trust import KeyUse, Partner, PartnerKey, PartnerKind, TrustList
from registry.crypto.partners.trust_file import draft_trust, sign_trust
from registry.crypto.tokens.assertion import make_assertion
from registry.crypto.tokens.jwk import Key, new_key, public_of
from registry.demo.files import write_secret
from registry.demo.prepare import DemoNode, make_node
from registry.usecases.access.system_token import ASSERTION
from tests.servers.process import end, spawn, wait_until_ready

ROOT = Path(__file__).resolve().parents[2]
PARTNER = "hospital"
SCOPES = ("system/*.cruds",)
LIFE = timedelta(days=1)
# Nobody answers there: what is sent to the partner waits.
ADDRESSES = {"fhir": "http://127.0.0.1:9/fhir"}


def token(settings: Settings, client: Key) -> str:
    """Get an access token at the token endpoint, as a system does (private_key_jwt)."""
    form = {
        "grant_type": "client_credentials",
        "scope": " ".join(SCOPES),
        "client_assertion_type": ASSERTION,
        "client_assertion": make_assertion(PARTNER, settings.audience, client, datetime.now(UTC)),
    }
    answer = httpx.post(settings.audience, data=form, trust_env=False, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


@contextmanager
def serving(node: DemoNode) -> Iterator[int]:
    """Start the server as an operator does, and give its process id."""
    log = node.settings.var_dir / "serve.log"
    process = spawn([sys.executable, "-m", "registry", "serve"], log, environ=environ(node))
    try:
        wait_until_ready(process, lambda: _answers(node.settings.base_url), log)
        yield process.pid
    finally:
        end(process, signal.SIGTERM)


def trust(settings: Settings, client: Key) -> None:
    """Trust one partner node whose key `client` is."""
    officers = [new_key("Ed25519"), new_key("Ed25519")]
    pin_officers(settings.officers_file, [public_of(officer) for officer in officers])
    now = datetime.now(UTC).replace(microsecond=0)
    pinned = PartnerKey(KeyUse.TOKEN, public_of(client), now - timedelta(minutes=5), now + LIFE)
    partner = Partner(PARTNER, PartnerKind.EMR, "PE", "Measuring", ADDRESSES, (pinned,), SCOPES)
    document = draft_trust(TrustList(1, now, now + LIFE, (partner,)))
    for officer in officers:
        document = sign_trust(document, officer)
    write_secret(settings.trust_file, document)


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environ(node: DemoNode) -> dict[str, str]:
    """Return the environment of a process of this node."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), **node.environ}


def _answers(base_url: str) -> bool:
    try:
        return httpx.get(f"{base_url}/healthz", trust_env=False, timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


@dataclass(frozen=True)
class Live:
    """Where the node answers, and the key of its client."""

    node: DemoNode
    key: Key

    @property
    def base(self) -> str:
        """Return the FHIR base address."""
        return f"{self.node.settings.base_url}/fhir"

    def token(self) -> str:
        """Get a new access token."""
        return token(self.node.settings, self.key)


@pytest.fixture(scope="session")
def live_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Start a node with the real server on SQLite."""
    folder = tmp_path_factory.mktemp("live")
    more = {"PUENTE_WEB_WORKERS": "1", "PUENTE_LIMITS": "off", "PUENTE_ENV": "test"}
    made = make_node("pe", folder, free_port(), more)
    key = new_key("P-384")
    trust(made.settings, key)
    with serving(made):
        yield Live(made, key)


@pytest.fixture(scope="session")
def live_token(live_node: Live) -> str:
    """Give an access token for the whole run."""
    return live_node.token()
