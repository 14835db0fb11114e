"""Seal an archive as a stream under a key of its own, wrapped like every data key; cut or changed it fails.

File: one JSON line (what the archive is, and its wrapped key), then blocks: length (4 bytes big-endian),
nonce (12), ciphertext and tag. Authenticated with each block: the head line, its number, whether it is the
last.
"""

import json
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.crypto.sealing.envelope import KEY_BYTES, lp, wrap_aad
from registry.crypto.sealing.owner_keys import KekProvider
from registry.errors import Unreadable

BLOCK = 256 * 1024
_NONCE = 12
_LONGEST_HEAD = 64 * 1024
_LENGTH = struct.Struct(">I")
_FORMAT = "mhr.bak.v1"


def write_archive(
    provider: KekProvider, into: BinaryIO, about: Mapping[str, str], lines: Iterable[bytes]
) -> int:
    """Write lines, deflated and sealed; return how many lines there were."""
    dek, kek_id, owner = os.urandom(KEY_BYTES), provider.current_id(), f"archive:{about['id']}"
    wrapped = provider.wrap(dek, wrap_aad(kek_id, owner, 1))
    head = json.dumps({"format": _FORMAT, **about, "kek": kek_id, "key": wrapped.hex()}).encode() + b"\n"
    into.write(head)
    cipher, packer = AESGCM(dek), zlib.compressobj(1)
    waiting, number, count = bytearray(), 0, 0

    def put(block: bytes, last: bool) -> None:
        nonce = os.urandom(_NONCE)
        sealed = nonce + cipher.encrypt(nonce, block, _aad(head, number, last))
        into.write(_LENGTH.pack(len(sealed)) + sealed)

    for line in lines:
        count += 1
        waiting += packer.compress(line)
        while len(waiting) > BLOCK:
            put(bytes(waiting[:BLOCK]), False)
            del waiting[:BLOCK]
            number += 1
    waiting += packer.flush()
    while len(waiting) > BLOCK:
        put(bytes(waiting[:BLOCK]), False)
        del waiting[:BLOCK]
        number += 1
    put(bytes(waiting), True)
    return count


def read_head(source: BinaryIO) -> dict[str, str]:
    """Return what an archive says of itself; raise Unreadable when it is none."""
    return _parsed(source.readline(_LONGEST_HEAD))


def read_archive(provider: KekProvider, source: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of an archive; raise Unreadable as soon as anything does not fit."""
    line = source.readline(_LONGEST_HEAD)
    head = _parsed(line)
    dek = provider.unwrap(bytes.fromhex(head["key"]), wrap_aad(head["kek"], f"archive:{head['id']}", 1))
    unpacker, rest = zlib.decompressobj(), b""
    for block in _blocks(AESGCM(dek), source, line):
        try:
            rest += unpacker.decompress(block)
        except zlib.error:
            raise Unreadable from None
        *lines, rest = rest.split(b"\n")
        yield from lines
    if rest or not unpacker.eof:
        raise Unreadable


def _blocks(cipher: AESGCM, source: BinaryIO, head: bytes) -> Iterator[bytes]:
    number, sealed = 0, _next(source.read)
    if sealed is None:
        raise Unreadable
    while sealed is not None:
        following = _next(source.read)
        try:
            aad = _aad(head, number, following is None)
            yield cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], aad)
        except InvalidTag:
            raise Unreadable from None
        number, sealed = number + 1, following


def _next(read: Callable[[int], bytes]) -> bytes | None:
    length = read(_LENGTH.size)
    if not length:
        return None
    size = _LENGTH.unpack(length)[0] if len(length) == _LENGTH.size else 0
    sealed = read(size) if _NONCE < size <= 2 * BLOCK else b""
    if not sealed or len(sealed) != size:
        raise Unreadable
    return sealed


def _aad(head: bytes, number: int, last: bool) -> bytes:
    return lp(_FORMAT, head.decode(), str(number), "last" if last else "more")


def _parsed(line: bytes) -> dict[str, str]:
    try:
        head = json.loads(line)
        bytes.fromhex(head["key"])
        if head["format"] != _FORMAT or not all(isinstance(each, str) for each in head.values()):
            raise Unreadable
        head["kek"], head["id"]
    except (ValueError, KeyError, TypeError):
        raise Unreadable from None
    found: dict[str, str] = head
    return found
