"""The pairs of nodes, as every walk gets them, and Lima alone."""

import pytest

from tests.walks.fixtures import migrated_template, own_pair, pair, shared_pair
from tests.walks.nodes import Pair, WalkNode

__all__ = ["migrated_template", "own_pair", "pair", "shared_pair"]


@pytest.fixture
def lima(pair: Pair) -> WalkNode:
    """Give the node of Peru, shared by the module."""
    return pair.pe


@pytest.fixture
def own_lima(own_pair: Pair) -> WalkNode:
    """Give a node of Peru that no other test touches."""
    return own_pair.pe
