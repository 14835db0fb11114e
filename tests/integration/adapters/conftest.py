"""The pairs of nodes, as every walk gets them."""

from tests.walks.fixtures import migrated_template, own_pair, pair, shared_pair

__all__ = ["migrated_template", "own_pair", "pair", "shared_pair"]
