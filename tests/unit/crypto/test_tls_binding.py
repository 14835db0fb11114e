"""The TLS key of a client certificate, in every form a proxy passes it on."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from registry.crypto.partners.binding import LONGEST, key_digest

KEY = ec.generate_private_key(ec.SECP256R1())
SPKI = hashlib.sha256(
    KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).hexdigest()


def certificate(number: int = 1) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "co")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    made = made.serial_number(number).not_valid_before(now).not_valid_after(now + timedelta(days=9))
    return made.sign(KEY, SHA256())


def test_every_form_gives_the_digest_of_the_key() -> None:
    der = certificate().public_bytes(Encoding.DER)
    pem = certificate().public_bytes(Encoding.PEM).decode()
    for shown in (SPKI, SPKI.upper(), base64.b64encode(der).decode(), quote(pem), f" {quote(pem, safe='')} "):
        assert key_digest(shown) == SPKI


def test_a_renewed_certificate_of_the_same_key_has_the_same_digest() -> None:
    first, second = (base64.b64encode(certificate(n).public_bytes(Encoding.DER)).decode() for n in (1, 2))
    assert first != second
    assert key_digest(first) == key_digest(second)


@pytest.mark.parametrize(
    "shown",
    ["", " ", "abc", "é", "AAAA", "-----BEGIN CERTIFICATE-----", "%ff%feBEGIN", "A" * (LONGEST + 4), "=" * 8],
)
def test_what_is_no_certificate_is_nothing(shown: str) -> None:
    assert key_digest(shown) == ""
