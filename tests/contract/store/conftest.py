"""The store on both dialects: one migrated database for each module, or a fresh one for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.store.migrate import migrate
from tests.contract.store.node import StoreNode, store_node


@pytest.fixture(scope="module")
def shared_node(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreNode]:
    """Give the module one migrated database of each dialect."""
    node = store_node(database_url, tmp_path_factory.mktemp("keys"))
    migrate(node.engine, node.key_engine)
    yield node
    node.close()


@pytest.fixture
def node(shared_node: StoreNode) -> Iterator[StoreNode]:
    """Give the module's database with nobody woken yet."""
    shared_node.woken.calls.clear()
    shared_node.woken.broken = False
    yield shared_node
    shared_node.woken.broken = False


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the test a database with nothing in it, of the dialect that its parameter names."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'own.sqlite'}"
        return
    server = request.getfixturevalue("postgres_server")
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def empty_node(empty_url: str, tmp_path: Path) -> Iterator[StoreNode]:
    """Give the test a node whose database has no tables yet."""
    node = store_node(empty_url, tmp_path)
    yield node
    node.close()


@pytest.fixture
def own_node(empty_node: StoreNode) -> StoreNode:
    """Give the test a migrated database that no other test touches."""
    migrate(empty_node.engine, empty_node.key_engine)
    return empty_node


BOTH = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a database of its own on both dialects."""
    if "empty_url" in metafunc.fixturenames:
        metafunc.parametrize("empty_url", BOTH, indirect=True)
