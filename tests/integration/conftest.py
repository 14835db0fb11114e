"""What only tests with real servers load: a whole live node. Tests without I/O start faster without it."""

from tests.servers.live import live_node, live_token

__all__ = ["live_node", "live_token"]
