"""Blocks of NDJSON join into one stream, plain or gzip, whoever unpacks it."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import BadSettings, load
from registry.domain.bulk import blocks

LINES = st.lists(st.binary(min_size=1).filter(lambda line: b"\n" not in line), min_size=1, max_size=20)


@given(st.lists(LINES, max_size=5))
def test_packed_blocks_are_one_gzip_member_with_every_line(files: list[list[bytes]]) -> None:
    packed = [blocks.pack(lines) for lines in files]
    plain = b"".join(line + b"\n" for lines in files for line in lines)
    assert b"".join(map(blocks.unpack, packed)) == plain
    whole = b"".join(blocks.gzipped(packed))
    assert gzip.decompress(whole) == plain
    # Clients that stop after the first member, as some do, have everything.
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert reader.decompress(whole) == plain
    assert reader.eof
    assert reader.unused_data == b""


ENVIRON = {"PUENTE_NODE": "pe", "PUENTE_ENV": "test"}


def test_addresses_to_import_from_are_read() -> None:
    given = {**ENVIRON, "PUENTE_IMPORT_SOURCES": "https://files.example.org/export/ http://127.0.0.1:8080/"}
    assert load(given).import_sources == ("https://files.example.org/export/", "http://127.0.0.1:8080/")
    assert load(ENVIRON).import_sources == ()
    assert load({**ENVIRON, "PUENTE_BULK_HOURS": "3"}).bulk_hours == 3


@pytest.mark.parametrize(
    "address", ["https://example.org", "ftp://example.org/", "https://u@example.org/", "https://*/", "x"]
)
def test_an_address_that_could_match_too_much_stops_the_start(address: str) -> None:
    with pytest.raises(BadSettings, match="PUENTE_IMPORT_SOURCES"):
        load({**ENVIRON, "PUENTE_IMPORT_SOURCES": address})


def test_production_imports_over_https_only() -> None:
    production = {
        "PUENTE_NODE": "pe",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "PUENTE_BASE_URL": "https://puente.example.org",
        "PUENTE_IMPORT_SOURCES": "http://files.example.org/",
    }
    with pytest.raises(BadSettings, match="PUENTE_IMPORT_SOURCES must be https"):
        load(production)
    load(production | {"PUENTE_IMPORT_SOURCES": "https://files.example.org/"})
