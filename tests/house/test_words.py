"""Nothing a passer-by can see names the illness."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import files, modules, text, tree, words

FORBIDDEN = {"hiv", "vih", "aids", "sida", "art", "arv"}
TEXTS = {".html", ".txt", ".po", ".pot", ".css", ".js", ".svg", ".webmanifest"}
# Rooms whose strings and names reach a browser, a partner, a terminal, a log or a broker.
SEEN = (
    "config/",
    "registry/api/",
    "registry/cli",
    "registry/demo",
    "registry/errors",
    "registry/web/",
    "workers/",
)


def spoken(path: Path) -> Iterator[tuple[int, str]]:
    """Give line and text of the strings and the names of functions, classes and arguments in a module."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg | ast.keyword):
            yield node.lineno, node.arg or ""


def test_no_path_names_the_illness() -> None:
    assert not [str(path) for path in files() if FORBIDDEN & set(words(str(path)))]


def test_no_page_and_no_catalogue_names_the_illness() -> None:
    pages = [path for path in files() if path.parts[0] == "registry" and path.suffix in TEXTS]
    lines = ((path, number, line) for path in pages for number, line in enumerate(text(path).splitlines(), 1))
    assert not [f"{path}:{number}" for path, number, line in lines if FORBIDDEN & set(words(line))]


def test_no_string_or_name_on_an_open_side_names_the_illness() -> None:
    rooms = [path for path in modules() if str(path).startswith(SEEN)]
    said = ((path, line, string) for path in rooms for line, string in spoken(path))
    assert not [f"{path}:{line}" for path, line, string in said if FORBIDDEN & set(words(string))]


@pytest.mark.parametrize(
    "said", ["/hiv/list", "sidaReport", "start_ART", "ARTStart", "HIV1", "plan VIH", "aids-2026"]
)
def test_the_check_sees_a_forbidden_word(said: str) -> None:
    assert FORBIDDEN & set(words(said))


@pytest.mark.parametrize(
    "said", ["start", "article", "considerado", "Startup", "arvore", "smartCard", "visida"]
)
def test_the_check_leaves_innocent_words_alone(said: str) -> None:
    assert not FORBIDDEN & set(words(said))
