"""When the database cannot, the registry says "not now" and stores nothing."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from registry.errors import NotReady
from registry.store import engine as engines
from registry.store.migrate import migrate
from tests.contract.store.node import StoreNode, new_id, sealed, store_node, wrote
from tests.servers.postgres import PostgresServer


def add(node: StoreNode) -> None:
    with node.committed() as unit:
        unit.records.add(sealed(new_id()), wrote())


def test_a_locked_file_is_not_ready_after_its_patience(
    sqlite_node: StoreNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.05)
    hasty = StoreNode(sqlite_node.url, sqlite_node.key_url)
    with sqlite_node.unit() as holder:
        holder.beat("holds the lock")
        with pytest.raises(NotReady):
            add(hasty)
    add(hasty)
    hasty.close()


def test_writers_wait_their_turn_instead_of_failing(sqlite_node: StoreNode) -> None:
    """A deferred read-then-write would fail at once as locked, whatever the timeout."""

    def read_then_write(_index: int) -> None:
        with sqlite_node.committed() as unit:
            unit.people.count()
            unit.records.add(sealed(new_id()), wrote())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read_then_write, range(100)))
    with sqlite_node.unit() as unit:
        assert len(list(unit.records.digests())) == 100


def test_a_writer_that_waited_leaves_the_patience_of_its_connection_as_it_was(sqlite_node: StoreNode) -> None:
    with sqlite_node.unit() as holder, ThreadPoolExecutor(1) as pool:
        holder.beat("holds the lock")
        waiting = pool.submit(add, sqlite_node)
        time.sleep(0.05)
        assert not waiting.done()
        holder.commit()
        waiting.result()
    with sqlite_node.engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    assert found == engines.BUSY_SECONDS * 1000


def test_a_full_disk_is_not_ready_and_nothing_is_lost_afterwards(sqlite_node: StoreNode) -> None:
    """SQLite answers the same to its own page limit as to a full disk."""
    add(sqlite_node)
    limit = "PRAGMA max_page_count = {}"

    def set_limit(connection: Any, _record: Any) -> None:
        connection.execute(limit)

    pages = sqlite_node.run("PRAGMA page_count")[0][0]
    limit = limit.format(pages + 1)
    sqlite_node.engine.dispose()
    event.listen(sqlite_node.engine, "connect", set_limit)
    row = sealed(new_id(), body=os.urandom(100_000))
    with pytest.raises(NotReady), sqlite_node.committed() as unit:
        unit.records.add(row, wrote())
    event.remove(sqlite_node.engine, "connect", set_limit)
    sqlite_node.engine.dispose()
    with sqlite_node.committed() as unit:
        assert unit.records.current(row.type, row.id) is None
        unit.records.add(row, wrote())


def test_a_missing_folder_is_not_ready(tmp_path: Path) -> None:
    node = store_node(f"sqlite:///{tmp_path / 'gone' / 'one.sqlite'}", tmp_path)
    (tmp_path / "gone" / "one.sqlite").unlink()
    (tmp_path / "gone").rmdir()
    with pytest.raises(NotReady):
        add(node)
    node.close()


def test_a_defect_in_a_statement_is_not_hidden_as_not_ready(own_node: StoreNode) -> None:
    with pytest.raises(DBAPIError):
        own_node.run("SELECT nothing FROM nowhere")


def test_the_settings_of_a_sqlite_connection_hold(sqlite_node: StoreNode) -> None:
    found = {
        name: sqlite_node.run(f"PRAGMA {name}")[0][0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.postgres
def test_a_server_that_went_away_is_not_ready_and_comes_back(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    node = store_node(postgres_url, tmp_path)
    migrate(node.engine, node.key_engine)
    row = sealed(new_id())
    with node.committed() as unit:
        unit.records.add(row, wrote())
    with node.unit() as unit:
        unit.records.add(sealed(new_id()), wrote())
        postgres_server.kill()
        with pytest.raises(NotReady):
            unit.commit()
    with pytest.raises(NotReady):
        add(node)
    postgres_server.start()
    with node.unit() as unit:
        assert unit.records.current(row.type, row.id) == row
    add(node)
    node.close()


@pytest.mark.postgres
def test_a_cut_connection_is_not_ready_and_the_next_unit_works(postgres_url: str, tmp_path: Path) -> None:
    node, other = (store_node(postgres_url, tmp_path) for _ in range(2))
    migrate(node.engine, node.key_engine)
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    with node.unit() as unit:
        unit.people.count()
        other.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        with pytest.raises(NotReady):
            unit.people.count()
    add(node)
    for one in (node, other):
        one.close()


def test_a_full_pool_is_not_ready(sqlite_node: StoreNode, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("POOL_SIZE", 1), ("POOL_OVERFLOW", 0), ("BUSY_SECONDS", 0.05)):
        monkeypatch.setattr(engines, name, value)
    small = StoreNode(sqlite_node.url, sqlite_node.key_url)
    with small.unit() as holder:
        holder.people.count()
        with pytest.raises(NotReady):
            add(small)
    small.close()


def _child(node: StoreNode, answers: "SimpleQueue[str]") -> None:
    try:
        for _ in range(20):
            add(node)
        answers.put("")
    except Exception as error:  # noqa: BLE001
        answers.put(repr(error))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_forked_processes_use_connections_of_their_own(own_node: StoreNode) -> None:
    """Prefork workers inherit the engine of their parent, and the parent goes on using it."""
    add(own_node)
    context = get_context("fork")
    answers: SimpleQueue[str] = context.SimpleQueue()
    children = [context.Process(target=_child, args=(own_node, answers)) for _ in range(3)]
    for child in children:
        child.start()
    for _ in range(20):
        add(own_node)
    assert [answers.get() for _ in children] == ["", "", ""]
    for child in children:
        child.join()
        assert child.exitcode == 0
    add(own_node)
    with own_node.unit() as unit:
        assert len(list(unit.records.digests())) == 82


def test_no_parameter_of_a_statement_is_in_the_text_of_an_error(own_node: StoreNode) -> None:
    secret = "marked-" + new_id()
    with pytest.raises(DBAPIError) as raised:
        own_node.run("SELECT nothing FROM nowhere WHERE ? = 1", secret)
    assert secret not in str(raised.value)
