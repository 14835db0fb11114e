"""A node of Peru alone, and two officers who agree."""

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from registry.cli.here import Here
from registry.demo.prepare import DemoNode
from registry.domain.model import Caller
from registry.errors import Refusal
from registry.usecases.keys import approvals
from tests.walks.fixtures import migrated_template, opened, own_pair, pair, shared_pair
from tests.walks.nodes import Pair, WalkNode, engines_of

__all__ = ["migrated_template", "own_pair", "pair", "shared_pair"]

ANA = Caller("officer:ana", "privacy", "pe")
LUIS = Caller("officer:luis", "privacy", "pe")
OPERATOR = Caller("operator:root", "system", "pe")
REASON = "Asked for in writing on 3 November."


@pytest.fixture
def lone_pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    """Give the test a pair of its own on SQLite, where the kind of database does not matter."""
    with opened(request, "sqlite", tmp_path) as made:
        yield made


@pytest.fixture
def agreed() -> Callable[[WalkNode, str, str], str]:
    """Give a function that lets two officers agree to an act and returns the id of the approval."""

    def agree(node: WalkNode, act: str, subject: str) -> str:
        asked = approvals.ask(node.services, ANA, act, subject, REASON)
        approvals.confirm(node.services, LUIS, asked)
        return asked

    return agree


@dataclass(frozen=True)
class Done:
    """What a command ended with."""

    returncode: int
    stdout: str
    stderr: str


def run_command(command: click.Command, demo: DemoNode, *words: str) -> Done:
    """Run a command of a node in this process; starting one costs a second each time."""
    here = Here()
    here.__dict__["settings"] = demo.settings
    said, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(error):
        try:
            command.main(list(words), obj=here, standalone_mode=False)
            code = 0
        except Refusal as refusal:
            error.write(refusal.sentence)
            code = refusal.exit_code
    if "services" in here.__dict__:
        for engine in engines_of(here.services):
            engine.dispose()
    return Done(code, said.getvalue(), error.getvalue())
