"""What every test has: real servers, counts that scale, and no way out to the network."""

import ipaddress
import os
import sys
from collections.abc import Callable

import hypothesis
import pytest

pytest_plugins = [
    "tests.servers.browser",
    "tests.servers.databases",
    "tests.servers.postgres",
    "tests.servers.valkey",
]


def pytest_configure(config: pytest.Config) -> None:
    """Close the network for this process and everything it imports."""
    sys.addaudithook(refuse_network)


def refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """Raise when a test reaches beyond this machine."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if isinstance(host, str) and not is_local(host):
        raise RuntimeError(f"a test tried to reach {host}")


def is_local(host: str) -> bool:
    """Tell whether a host name or address is this machine."""
    if host in {"", "localhost"} or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def scale() -> float:
    """Give the share of the full counts this run makes: 1 with `./run test --all`, else a fiftieth."""
    return float(os.environ.get("PUENTE_TEST_SCALE", "0.02"))


hypothesis.settings.register_profile(
    "house", derandomize=True, deadline=None, print_blob=True, max_examples=1_000 if scale() >= 1 else 50
)
hypothesis.settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what only makes sense with full counts."""
    if scale() >= 1:
        return
    for item in items:
        if item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="full counts: ./run test --all"))


@pytest.fixture(scope="session")
def scaled() -> Callable[[int], int]:
    """Give a function from a full count to this run's count, never less than one."""

    def count(full: int) -> int:
        return max(1, round(full * scale()))

    return count
