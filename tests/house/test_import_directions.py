"""Imports point one way; the tables stand in directions.py."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.house import directions
from tests.house.tree import PACKAGES, dotted, modules, tree

OWN_MODULES = frozenset(dotted(path) for path in modules())


def imports(module: ast.Module, known: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Give line and dotted name of every import, also inside functions and for types only."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            for alias in node.names:
                deeper = f"{source}.{alias.name}"
                yield node.lineno, deeper if deeper in known else source


def longest(name: str, prefixes: Iterable[str]) -> str | None:
    """Find the longest dotted prefix of a name."""
    found = [p for p in prefixes if name == p or name.startswith(f"{p}.")]
    return max(found, key=len, default=None)


def fault(importer: str, imported: str) -> str | None:
    """Say which rule an import breaks; nothing when it may stand."""
    library = longest(imported, directions.LIBRARIES)
    if library:
        rooms = directions.LIBRARIES[library]
        room = longest(importer, directions.OURS)
        # `registry` as a room is the package itself, not everything below it.
        allowed = any(room == r or (r != "registry" and longest(importer, [r])) for r in rooms)
        return None if allowed else f"{library} belongs to {', '.join(rooms)}"
    if imported.split(".", maxsplit=1)[0] not in PACKAGES:
        return None
    own, other = room_of(importer), room_of(imported)
    if other == own or other in directions.OURS[own]:
        return None
    return f"{own} may import {', '.join(directions.OURS[own]) or 'nothing of ours'}"


def faults_of(path: Path) -> Iterator[str]:
    """Give a sentence for every import of a module that breaks a rule."""
    for line, name in imports(tree(path), OWN_MODULES):
        reason = fault(dotted(path), name)
        if reason:
            yield f"{path}:{line} imports {name}, but {reason}"


def room_of(name: str) -> str:
    """Find the room of one of our modules; every part of registry needs a line of its own."""
    room = longest(name, directions.OURS)
    if room is None or (room == "registry" and name != "registry"):
        raise AssertionError(f"{name} stands in no room: add one to tests/house/directions.py")
    return room


def test_imports_point_one_way() -> None:
    faults = [said for path in modules() for said in faults_of(path)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("config.settings", "import registry"),
        ("fhir.wire", "from registry import errors"),
        ("registry.domain.care", "from registry.store import unit"),
        ("registry.usecases.care.record", "import registry.crypto.sealing.envelope"),
        ("registry.api.fhir", "from registry.web import login"),
        ("registry.web.login", "from registry.store.people import People"),
        ("registry.usecases.lookup", "import celery"),
        ("registry.usecases.lookup", "import flask"),
        ("registry.domain.care", "from fhir.resources.R4B import patient"),
        ("workers.outbox", "from registry.store import outbox"),
        ("registry.store.outbox", "def late():\n    import workers"),
    ],
)
def test_the_check_refuses_an_import_against_the_direction(importer: str, line: str) -> None:
    known = {"registry.errors", "registry.web.login", "registry.store.unit", "registry.store.outbox"}
    assert [fault(importer, name) for _, name in imports(ast.parse(line), known)] != [None]


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("registry.api.fhir", "from registry.usecases.care import record"),
        ("registry.waker", "import celery"),
        ("registry", "from registry.site import make"),
        ("registry", "import flask"),
        ("fhir.r4", "from fhir.resources.R4B.patient import Patient"),
        ("workers.outbox", "from registry.usecases.exchange import deliver"),
    ],
)
def test_the_check_lets_an_import_along_the_direction_pass(importer: str, line: str) -> None:
    assert [fault(importer, name) for _, name in imports(ast.parse(line), set())] == [None]


def test_a_new_part_of_registry_must_be_given_a_room() -> None:
    with pytest.raises(AssertionError, match="stands in no room"):
        fault("registry.newcomer", "config")
