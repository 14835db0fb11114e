"""A sealed archive opens whole or not at all: cut, joined, reordered or changed anywhere, it fails."""

import io
import json
import os
import struct

import pytest

from registry.crypto.sealing import archive
from registry.crypto.sealing.envelope import split_lp, unwrap, wrap
from registry.errors import Unreadable

ABOUT = {"id": "a1", "node": "pe", "kind": "main"}


class InsecureProvider:
    """Wrap with a key kept in memory, for tests."""

    def __init__(self, key: bytes = b"1" * 32) -> None:
        self.key = key

    def wrap(self, dek: bytes, aad: bytes) -> bytes:
        return wrap(self.key, dek, aad)

    def unwrap(self, blob: bytes, aad: bytes) -> bytes:
        assert split_lp(aad)[1] == "kek-0001"
        return unwrap(self.key, blob, aad)

    def current_id(self) -> str:
        return "kek-0001"


def lines(count: int, size: int = 100) -> list[bytes]:
    return [os.urandom(size).hex().encode() + b"\n" for _ in range(count)]


def sealed(content: list[bytes]) -> bytes:
    into = io.BytesIO()
    assert archive.write_archive(InsecureProvider(), into, ABOUT, content) == len(content)
    return into.getvalue()


def opened(data: bytes, provider: InsecureProvider | None = None) -> list[bytes]:
    return [line + b"\n" for line in archive.read_archive(provider or InsecureProvider(), io.BytesIO(data))]


def blocks(data: bytes) -> list[bytes]:
    """Split an archive into its head line and its blocks."""
    head, _, rest = data.partition(b"\n")
    found = [head + b"\n"]
    while rest:
        end = 4 + struct.unpack(">I", rest[:4])[0]
        found.append(rest[:end])
        rest = rest[end:]
    return found


@pytest.mark.parametrize(
    "content", [[], lines(1), lines(30), lines(4, 400_000)], ids=["none", "one", "few", "big"]
)
def test_what_was_written_is_read_again(content: list[bytes]) -> None:
    data = sealed(content)
    assert opened(data) == content
    assert archive.read_head(io.BytesIO(data))["node"] == "pe"
    for line in content:
        assert line[:40] not in data


def test_every_flipped_bit_is_noticed() -> None:
    data = sealed(lines(2))
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << (place % 8)
        with pytest.raises((Unreadable, AssertionError)):
            opened(bytes(changed))


def test_cut_and_reordered_blocks_are_noticed() -> None:
    head, *parts = blocks(sealed(lines(4, 400_000)))
    assert len(parts) > 3
    for wrong in (
        parts[:-1],
        parts[1:],
        [parts[1], parts[0], *parts[2:]],
        [*parts, parts[-1]],
        [],
        [*parts[:-1], parts[-1][:-1]],
        [*parts, b"\x00"],
        [*parts, b"\x00\x00\x00\x05\x01"],
    ):
        with pytest.raises(Unreadable):
            opened(head + b"".join(wrong))


def test_blocks_of_another_archive_are_noticed() -> None:
    head, *_ = blocks(sealed(lines(1)))
    _, *others = blocks(sealed(lines(1)))
    with pytest.raises(Unreadable):
        opened(head + b"".join(others))


def test_another_wrapping_key_opens_nothing() -> None:
    with pytest.raises(Unreadable):
        opened(sealed(lines(1)), InsecureProvider(b"2" * 32))


@pytest.mark.parametrize(
    "head",
    [b"", b"{}", b"[]", b"no json",
     json.dumps({"format": "other", "key": "00", "kek": "k", "id": "i"}).encode(),
     json.dumps({"format": "mhr.bak.v1", "key": "xx", "kek": "k", "id": "i"}).encode(),
     json.dumps({"format": "mhr.bak.v1", "key": "00", "kek": "k"}).encode(),
     json.dumps({"format": "mhr.bak.v1", "key": "00", "kek": 1, "id": "i"}).encode()],
)  # fmt: skip
def test_what_is_no_archive_is_unreadable(head: bytes) -> None:
    with pytest.raises(Unreadable):
        archive.read_head(io.BytesIO(head + b"\n"))
