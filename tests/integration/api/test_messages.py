"""The message address against partners and attackers: stored once, or refused with the right code."""

import base64
import hmac
import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.test import TestResponse

from registry.crypto.sealing.keys import NodeKeys, load_node_keys
from registry.crypto.tokens.jose import sign_compact
from registry.crypto.tokens.jwk import Key, new_key, public_of
from registry.crypto.tokens.messages import Kind, Message, pack
from registry.crypto.tokens.receipts import unpack_note
from registry.crypto.tokens.signed import Signer
from registry.crypto.tokens.strict import write_object
from tests.integration.api.conftest import Node

PATH = "/exchange/v1/messages"
JOSE = "application/jose"


@pytest.fixture(scope="module")
def ours(node: Node) -> NodeKeys:
    """Give the keys of the node under test."""
    return load_node_keys(node.settings.key_dir)


def message(bundle: bytes = b'{"resourceType":"Bundle","type":"document"}') -> Message:
    now = datetime.now(UTC).replace(microsecond=0)
    return Message(
        msg_id=str(uuid.uuid4()),
        kind=Kind.SUMMARY,
        seq=1,
        sender="co",
        to="pe",
        patient_ref="alias-1",
        created=now,
        expires=now + timedelta(days=1),
        profile="",
        bundle=bundle,
    )


def send(node: Node, data: bytes, content: str = JOSE) -> TestResponse:
    return node.http.post(PATH, data=data, content_type=content)


def inbox(node: Node) -> int:
    with node.services.unit() as unit:
        return sum(unit.inbox.counts().values())


def refusals(node: Node) -> int:
    with node.services.unit() as unit:
        rows = unit.audit.recent(5000)
    return sum((row["action"], row["outcome"]) == ("receive", "refused") for row in rows)


def test_a_message_is_stored_and_answered_with_a_signed_note(node: Node, ours: NodeKeys) -> None:
    sent = message()
    answer = send(node, pack(sent, node.co.signing, ours.encryption[0]))
    assert (answer.status_code, answer.content_type) == (202, JOSE)
    sender, note = unpack_note(answer.data, lambda kid: Signer("pe", ours.signing))
    assert (sender, note.msg_id, note.digest) == ("pe", sent.msg_id, sent.sha256)


def test_the_same_message_again_gets_the_same_note_and_is_stored_once(node: Node, ours: NodeKeys) -> None:
    sent = message()
    first = send(node, pack(sent, node.co.signing, ours.encryption[0]))
    count = inbox(node)
    again = send(node, pack(sent, node.co.signing, ours.encryption[0]))
    assert (again.status_code, again.data) == (202, first.data)
    assert inbox(node) == count


def test_other_content_under_a_known_id_is_refused(node: Node, ours: NodeKeys) -> None:
    sent = message()
    assert send(node, pack(sent, node.co.signing, ours.encryption[0])).status_code == 202
    other = replace(sent, bundle=b'{"resourceType":"Bundle","type":"batch"}')
    assert send(node, pack(other, node.co.signing, ours.encryption[0])).status_code == 422


def forged(node: Node, ours: NodeKeys, name: str) -> tuple[bytes, int]:
    """Return a message that must be refused, and the code."""
    good = message()
    to_us, stranger = ours.encryption[0], new_key("P-256")
    whole = pack(good, node.co.signing, to_us)
    kinds: dict[str, tuple[bytes, int]] = {
        "truncated": (whole[:-40], 400),
        "cut at a dot": (whole.rpartition(b".")[0], 400),
        "garbage": (b"\x00\xff" * 100, 400),
        "plain json": (b'{"msg_id":"1"}', 400),
        "five dots": (b"....", 400),
        "for somebody else": (pack(good, node.co.signing, new_key("P-256", "enc")), 400),
        "signed by a stranger": (pack(good, stranger, to_us), 401),
        "signed with the token key": (pack(good, node.co_token, to_us), 401),
        "sent as another node": (pack(replace(good, sender="ec"), node.co.signing, to_us), 401),
        "meant for a third node": (pack(replace(good, to="cl"), node.co.signing, to_us), 422),
        "expired": (pack(shifted(good, -timedelta(days=2)), node.co.signing, to_us), 422),
        "from the future": (pack(shifted(good, timedelta(hours=1)), node.co.signing, to_us), 422),
        "alg none": (encrypted(unsigned("none", node.co.signing), to_us), 401),
        "hs256 with the public key": (encrypted(unsigned("HS256", node.co.signing), to_us), 401),
        "duplicate members": (encrypted(doubled(node.co.signing), to_us), 422),
        "deep nesting": (encrypted(nested(node.co.signing), to_us), 422),
    }
    return kinds[name]


def shifted(good: Message, by: timedelta) -> Message:
    return replace(good, created=good.created + by, expires=good.expires + by)


def encrypted(signed: str, key: Key) -> bytes:
    from registry.crypto.tokens.jose import encrypt_compact

    return encrypt_compact(signed.encode(), key).encode()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned(algorithm: str, key: Key) -> str:
    header = b64(json.dumps({"alg": algorithm, "kid": str(key.kid), "typ": "mhr-bundle+jws"}).encode())
    body = b64(write_object({"from": "co", "to": "pe"}))
    secret = public_of(key).as_pem(private=False)
    mark = b64(hmac.digest(secret, f"{header}.{body}".encode(), "sha256")) if algorithm == "HS256" else ""
    return f"{header}.{body}.{mark}"


def doubled(key: Key) -> str:
    return sign_compact(b'{"from":"co","to":"pe","from":"ec"}', key, "mhr-bundle+jws")


def nested(key: Key) -> str:
    return sign_compact(b'{"from":"co","a":' + b"[" * 50_000 + b"]" * 50_000 + b"}", key, "mhr-bundle+jws")


FORGED = [
    *("truncated", "cut at a dot", "garbage", "plain json", "five dots", "for somebody else"),
    *("signed by a stranger", "signed with the token key", "sent as another node", "meant for a third node"),
    *("expired", "from the future", "alg none", "hs256 with the public key", "duplicate members"),
    "deep nesting",
]


@pytest.mark.parametrize("name", FORGED)
def test_what_does_not_authenticate_is_refused_audited_and_not_stored(
    node: Node, ours: NodeKeys, name: str
) -> None:
    data, status = forged(node, ours, name)
    stored, audited = inbox(node), refusals(node)
    answer = send(node, data)
    assert answer.status_code == status, answer.text
    assert json.loads(answer.data)["resourceType"] == "OperationOutcome"
    assert inbox(node) == stored
    assert refusals(node) == audited + 1


@pytest.mark.parametrize("content", ["", "application/json", "text/plain"])
def test_another_content_type_is_not_read(node: Node, content: str) -> None:
    assert send(node, b"x", content).status_code == 415


def test_nothing_and_too_much_are_refused(node: Node) -> None:
    assert send(node, b"").status_code == 400
    assert send(node, b"x" * 10_000_000).status_code == 413


def test_a_large_message_within_the_limit_is_taken(node: Node, ours: NodeKeys) -> None:
    bundle = json.dumps({"resourceType": "Bundle", "type": "document", "note": "x" * 2_000_000}).encode()
    assert send(node, pack(message(bundle), node.co.signing, ours.encryption[0])).status_code == 202
