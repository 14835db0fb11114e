"""The fixtures of the store's contract, for what needs threads, processes, damage and restarts."""

from tests.contract.store.conftest import empty_node, empty_url, own_node, pytest_generate_tests

__all__ = ["empty_node", "empty_url", "own_node", "pytest_generate_tests"]
