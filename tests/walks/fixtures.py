"""A pair of nodes on each dialect, shared by a module or made for one test."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from registry.store.engine import make_engine, make_key_engine
from registry.store.migrate import migrate
from tests.servers.postgres import PostgresServer
from tests.walks.nodes import PORTS, Pair, make_pair

DIALECTS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> str:
    """Give the name of a migrated PostgreSQL database to copy; migrating each node's would take longer."""
    name = postgres_server.create_database()
    url = postgres_server.url(name)
    engine, keys = make_engine(url), make_key_engine(url)
    migrate(engine, keys)
    engine.dispose()
    keys.dispose()
    return name


@contextmanager
def opened(request: pytest.FixtureRequest, dialect: str, folder: Path, broker: str = "") -> Iterator[Pair]:
    """Make a pair of nodes on a dialect, with a silent waker unless there is a broker, and end it."""
    with ExitStack() as after:
        environs: dict[str, Mapping[str, str]] = {code: {"REDIS_URL": broker} for code in PORTS}
        if dialect == "postgres":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            template: str = request.getfixturevalue("migrated_template")
            for code in PORTS:
                name = server.create_database(template)
                after.callback(server.drop_database, name)
                environs[code] = {"DATABASE_URL": server.url(name), "REDIS_URL": broker}
        pair = make_pair(folder, environs)
        for node in pair.both:
            after.callback(node.close)
        yield pair


@pytest.fixture(scope="module", params=DIALECTS)
def shared_pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Give the module one pair on each dialect; its tests use people of their own."""
    with opened(request, request.param, tmp_path_factory.mktemp("pair")) as pair:
        yield pair


@pytest.fixture
def pair(shared_pair: Pair) -> Iterator[Pair]:
    """Give the module's pair, quiet, with an honest line and the right time."""
    yield shared_pair
    shared_pair.line.next_answers.clear()
    shared_pair.line.sent.clear()
    shared_pair.clock.by -= shared_pair.clock.by


@pytest.fixture(params=DIALECTS)
def own_pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    """Give the test a pair that no other test touches."""
    with opened(request, request.param, tmp_path) as pair:
        yield pair
