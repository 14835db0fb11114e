"""What the embedded database leaves on the disk."""

import os
import sqlite3
import stat
from pathlib import Path

from sqlalchemy import make_url

from registry.crypto.sealing.owner_keys import WrappedKey
from tests.contract.store.node import StoreNode, new_id


def test_an_erased_key_leaves_no_trace_in_the_files_of_sqlite(sqlite_node: StoreNode) -> None:
    wrapped, keys, owner = os.urandom(60), sqlite_node.keys(), new_id()
    keys.add(WrappedKey(owner, 1, "kek-1", wrapped))
    files = [
        path for path in Path(str(make_url(sqlite_node.key_url).database)).parent.iterdir() if path.is_file()
    ]
    assert any(wrapped in path.read_bytes() for path in files)
    keys.delete(owner)
    assert not any(wrapped in path.read_bytes() for path in files)


def test_database_files_are_closed_to_everybody_else(sqlite_node: StoreNode) -> None:
    with sqlite_node.committed() as unit:
        unit.beat("any")
    for url in (sqlite_node.url, sqlite_node.key_url):
        path = Path(str(make_url(url).database))
        for file in path.parent.glob(f"{path.name}*"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_a_reader_of_plain_files_sees_committed_rows_only(sqlite_node: StoreNode) -> None:
    with sqlite_node.unit() as unit:
        unit.beat("half done")
        other = sqlite3.connect(sqlite_node.url.removeprefix("sqlite:///"))
        try:
            assert other.execute("SELECT count(*) FROM heartbeat").fetchone() == (0,)
        finally:
            other.close()
