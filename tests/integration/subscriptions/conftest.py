"""A node with two partners that subscribe, one abroad and one at home, and the real hook of both."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fhir.subscription import backport, topics
from registry import create_app
from registry.crypto.partners.trust import KeyUse, Partner, PartnerKey, PartnerKind
from registry.crypto.tokens.assertion import make_assertion
from registry.crypto.tokens.jwk import Key, new_key, public_of
from registry.demo.prepare import make_node, trust
from registry.domain.model import OutboxState, Transfer
from registry.ports import Services
from registry.usecases.care.people import register
from registry.usecases.exchange import close_transfer
from registry.usecases.exchange.sending import ask_partner
from registry.usecases.subscriptions import sweep
from tests.integration.subscriptions.hook import Hook, listening
from tests.servers.postgres import PostgresServer
from tests.walks.fixtures import DIALECTS, migrated_template
from tests.walks.nodes import MovedClock, WalkNode, consent, somebody, walk_node
from workers import outbox
from workers.partner_client import HttpPartnerClient

__all__ = ["migrated_template"]
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRET = "Bearer of-the-partner-alone"


def system(name: str, kind: PartnerKind, key: Key, hook: Hook, scopes: tuple[str, ...]) -> Partner:
    """Return a partner whose addresses are the hook's."""
    now = datetime.now(UTC).replace(microsecond=0)
    pinned = PartnerKey(KeyUse.TOKEN, public_of(key), now - timedelta(minutes=5), now + timedelta(days=30))
    endpoints = {"fhir": f"{hook.address}/{name}"}
    return Partner(name, kind, "CO", name, endpoints=endpoints, keys=(pinned,), scopes=scopes)


@dataclass
class Node:
    """The node under test, its partners' keys and their hook."""

    walk: WalkNode
    http: FlaskClient
    keys: Mapping[str, Key]
    hook: Hook

    @property
    def services(self) -> Services:
        """Return the services of a worker of this node."""
        return self.walk.services

    def pin(self, scopes: tuple[str, ...] = ("system/*.cruds",), hook: Hook | None = None) -> None:
        """Write the trust list anew."""
        kinds = {"co": PartnerKind.PUENTE, "hospital": PartnerKind.EMR, "fhir-demo": PartnerKind.FHIR}
        systems = [
            system(name, kinds[name], key, hook or self.hook, scopes) for name, key in self.keys.items()
        ]
        for file in (self.walk.demo.settings.officers_file, self.walk.demo.settings.trust_file):
            file.unlink(missing_ok=True)
        trust(self.walk.demo, [], systems)

    def bearer(self, client: str, scope: str = "system/*.cruds") -> dict[str, str]:
        """Get a token and return the headers of a request with it."""
        audience = self.services.settings.audience
        form = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": ASSERTION,
            "client_assertion": make_assertion(client, audience, self.keys[client], datetime.now(UTC)),
        }
        answer = self.http.post("/oauth/token", data=form)
        assert answer.status_code == 200, answer.text
        token = answer.get_json()["access_token"]
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}

    def person(self, agreed: bool = True) -> str:
        """Register somebody, with a consent for `co` or without."""
        found = register.register(self.services, self.walk.caller(), somebody()).person_id
        if agreed:
            consent(self.walk, found, "co")
        return found

    def ask(self, person_id: str) -> Transfer:
        """Let a transfer begin: state proposed."""
        return ask_partner.ask(self.services, self.walk.caller(), person_id, "co")

    def move(self, transfer: Transfer, state: Any) -> Transfer:
        """Move a transfer."""
        with self.services.unit() as unit:
            assert close_transfer.move(self.services, unit, self.walk.caller(), transfer, state)
            unit.commit()
        return replace(transfer, state=state)

    def waiting(self) -> list[str]:
        """Return the notifications that wait, due or not, oldest first."""
        rows = self.walk.run(
            "SELECT id FROM outbox WHERE kind = 'notification' AND state IN ('pending', 'leased') "
            "ORDER BY created, id"
        )
        return [row[0] for row in rows]

    def deliver(self) -> list[OutboxState | None]:
        """Try every notification that waits once, whatever its wait, as a worker does."""
        self.let_be_due()
        return [outbox.attempt(self.services, item, outbox.lease_name()) for item in self.waiting()]

    def let_be_due(self) -> None:
        """Do what hours do: waits and leases are over, and no hook rests."""
        self.walk.run("UPDATE outbox SET next_attempt = 1, lease_until = 1 WHERE kind = 'notification'")
        self.walk.run("UPDATE heartbeat SET at = 1 WHERE name >= 'failed:' AND name < 'failed;'")

    def sweep(self) -> None:
        """Do what beat asks for."""
        sweep.run(self.services)


