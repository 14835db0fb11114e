"""The fixtures of the store's contract, for what needs threads, processes, damage and restarts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.store.migrate import migrate
from tests.contract.store.conftest import empty_node, empty_url, own_node, pytest_generate_tests
from tests.contract.store.node import StoreNode, store_node

__all__ = ["empty_node", "empty_url", "own_node", "pytest_generate_tests"]


@pytest.fixture
def sqlite_node(tmp_path: Path) -> Iterator[StoreNode]:
    node = store_node(f"sqlite:///{tmp_path / 'one.sqlite'}", tmp_path)
    migrate(node.engine, node.key_engine)
    yield node
    node.close()
