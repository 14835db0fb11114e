"""Port that fetches files from allowed addresses."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Source:
    """A file being fetched: the offset its bytes begin at, its version and length (0: not known)."""

    offset: int
    version: str
    length: int
    chunks: Iterator[bytes]


class CannotFetch(Exception):
    """A file could not be fetched; `code` says why, without its address."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


class Fetcher(Protocol):
    """Fetches a file over HTTP, following no redirect."""

    def open(self, address: str, offset: int, version: str) -> AbstractContextManager[Source]:
        """Open a file from an offset on, or from its beginning when its server cannot; raise CannotFetch."""
