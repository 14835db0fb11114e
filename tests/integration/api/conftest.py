"""A whole node over its real store and real keys, and two partners that sign in with their own."""

import gc
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from config import Settings, load
from registry import create_app
from registry.crypto.partners.officers import pin_officers
from registry.crypto.partners.trust import KeyUse, Partner, PartnerKey, PartnerKind, TrustList
from registry.crypto.partners.trust_file import draft_trust, sign_trust
from registry.crypto.sealing.key_files import create_key_folder
from registry.crypto.sealing.keys import NodeKeys, load_node_keys
from registry.crypto.tokens.assertion import make_assertion
from registry.crypto.tokens.jwk import Key, new_key, public_of
from registry.ports import Services
from registry.services import build
from registry.store.engine import make_engine, make_key_engine
from registry.store.migrate import migrate

PATIENT = {
    "resourceType": "Patient",
    "name": [{"family": "Quispe", "given": ["Rosa"]}],
    "birthDate": "1990-05-17",
    "gender": "female",
}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Node:
    """A node under test: its services and a client; the keys of its partners."""

    settings: Settings
    services: Services
    http: FlaskClient
    co: NodeKeys
    co_token: Key
    fhir: Key
    hospital: Key

    def form(self, client_id: str, scope: str, key: Key | None = None, **changes: str) -> dict[str, str]:
        """Return the form of a token request, signed now."""
        known = {"fhir-demo": self.fhir, "hospital": self.hospital}
        chosen = key or known.get(client_id, self.co_token)
        assertion = make_assertion(client_id, self.settings.audience, chosen, datetime.now(UTC))
        return {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            **changes,
        }

    def bearer(self, client_id: str = "hospital", scope: str = "system/*.cruds") -> dict[str, str]:
        """Get a token at the token endpoint and return the header that carries it."""
        answer = self.http.post("/oauth/token", data=self.form(client_id, scope))
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json['access_token']}"}  # type: ignore[index]


@dataclass(frozen=True)
class Api:
    """A partner with its token; every header of a call can be changed, with _ for -."""

    http: FlaskClient
    token: dict[str, str]

    def get(self, path: str, **headers: str) -> TestResponse:
        """Read something under the FHIR base."""
        return self.http.get(f"/fhir/{path}", headers=self._headers(headers))

    def delete(self, path: str, **headers: str) -> TestResponse:
        """Delete something."""
        return self.http.delete(f"/fhir/{path}", headers={**self.token, **self._headers(headers)})

    def patch(self, path: str, body: object, **headers: str) -> TestResponse:
        """Change a resource by instructions."""
        return self.http.patch(f"/fhir/{path}", data=as_bytes(body), headers=self._headers(headers))

    def post(self, path: str, body: object, **headers: str) -> TestResponse:
        """Send a resource, or bytes as they are."""
        return self.http.post(f"/fhir/{path}", data=as_bytes(body), headers=self._headers(headers))

    def put(self, path: str, body: object, **headers: str) -> TestResponse:
        """Send the next version of a resource."""
        return self.http.put(f"/fhir/{path}", data=as_bytes(body), headers=self._headers(headers))

    def _headers(self, changes: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        return {"Content-Type": "application/fhir+json", **self.token, **named}


def as_bytes(body: object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def pin(use: KeyUse, key: Key) -> PartnerKey:
    now = datetime.now(UTC).replace(microsecond=0)
    return PartnerKey(use, public_of(key), now - timedelta(minutes=5), now + timedelta(days=30))


def write_trust(settings: Settings, partners: tuple[Partner, ...]) -> None:
    officers = [new_key("Ed25519"), new_key("Ed25519")]
    pin_officers(settings.officers_file, [public_of(officer) for officer in officers])
    now = datetime.now(UTC).replace(microsecond=0)
    document = draft_trust(TrustList(1, now, now + timedelta(days=30), partners))
    for officer in officers:
        document = sign_trust(document, officer)
    settings.trust_file.write_bytes(document)


@pytest.fixture(scope="module")
def node(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Give a migrated node `pe` on each dialect, with partner `co` and the plain FHIR partner."""
    folder: Path = tmp_path_factory.mktemp("node")
    settings = load(
        {
            "PUENTE_NODE": "pe",
            "PUENTE_ENV": "test",
            "PUENTE_VAR": str(folder / "pe"),
            "DATABASE_URL": database_url,
            "PUENTE_LIMITS": "off",
        }
    )
    settings.var_dir.mkdir(mode=0o700)
    create_key_folder(settings.key_dir)
    create_key_folder(folder / "co-keys")
    co, co_token, fhir = load_node_keys(folder / "co-keys"), new_key("P-256"), new_key("P-384")
    hospital = new_key("P-384")
    keys = (pin(KeyUse.SIGNING, co.signing), pin(KeyUse.ENCRYPTION, co.encryption[0]))
    everything = ("system/*.cruds",)
    write_trust(
        settings,
        (
            Partner(
                "co",
                PartnerKind.PUENTE,
                "CO",
                "Puente Colombia",
                keys=(*keys, pin(KeyUse.TOKEN, co_token)),
                scopes=everything,
            ),
            Partner(
                "hospital",
                PartnerKind.EMR,
                "PE",
                "Hospital",
                keys=(pin(KeyUse.TOKEN, hospital),),
                scopes=everything,
            ),
            Partner(
                "fhir-demo",
                PartnerKind.FHIR,
                "PE",
                "Puerta",
                keys=(pin(KeyUse.TOKEN, fhir),),
                scopes=everything,
            ),
        ),
    )
    engine, key_engine = make_engine(settings.database_url), make_key_engine(settings.key_database)
    migrate(engine, key_engine)
    engine.dispose()
    key_engine.dispose()
    services = build(settings)
    yield Node(settings, services, create_app(settings, services).test_client(), co, co_token, fhir, hospital)
    for each in gc.get_objects():
        if isinstance(each, Engine):
            each.dispose()


@pytest.fixture(scope="module")
def api(node: Node) -> Api:
    """Give the partner that may do everything."""
    return Api(node.http, node.bearer())


@pytest.fixture(scope="module")
def http(node: Node) -> FlaskClient:
    """Give a client without a token."""
    return node.http


@pytest.fixture
def stored(api: Api) -> dict[str, Any]:
    """Give a Patient that has just been stored."""
    answer = api.post("Patient", PATIENT)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json(force=True)
    return found
