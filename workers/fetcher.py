"""Fetch files to import: no redirect is followed, no proxy or certificate setting of the environment used."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from registry.ports.fetching import CannotFetch, Source

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
CHUNK = 256 * 1024
NOT_THERE = "source-answered"
FAILED = "source-failed"
CHANGED = "source-changed"


class HttpFetcher:
    """Fetches over HTTP; a byte range is asked for where a file was left (RFC 9110 section 14)."""

    def __init__(self) -> None:
        """Prepare one client."""
        self._http = httpx.Client(
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            headers={"User-Agent": "puente", "Accept-Encoding": "identity", "Accept": "*/*"},
        )

    @contextmanager
    def open(self, address: str, offset: int, version: str) -> Iterator[Source]:
        """Open a file; raise CannotFetch when its server refuses, fails, or has another version now."""
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        try:
            with self._http.stream("GET", address, headers=headers) as answer:
                yield _source(answer, offset, version)
        except (httpx.HTTPError, httpx.InvalidURL):
            raise CannotFetch(FAILED) from None


def _source(answer: httpx.Response, offset: int, version: str) -> Source:
    if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and offset:
        return Source(offset, version, 0, iter(()))
    if answer.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        raise CannotFetch(f"{NOT_THERE}-{answer.status_code}")
    found = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
    if version and found != version:
        raise CannotFetch(CHANGED)
    partial = answer.status_code == httpx.codes.PARTIAL_CONTENT
    if partial and not answer.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
        raise CannotFetch(FAILED)
    length = answer.headers.get("Content-Length", "")
    begins = offset if partial else 0
    return Source(begins, found, int(length) if length.isdecimal() else 0, answer.iter_raw(CHUNK))