@dataclass
class Api:
    """One partner with its token."""

    node: Node
    client: str
    headers: dict[str, str]

    @property
    def endpoint(self) -> str:
        """Return an address under those of the partner."""
        return f"{self.node.hook.address}/{self.client}/hooks/1"

    def terms(self, topic: topics.Topic = topics.TRANSFER, content: str = "id-only", **channel: Any) -> Any:
        """Return a Subscription as the guide writes it."""
        return {
            "resourceType": "Subscription",
            "meta": {"profile": [backport.PROFILE]},
            "status": "requested",
            "reason": "Know when a person moves",
            "criteria": topic.url,
            "channel": {
                "type": "rest-hook",
                "endpoint": self.endpoint,
                "payload": "application/fhir+json",
                "_payload": {"extension": [{"url": backport.CONTENT, "valueCode": content}]},
                "header": [f"Authorization: {SECRET}"],
                **channel,
            },
        }

    def post(self, body: Any, path: str = "Subscription") -> TestResponse:
        """Send a resource."""
        return self.node.http.post(f"/fhir/{path}", data=json.dumps(body), headers=self.headers)

    def put(self, body: Any, **headers: str) -> TestResponse:
        """Send the next version of a subscription."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"/fhir/Subscription/{body['id']}"
        return self.node.http.put(path, data=json.dumps(body), headers={**self.headers, **named})

    def get(self, path: str) -> TestResponse:
        """Read something."""
        return self.node.http.get(f"/fhir/{path}", headers=self.headers)

    def read(self, made: Any) -> Any:
        """Read a subscription back."""
        answer = self.get(f"Subscription/{made['id']}")
        assert answer.status_code == 200, answer.text
        return answer.get_json(force=True)

    def make(self, **terms: Any) -> Any:
        """Make a subscription and open it by its handshake."""
        answer = self.post({**self.terms(**terms)})
        assert answer.status_code == 201, answer.text
        made = answer.get_json(force=True)
        assert self.node.deliver() == ["delivered"]
        assert self.read(made)["status"] == "active"
        self.node.hook.knocks.clear()
        return made

    def delete(self, made: Any) -> TestResponse:
        """Delete a subscription."""
        return self.node.http.delete(f"/fhir/Subscription/{made['id']}", headers=self.headers)


@pytest.fixture(scope="session")
def open_hook() -> Iterator[Hook]:
    """Serve the partners' hook."""
    with listening() as hook:
        yield hook


@pytest.fixture(scope="module", params=DIALECTS)
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, open_hook: Hook
) -> Iterator[Node]:
    """Give the module one node on each dialect."""
    with ExitStack() as after:
        environ = {"PUENTE_LIMITS": "off"}
        if request.param == "postgres":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            name = server.create_database(request.getfixturevalue("migrated_template"))
            after.callback(server.drop_database, name)
            environ["DATABASE_URL"] = server.url(name)
        demo = make_node("pe", tmp_path_factory.mktemp("node"), 9301, environ)
        client = HttpPartnerClient(lambda _: None)
        walk = walk_node(demo, client, MovedClock())
        after.callback(walk.close)
        after.callback(client.close)
        http = create_app(demo.settings, walk.services).test_client()
        node = Node(
            walk, http, {name: new_key("P-384") for name in ("co", "hospital", "fhir-demo")}, open_hook
        )
        node.pin()
        yield node


@pytest.fixture
def node(shared: Node) -> Iterator[Node]:
    """Give the node with nothing subscribed and nothing in the hook."""
    shared.hook.knocks.clear()
    shared.hook.answers.clear()
    yield shared
    for table in ("subscription", "subscription_event"):
        shared.walk.run(f"DELETE FROM {table}")
    shared.walk.run("DELETE FROM outbox WHERE kind = 'notification'")


@pytest.fixture(scope="module")
def tokens(shared: Node) -> dict[str, dict[str, str]]:
    """Give each partner's token, got once."""
    return {name: shared.bearer(name) for name in ("co", "hospital")}


@pytest.fixture
def co(node: Node, tokens: dict[str, dict[str, str]]) -> Api:
    """Give the partner abroad, who sees people that agreed."""
    return Api(node, "co", tokens["co"])


@pytest.fixture
def hospital(node: Node, tokens: dict[str, dict[str, str]]) -> Api:
    """Give the system of the own clinics, who sees everybody."""
    return Api(node, "hospital", tokens["hospital"])
