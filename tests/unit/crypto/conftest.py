"""Keys of two countries, a third party and two officers, made once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from registry.crypto.tokens.jwk import Key, new_key, public_of
from registry.crypto.tokens.messages import Kind, Message
from registry.crypto.tokens.signed import Signer

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Node:
    """Hold a node's keys for tests."""

    id: str
    signing: Key
    encryption: Key

    def find_own(self, kid: str) -> Key | None:
        """Find our encryption key by kid."""
        return self.encryption if kid == self.encryption.kid else None


def new_node(node_id: str) -> Node:
    """Make a node."""
    return Node(node_id, new_key("P-256"), new_key("P-256", "enc"))


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def pe() -> Node:
    return new_node("pe")


@pytest.fixture(scope="session")
def co() -> Node:
    return new_node("co")


@pytest.fixture(scope="session")
def ec() -> Node:
    return new_node("ec")


@pytest.fixture(scope="session")
def find_signer(pe: Node, co: Node, ec: Node) -> Callable[[str], Signer | None]:
    pinned = {str(node.signing.kid): Signer(node.id, public_of(node.signing)) for node in (pe, co, ec)}
    return pinned.get


@pytest.fixture(scope="session")
def message() -> Message:
    """A summary from Peru to Colombia."""
    return Message(
        msg_id="0b5ab7fe-1111-4222-8333-444455556666",
        kind=Kind.SUMMARY,
        seq=3,
        sender="pe",
        to="co",
        patient_ref="alias-7f3a9c",
        created=NOW - timedelta(minutes=1),
        expires=NOW + timedelta(days=6),
        profile="http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips",
        bundle='{"resourceType":"Bundle","name":"Yáñez"}'.encode(),
        in_reply_to="0b5ab7fe-2222-4222-8333-444455556666",
        consent_digest="ab" * 32,
    )
