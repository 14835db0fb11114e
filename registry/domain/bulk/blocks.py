"""Blocks of NDJSON: deflated apart from each other, so that any run of them is one stream again.

A block ends on a whole byte without an end mark (zlib's sync flush), so joined blocks and an empty last block
are a deflate stream, and with head and checksum a gzip file (RFC 1951 section 3.2.4, RFC 1952).
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence

LEVEL = 1
_RAW = -zlib.MAX_WBITS
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
_LAST_BLOCK = b"\x03\x00"
_LENGTHS = 1 << 32


def pack(lines: Sequence[bytes]) -> bytes:
    """Deflate lines, each with its line end."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _RAW)
    return packer.compress(b"\n".join(lines) + b"\n") + packer.flush(zlib.Z_SYNC_FLUSH)


def unpack(block: bytes) -> bytes:
    """Return the bytes of the lines of a block."""
    return zlib.decompressobj(_RAW).decompress(block)


def gzipped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield one gzip file with the content of all blocks, which are passed on as they are."""
    checksum, size = 0, 0
    yield _GZIP_HEAD
    for block in blocks:
        plain = unpack(block)
        checksum, size = zlib.crc32(plain, checksum), size + len(plain)
        yield block
    yield _LAST_BLOCK + struct.pack("<II", checksum, size % _LENGTHS)
