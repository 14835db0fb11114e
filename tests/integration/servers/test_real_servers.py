"""The servers of the tests are real, apart from each other, and end with the tests."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest
import sqlalchemy
from playwright.sync_api import Page

from tests.servers.postgres import PostgresServer, reachable
from tests.servers.process import Account, closed_folder
from tests.servers.valkey import ValkeyProcess


def one(url: str, statement: str) -> object:
    """Run one statement and give its first value."""
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        value: object = connection.execute(sqlalchemy.text(statement)).scalar()
    return value


def test_each_dialect_is_the_real_one_and_starts_empty(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        assert str(one(database_url, "SELECT sqlite_version()")).startswith("3.")
        assert one(database_url, "SELECT count(*) FROM sqlite_master") == 0
    else:
        assert str(one(database_url, "SHOW server_version")).startswith("18.")
        tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        assert one(database_url, tables) == 0


@pytest.mark.postgres
def test_a_database_is_copied_from_its_template(postgres_server: PostgresServer) -> None:
    template = postgres_server.create_database()
    with psycopg.connect(f"host={postgres_server.folder} user=app dbname={template}") as connection:
        connection.execute("CREATE TABLE marked AS SELECT 7 AS value")
    copy = postgres_server.create_database(template)
    assert one(postgres_server.url(copy), "SELECT value FROM marked") == 7
    postgres_server.drop_database(copy)
    postgres_server.drop_database(template)


@pytest.mark.postgres
def test_postgres_keeps_committed_rows_over_a_crash() -> None:
    with closed_folder("puente-pg-") as folder, PostgresServer(Path(folder)) as server:
        name = server.create_database()
        with psycopg.connect(f"host={folder} user=app dbname={name}") as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"host={folder} user=app dbname={name}")
        server.start()
        assert one(server.url(name), "SELECT value FROM kept") == 1


@pytest.mark.postgres
def test_postgres_is_closed_to_other_users_and_to_the_network(postgres_server: PostgresServer) -> None:
    assert postgres_server.folder.stat().st_mode & 0o077 == 0
    assert one(postgres_server.url("postgres"), "SHOW listen_addresses") == ""


def test_binaries_behind_a_closed_folder_are_copied_for_the_unprivileged_user(tmp_path: Path) -> None:
    site, folder = tmp_path / "site", tmp_path / "open"
    wheel = site / "package" / "pginstall"
    for program in (wheel / "bin" / "postgres", site / "package.libs" / "libpq.so"):
        program.parent.mkdir(parents=True)
        program.touch(0o755)
    site.chmod(0o700)
    copy = reachable(wheel, Account(65534, 65534), folder)
    assert copy == folder / "package" / "pginstall"
    assert (copy / "bin" / "postgres").exists()
    assert (folder / "package.libs" / "libpq.so").exists()
    assert reachable(wheel, None, folder) == wheel


@pytest.mark.broker
def test_valkey_comes_back_with_its_data_after_a_kill(valkey: ValkeyProcess) -> None:
    valkey.client().set("kept", "1")
    valkey.client().execute_command("WAITAOF", 1, 0, 2000)
    valkey.restart()
    assert valkey.client().get("kept") == "1"


@pytest.mark.broker
def test_celery_takes_the_broker_url(valkey_url: str) -> None:
    import kombu

    assert len(valkey_url) < 100
    with kombu.Connection(valkey_url) as connection, connection.SimpleQueue("wake") as queue:
        queue.put("7")
        assert queue.get(timeout=5).payload == "7"


@pytest.mark.browser
def test_chromium_shows_a_page_in_spanish(page: Page) -> None:
    page.set_content("<h1>Días de medicina</h1>")
    assert page.get_by_role("heading").inner_text() == "Días de medicina"
    assert page.evaluate("navigator.language") == "es-PE"


KILLED_RUN = """
import sys, time
from pathlib import Path
from tests.servers.process import closed_folder
from tests.servers.valkey import ValkeyProcess
valkey = ValkeyProcess(Path(sys.argv[1]))
valkey.start()
print(valkey._process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.broker
def test_a_server_ends_when_its_tests_are_killed() -> None:
    root = Path(__file__).parents[3]
    with closed_folder("puente-vk-") as folder:
        run = subprocess.Popen(
            [sys.executable, "-c", KILLED_RUN, folder],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        assert run.stdout is not None
        server = int(run.stdout.readline())
        assert psutil.pid_exists(server)
        run.kill()
        run.communicate()
        deadline = time.monotonic() + 10
        while psutil.pid_exists(server) and psutil.Process(server).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline, "the server outlived its tests"
            time.sleep(0.05)
