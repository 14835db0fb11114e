"""Smaller answers and bodies: gzip, within limits (RFC 9110 section 8.4)."""

import gzip
import zlib

from flask import Request, Response

from registry.api.frame.refusals import UnsupportedMedia
from registry.errors import BadInput, TooLarge

SMALLEST = 1_000
LEVEL = 3
_WRAPPED = 31  # zlib's sign for the gzip format
_TEXT = ("application/fhir+json", "application/json")


def compress(request: Request, response: Response) -> None:
    """Compress an answer of JSON that is worth it, for a caller that takes gzip."""
    if response.direct_passthrough or response.is_streamed or response.mimetype not in _TEXT:
        return
    if (response.content_length or 0) < SMALLEST or "Content-Encoding" in response.headers:
        return
    response.headers.add("Vary", "Accept-Encoding")
    accepted = request.headers.get("Accept-Encoding", "")
    if "gzip" in accepted and request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(response.get_data(), LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"


def decompressed(request: Request, data: bytes, limit: int) -> bytes:
    """Return a body as it was before compression; raise TooLarge past `limit` bytes without going on."""
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding in ("", "identity"):
        return data
    if coding not in ("gzip", "x-gzip"):
        raise UnsupportedMedia("A body may be compressed with gzip only.")
    reader = zlib.decompressobj(_WRAPPED)
    try:
        found = reader.decompress(data, limit + 1)
    except zlib.error:
        raise BadInput("The body is not gzip, as its Content-Encoding says.") from None
    if len(found) > limit:
        raise TooLarge("The body is larger than this node accepts.")
    if not reader.eof or reader.unused_data:
        raise BadInput("The body is not one whole gzip stream.")
    return found
