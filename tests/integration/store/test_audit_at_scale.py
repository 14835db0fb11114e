"""A long audit trail: chained in batches, verified as a stream, in flat memory."""

import tracemalloc
from collections.abc import Callable

from registry.domain.access import trail
from registry.domain.model import AuditEntry
from tests.contract.store.node import CALLER, StoreNode

BATCH = 2000
FLAT = 8 * 2**20


def test_a_million_events_chain_and_verify_in_flat_memory(
    own_node: StoreNode, scaled: Callable[[int], int]
) -> None:
    events = scaled(1_000_000)
    for start in range(0, events, BATCH):
        with own_node.committed() as unit:
            for number in range(start, min(start + BATCH, events)):
                unit.audit.add(AuditEntry(CALLER, "read", owner_id=str(number), object_ref="Patient/1"))
    batches = 0
    while True:
        with own_node.committed() as unit:
            chained = unit.audit.chain(BATCH)
        if not chained:
            break
        batches += 1
    assert batches == -(-events // BATCH)
    with own_node.unit() as unit:
        assert (unit.audit.size(), unit.audit.waiting(), unit.audit.forgotten()) == (events, 0, 0)
        tracemalloc.start()
        assert trail.find_break(unit.audit.rows()) is None
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < FLAT
