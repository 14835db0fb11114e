"""A node of Peru alone, and two officers who agree."""

from collections.abc import Callable

import pytest

from registry.domain.model import Caller
from registry.usecases.keys import approvals
from tests.walks.fixtures import migrated_template, own_pair, pair, shared_pair
from tests.walks.nodes import WalkNode

__all__ = ["migrated_template", "own_pair", "pair", "shared_pair"]

ANA = Caller("officer:ana", "privacy", "pe")
LUIS = Caller("officer:luis", "privacy", "pe")
OPERATOR = Caller("operator:root", "system", "pe")
REASON = "Asked for in writing on 3 November."


@pytest.fixture
def agreed() -> Callable[[WalkNode, str, str], str]:
    """Give a function that lets two officers agree to an act and returns the id of the approval."""

    def agree(node: WalkNode, act: str, subject: str) -> str:
        asked = approvals.ask(node.services, ANA, act, subject, REASON)
        approvals.confirm(node.services, LUIS, asked)
        return asked

    return agree
