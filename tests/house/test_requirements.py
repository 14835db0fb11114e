"""What is wanted in locks/runtime.in is what the four packages import, no more and no less."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.house.tree import PACKAGES, modules, text, tree

# Wanted without an import: what needs it, and how.
REACHED_OTHERWISE = {
    "psycopg": "chosen by the database address",
    "redis": "chosen by the broker address",
}
# Imported, and always installed by what we want: the parent chooses the version.
COMES_WITH = {
    "babel": "flask-babel",
    "itsdangerous": "flask",
    "jinja2": "flask",
    "jsonpointer": "jsonpatch",
    "kombu": "celery",
    "markupsafe": "flask",
    "pydantic": "fhir-resources",
    "werkzeug": "flask",
}
WANTED = {
    name.replace(".", "-")
    for name in re.findall(r"^[a-z0-9.-]+", text(Path("locks/runtime.in")), re.MULTILINE)
}


def outside(module: ast.Module) -> Iterator[str]:
    """Give the first part of every imported name that is neither ours nor the standard library's."""
    for node in ast.walk(module):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            top = name.split(".", maxsplit=1)[0]
            if name.startswith("fhir.resources"):
                yield "fhir.resources"
            elif top not in PACKAGES and top not in sys.stdlib_module_names:
                yield top


def imported() -> set[str]:
    """Give the distributions that product code imports."""
    owners = packages_distributions()
    tops = {top for path in modules() for top in outside(tree(path))}
    unknown = tops - set(owners) - {"fhir.resources"}
    assert not unknown, f"not installed: {unknown}"
    names = {owner for top in tops - {"fhir.resources"} for owner in owners[top]}
    return {re.sub(r"[._]", "-", name).lower() for name in names} | ({"fhir-resources"} & WANTED)


def test_everything_imported_is_wanted() -> None:
    assert not sorted(imported() - WANTED - set(COMES_WITH))


def test_everything_wanted_is_used() -> None:
    assert set(COMES_WITH.values()) <= WANTED
    assert not set(REACHED_OTHERWISE) & imported(), "no longer an exception"
    assert not sorted(WANTED - imported() - set(REACHED_OTHERWISE))
