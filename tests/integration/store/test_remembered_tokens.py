"""Tokens that a process remembers for a few seconds: never longer, and never past their end."""

import os
from datetime import timedelta

from registry.domain.model import AccessToken
from registry.store.access.tokens import MOST, SqlTokens, TokenMemory
from registry.store.transaction import Transaction
from tests.contract.store.node import NOON, StoreNode


class Clock:
    """Seconds that pass when told to."""

    seconds = 1000.0

    def __call__(self) -> float:
        """Return them."""
        return self.seconds


def token(life: float) -> AccessToken:
    return AccessToken(os.urandom(32), "co", ("system/Patient.r",), NOON + timedelta(seconds=life))


def test_a_token_is_forgotten_after_its_seconds() -> None:
    clock = Clock()
    memory, kept = TokenMemory(clock, seconds=5), token(300)
    memory.keep(kept, NOON)
    clock.seconds += 4.9
    assert memory.find(kept.digest) == kept
    clock.seconds += 0.2
    assert memory.find(kept.digest) is None


def test_a_token_is_not_remembered_past_its_end() -> None:
    clock = Clock()
    memory, kept = TokenMemory(clock, seconds=5), token(2)
    memory.keep(kept, NOON)
    clock.seconds += 2
    assert memory.find(kept.digest) is None


def test_the_memory_is_bounded() -> None:
    memory, first = TokenMemory(), token(300)
    memory.keep(first, NOON)
    for _ in range(MOST):
        memory.keep(token(300), NOON)
    assert memory.find(first.digest) is None


def test_a_remembered_token_costs_no_statement(own_node: StoreNode) -> None:
    memory, unknown = TokenMemory(), os.urandom(32)
    with own_node.committed() as unit:
        kept = AccessToken(os.urandom(32), "co", (), unit.now() + timedelta(minutes=5))
        unit.tokens.add(kept)
    tokens = SqlTokens(transaction := Transaction(own_node.engine, own_node.woken), memory)
    assert tokens.get(kept.digest) == kept
    assert tokens.get(unknown) is None
    transaction.end()
    own_node.engine.dispose()
    assert SqlTokens(transaction, memory).get(kept.digest) == kept
    assert own_node.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert memory.find(unknown) is None
