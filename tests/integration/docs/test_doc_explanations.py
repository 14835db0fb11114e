"""The explanations name what the code has: states, and every place where data is plain."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from fhir.transfer.states import coded
from registry.domain.model import InboxState, OutboxState, TransferState
from tests.integration.docs.reading import ROOT, text

EXCHANGE = Path("docs/explanation/exchange.md")
THREATS = Path("docs/explanation/threats.md")
# A call of one of these means: here data is plain before or after.
DOORS = {"open_resource", "seal_resource", "gather", "pack", "unpack"}


def states(heading: str) -> dict[str, str]:
    """Return first and last cell of each row under a third-level heading."""
    part = text(EXCHANGE).split(f"\n### {heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[-1] for row in cells}


@pytest.mark.parametrize(
    ("heading", "known"), [("Outbox", OutboxState), ("Inbox", InboxState), ("Transfer", TransferState)]
)
def test_every_state_is_explained_and_no_other(heading: str, known: object) -> None:
    assert set(states(heading)) == set(get_args(known))


def test_transfers_stand_beside_their_task_codes() -> None:
    for state, codes in states("Transfer").items():
        assert tuple(codes.split(" / ")) == coded(state)  # type: ignore[arg-type]


def opens_data(path: Path) -> bool:
    """Tell whether a module opens or seals data."""
    calls = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
    called = [ast.unparse(call.func) for call in calls]
    return any(
        name.endswith(("vault.open", "vault.seal"))
        or (name.rpartition(".")[2] in DOORS and not name.startswith("_HEAD") and "struct" not in name)
        for name in called
    )


def test_every_module_that_opens_data_is_named_in_the_threats() -> None:
    modules = [path for path in sorted((ROOT / "registry").rglob("*.py")) if opens_data(path)]
    assert len(modules) > 20
    said = text(THREATS)
    assert not [name for path in modules if (name := str(path.relative_to(ROOT))) not in said]
