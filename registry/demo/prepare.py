"""Set up the nodes of the demo: settings, keys, databases, two officers each, and the trust between all."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config import Settings, load
from registry.crypto.partners.officers import pin_officers
from registry.crypto.partners.trust import KeyUse, Partner, PartnerKey, PartnerKind, TrustList
from registry.crypto.partners.trust_file import draft_trust, sign_trust
from registry.crypto.sealing.key_files import create_key_folder
from registry.crypto.sealing.keys import load_node_keys
from registry.crypto.tokens.jwk import Key, export_private, new_key, public_of
from registry.demo.files import write_secret
from registry.store.engine import make_engine, make_key_engine
from registry.store.migrate import migrate

FHIR_PARTNER = "fhir-demo"
HOME_SYSTEM = "hospital"
CLIENT_KEY = "partner-key.json"
HOME_KEY = "hospital-key.json"
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class DemoNode:
    """One node of the demo: its environment variables and the settings they give."""

    code: str
    environ: Mapping[str, str]
    settings: Settings

    @property
    def sign_in_url(self) -> str:
        """Return where people open the node: each node has a host name of its own, so cookies stay apart."""
        return self.settings.web_url


def prepare(codes: list[str], ports: list[int], folder: Path, broker: Path) -> list[DemoNode]:
    """Make fresh nodes under `folder`, each trusting the others and one plain FHIR partner."""
    nodes = []
    for number, (code, port) in enumerate(zip(codes, ports, strict=True)):
        environ = {"REDIS_URL": f"redis+socket://{broker}?virtual_host={number}"}
        nodes.append(make_node(code, folder, port, environ))
    client, home = new_key("P-384"), new_key("P-384")
    write_secret(folder / CLIENT_KEY, export_private(client))
    write_secret(folder / HOME_KEY, export_private(home))
    join(nodes, client, home)
    return nodes


def make_node(code: str, folder: Path, port: int, more: Mapping[str, str]) -> DemoNode:
    """Make one node with its own folder, keys and migrated database (SQLite unless `more` names another)."""
    environ = {
        "PUENTE_NODE": code,
        "PUENTE_ENV": "demo",
        "PUENTE_VAR": str(folder / code),
        "PUENTE_PORT": str(port),
        "PUENTE_BASE_URL": f"http://127.0.0.1:{port}",
        "PUENTE_WEB_URL": f"http://{code}.localhost:{port}",
        **more,
    }
    settings = load(environ)
    settings.var_dir.mkdir(mode=0o700, parents=True)
    create_key_folder(settings.key_dir)
    engine, keys = make_engine(settings.database_url), make_key_engine(settings.key_database)
    migrate(engine, keys)
    engine.dispose()
    keys.dispose()
    return DemoNode(code, environ, settings)


def join(nodes: list[DemoNode], client: Key, home: Key | None = None) -> None:
    """Let every node trust every other one, the holder of `client` as a plain FHIR partner, and the holder
    of `home` as a system of its own clinics.
    """
    systems = [_system(FHIR_PARTNER, PartnerKind.FHIR, client, "system/*.c")]
    if home is not None:
        systems.append(_system(HOME_SYSTEM, PartnerKind.EMR, home, "system/*.cruds"))
    for node in nodes:
        trust(node, [other for other in nodes if other is not node], systems)


def clear(folder: Path) -> None:
    """Forget an earlier demo; its people were synthetic."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)


def trust(node: DemoNode, others: list[DemoNode], systems: list[Partner]) -> None:
    """Write the node's trust list with two demo officers' signatures, and pin those officers."""
    officers = [new_key("Ed25519"), new_key("Ed25519")]
    pin_officers(node.settings.officers_file, [public_of(officer) for officer in officers])
    now = datetime.now(UTC).replace(microsecond=0)
    partners = (*(_partner(other, now) for other in others), *systems)
    document = draft_trust(TrustList(1, now, now + YEAR, partners))
    for officer in officers:
        document = sign_trust(document, officer)
    write_secret(node.settings.trust_file, document)


def _system(name: str, kind: PartnerKind, key: Key, scope: str) -> Partner:
    pinned = _pin(KeyUse.TOKEN, key, datetime.now(UTC).replace(microsecond=0))
    return Partner(name, kind, "PE", name, keys=(pinned,), scopes=(scope,))


def _partner(node: DemoNode, now: datetime) -> Partner:
    keys = load_node_keys(node.settings.key_dir)
    pinned = [
        _pin(KeyUse.SIGNING, keys.signing, now),
        *(_pin(KeyUse.ENCRYPTION, key, now) for key in keys.encryption),
        _pin(KeyUse.TOKEN, keys.token, now),
    ]
    settings = node.settings
    return Partner(
        node.code,
        PartnerKind.PUENTE,
        settings.node.country,
        settings.node.name,
        endpoints={
            "exchange": f"{settings.base_url}/exchange/v1/messages",
            "fhir": f"{settings.base_url}/fhir",
        },
        keys=tuple(pinned),
    )


def _pin(use: KeyUse, key: Key, now: datetime) -> PartnerKey:
    return PartnerKey(use, public_of(key), now - timedelta(minutes=5), now + YEAR)
