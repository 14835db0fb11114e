"""Who is trusted is asked at every request; who does not prove it leaves a few rows and no more."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from flask.testing import FlaskClient

from registry import create_app
from registry.crypto.partners.trust import KeyUse, Partner, PartnerKind
from registry.crypto.tokens.jwk import new_key
from registry.domain.access.cap import MOST, OVERALL
from registry.errors import Unreadable
from registry.usecases.access import system_token
from registry.usecases.access.peer import Peer
from tests.integration.api.conftest import Node, pin, write_trust

PROXY, HEADER = "10.9.8.7", "X-Client-Cert"
EVERYTHING = ("system/*.cruds",)


def hospital(node: Node, *pins: str) -> Partner:
    keys = (pin(KeyUse.TOKEN, node.hospital),)
    return Partner("hospital", PartnerKind.EMR, "PE", "Hospital", keys=keys, scopes=EVERYTHING, mtls=pins)


@pytest.fixture
def trusted(node: Node) -> Iterator[None]:
    """Put the first trust list back when a test has changed it."""
    before = (node.settings.trust_file.read_bytes(), node.settings.officers_file.read_bytes())
    yield
    node.settings.trust_file.write_bytes(before[0])
    node.settings.officers_file.write_bytes(before[1])


def trust(node: Node, *partners: Partner) -> None:
    """Sign another trust list for the node, as its officers would after a change."""
    node.settings.officers_file.unlink()
    write_trust(node.settings, partners)


def rows(node: Node, action: str) -> list[dict[str, str]]:
    with node.services.unit() as unit:
        return [row for row in unit.audit.recent(2000) if row["action"] == action]


def test_a_token_of_a_partner_that_left_the_trust_list_opens_nothing_at_once(
    node: Node, trusted: None
) -> None:
    token = node.bearer()
    assert node.http.get("/fhir/Patient?identifier=a|b", headers=token).status_code == 200
    trust(node)
    assert node.http.get("/fhir/Patient?identifier=a|b", headers=token).status_code == 401
    trust(node, hospital(node))
    assert node.http.get("/fhir/Patient?identifier=a|b", headers=token).status_code == 200


def test_a_token_of_a_partner_whose_policy_is_gone_opens_nothing(node: Node) -> None:
    token = node.bearer()
    partners = tuple(each for each in node.services.node.partners if each.id != "hospital")
    settings = replace(node.settings, node=replace(node.services.node, partners=partners))
    http = create_app(settings, replace(node.services, settings=settings)).test_client()
    assert http.get("/fhir/Patient?identifier=a|b", headers=token).status_code == 401


KEY = ec.generate_private_key(ec.SECP256R1())
PIN = hashlib.sha256(
    KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).hexdigest()


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hospital")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=9))
    return base64.b64encode(made.sign(KEY, SHA256()).public_bytes(Encoding.DER)).decode()


def behind_proxy(node: Node) -> tuple[Node, FlaskClient]:
    """Return the node as it is under a public address with a TLS proxy in front."""
    settings = replace(
        node.settings, environment="production", base_url="https://pe.example", trusted_proxy=PROXY
    )
    services = replace(node.services, settings=settings)
    http = create_app(settings, services).test_client()
    return replace(node, settings=settings, services=services, http=http), http


def via(address: str, shown: str = "") -> dict[str, object]:
    return {"environ_overrides": {"REMOTE_ADDR": address}, "headers": {HEADER: shown} if shown else {}}


def test_a_token_request_counts_only_over_a_pinned_key(node: Node, trusted: None) -> None:
    trust(node, hospital(node, PIN))
    public, http = behind_proxy(node)

    def ask(address: str, shown: str) -> int:
        form = public.form("hospital", "system/*.cruds")
        return http.post("/oauth/token", data=form, **via(address, shown)).status_code  # type: ignore[arg-type]

    assert ask(PROXY, certificate()) == 200
    assert ask(PROXY, PIN) == 200
    assert ask(PROXY, "") == 401
    assert ask(PROXY, "0" * 64) == 401
    assert ask("10.1.1.1", certificate()) == 401


def test_a_token_is_bound_to_the_pinned_key_in_a_batch_too(node: Node, trusted: None) -> None:
    trust(node, hospital(node, PIN))
    public, http = behind_proxy(node)
    form = public.form("hospital", "system/*.cruds")
    given = http.post("/oauth/token", data=form, **via(PROXY, certificate())).json  # type: ignore[arg-type]
    bearer = {"Authorization": f"Bearer {given['access_token']}"}  # type: ignore[index]

    def search(address: str, shown: str) -> int:
        call = via(address, shown)
        call["headers"] = {**bearer, HEADER: shown}
        return http.get("/fhir/Patient?identifier=a|b", **call).status_code  # type: ignore[arg-type]

    assert search(PROXY, certificate()) == 200
    assert search(PROXY, "") == 401
    assert search("10.1.1.1", certificate()) == 401
    entry = {"request": {"method": "GET", "url": "Patient?identifier=a|b"}}
    batch = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
    call = via(PROXY, certificate())
    call["headers"] = {**bearer, HEADER: certificate(), "Content-Type": "application/fhir+json"}
    answer = http.post("/fhir", data=json.dumps(batch), **call)  # type: ignore[arg-type]
    assert answer.json["entry"][0]["response"]["status"].startswith("200")  # type: ignore[index]


def test_on_loopback_and_without_pins_nobody_is_bound(node: Node, trusted: None) -> None:
    trust(node, hospital(node, PIN))
    assert node.http.post("/oauth/token", data=node.form("hospital", "system/*.cruds")).status_code == 200
    trust(node, hospital(node))
    public, http = behind_proxy(node)
    form = public.form("hospital", "system/*.cruds")
    assert http.post("/oauth/token", data=form, **via("10.1.1.1")).status_code == 200  # type: ignore[arg-type]


def test_a_refused_assertion_leaves_a_row_that_names_a_known_partner_only(node: Node) -> None:
    before = len(rows(node, "token"))
    for client in ("hospital", "somebody-unknown"):
        form = node.form(client, "system/*.cruds", key=new_key("P-384"))
        with pytest.raises(system_token.TokenRefused):
            system_token.issue(node.services, form)
    left = rows(node, "token")[: len(rows(node, "token")) - before]
    assert [(row["outcome"], row["actor"]) for row in left] == [("refused", "unknown")] * 2
    assert "somebody-unknown" not in str(left)


def test_a_flood_of_refused_assertions_and_messages_leaves_few_rows(node: Node) -> None:
    def count() -> int:
        return len(rows(node, "token")) + len(rows(node, "receive"))

    http = create_app(node.settings, node.services).test_client()
    before = count()
    form = node.form("hospital", "system/*.cruds", key=new_key("P-384"))
    for number in range(MOST * 3):
        assert http.post("/oauth/token", data=form).status_code == 401
        body = b"a.b.c.d.e" if number % 2 else b""
        code = http.post("/exchange/v1/messages", data=body, content_type="application/jose").status_code
        assert code in (400, 401)
    assert before < count() <= before + 2 * MOST
    for number in range(OVERALL):
        call = via(f"10.2.{number}.1")
        http.post("/exchange/v1/messages", data=b"x", content_type="application/jose", **call)  # type: ignore[arg-type]
    assert count() <= before + OVERALL


def test_a_body_that_is_refused_unread_leaves_a_row(node: Node) -> None:
    before = len(rows(node, "receive"))
    http = create_app(node.settings, node.services).test_client()
    for body, kind in (
        (b"", "application/jose"),
        (b"x", "text/plain"),
        (b"x" * 5_000_001, "application/jose"),
    ):
        assert http.post("/exchange/v1/messages", data=body, content_type=kind).status_code in (400, 413, 415)
    assert len(rows(node, "receive")) == before + 3


def test_a_peer_without_anything_is_nobody_special(node: Node) -> None:
    assert (Peer().address, Peer().certificate) == ("", "")


def test_sealed_data_that_does_not_open_leaves_a_row(node: Node) -> None:
    sealed = node.services.vault.seal("node", ("outbox", "one", "body", 1), b"x")

    def open_elsewhere() -> None:
        with node.services.unit() as unit:
            unit.now()
            node.services.vault.open("node", ("outbox", "two", "body", 1), sealed)

    with pytest.raises(Unreadable):
        open_elsewhere()
    newest = rows(node, "open")[0]
    assert (newest["outcome"], newest["object_ref"]) == ("failed", "outbox/two")
