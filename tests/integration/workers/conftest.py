"""Two nodes that know each other, running on real processes and a real broker."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from registry.crypto.tokens.jwk import new_key
from registry.demo.prepare import join, make_node
from registry.demo.processes import free_ports
from tests.integration.workers.running import RunningNode
from tests.servers.valkey import ValkeyProcess


@pytest.fixture
def pair(valkey: ValkeyProcess, tmp_path: Path) -> Iterator[tuple[RunningNode, RunningNode]]:
    """Give nodes `pe` and `co`, prepared and joined, with nothing started yet."""
    ports = free_ports(2, first=18_400)
    nodes = [
        make_node(code, tmp_path, port, {"REDIS_URL": valkey.url(number), "PUENTE_ENV": "test"})
        for number, (code, port) in enumerate(zip(("pe", "co"), ports, strict=True))
    ]
    join(nodes, new_key("P-384"))
    pe, co = (RunningNode(node, tmp_path) for node in nodes)
    yield pe, co
    for running in (pe, co):
        running.stop()
    for each in gc.get_objects():
        if isinstance(each, Engine):
            each.dispose()
