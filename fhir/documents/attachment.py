"""What an attachment says of its content, and whether that is true.

Source: https://hl7.org/fhir/R4/datatypes.html#Attachment (hash is SHA-1 of the bytes, size counts them).
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator

from fhir.outcome import Issue
from fhir.wire import JsonObject

FHIR_JSON = frozenset({"application/fhir+json", "application/json", "text/json"})


def content(binary: JsonObject) -> bytes | None:
    """Return the bytes of a Binary, or None when its data is no base64."""
    data = binary.get("data", "")
    if not isinstance(data, str):
        return None
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def sha1(data: bytes) -> str:
    """Return the hash of bytes as an attachment states it."""
    return base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def is_fhir(content_type: object) -> bool:
    """Tell whether content of this type is FHIR JSON."""
    return isinstance(content_type, str) and content_type.partition(";")[0].strip().lower() in FHIR_JSON


def mismatches(attachment: JsonObject, data: bytes, path: str) -> Iterator[Issue]:
    """Yield what the attachment states of these bytes and is not so."""
    stated = attachment.get("hash")
    if stated is not None and stated != sha1(data):
        text = "The hash is not the SHA-1 of the content (base64 of its 20 bytes)."
        yield Issue("error", "value", f"{path}.hash", "attachment-hash", text)
    size = attachment.get("size")
    if size is not None and size != len(data):
        text = "The size is not the number of bytes of the content before base64."
        yield Issue("error", "value", f"{path}.size", "attachment-size", text)
