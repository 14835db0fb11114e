"""The TLS key behind a client certificate, as a proxy passes the certificate on.

A pin is the SHA-256 of the SubjectPublicKeyInfo (RFC 7469 section 2.4): it outlives the certificate.
"""

import base64
import binascii
import hashlib
import re
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LONGEST = 16 * 1024
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


def key_digest(shown: str) -> str:
    """Return the digest of the key in hexadecimal; empty for nothing that can be read.

    Read are the digest itself, a certificate as base64 (DER), and one as PEM with escaped characters.
    """
    shown = shown.strip()
    if _DIGEST.fullmatch(shown):
        return shown.lower()
    if not shown or len(shown) > LONGEST:
        return ""
    try:
        if "BEGIN" in shown:
            certificate = x509.load_pem_x509_certificate(unquote(shown).encode("ascii"))
        else:
            certificate = x509.load_der_x509_certificate(base64.b64decode(shown, validate=True))
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, binascii.Error, UnicodeEncodeError, TypeError, x509.InvalidVersion):
        return ""
    return hashlib.sha256(key).hexdigest()
