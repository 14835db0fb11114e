"""Modules stay small and findable."""

import ast
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

from tests.house.tree import PACKAGES, ROOT, files, modules, text, tree

LONGEST_MODULE = 300
HANDS_ON = {
    "registry/demo/processes.py": "picks what the processes it starts may know; reads nothing for itself"
}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
TESTS = [path for path in files() if path.parts[0] == "tests" and path.suffix == ".py"]


def test_no_module_is_longer_than_300_lines() -> None:
    lengths = {str(path): len(text(path).splitlines()) for path in [*modules(), Path("run")]}
    assert not {path: lines for path, lines in lengths.items() if lines > LONGEST_MODULE}, "split by subject"


def test_names_say_what_is_inside() -> None:
    assert not [str(path) for path in modules() if EMPTY_NAMES & {*path.parts[:-1], path.stem}]


def test_every_module_says_what_it_is_for() -> None:
    assert not [str(path) for path in modules() if tree(path).body and not ast.get_docstring(tree(path))]


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in modules() if "migrations" not in path.parts}
    assert not [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()]


def test_the_environment_is_read_in_config_only() -> None:
    """Handing the whole mapping to `config.load` is fine; picking a value elsewhere is not."""
    readers = {str(p) for p in modules() if p.parts[0] != "config" and any(map(_reads, ast.walk(tree(p))))}
    assert not readers - set(HANDS_ON)


def _reads(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        return ast.unparse(node.value) in {"os.environ", "environ"} and isinstance(node.ctx, ast.Load)
    return isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.environ.get", "os.getenv"}


def test_test_files_have_unique_names_and_no_packages() -> None:
    names = Counter(path.name for path in TESTS if path.name != "conftest.py")
    assert not [name for name, times in names.items() if times > 1 and name.startswith("test_")]
    assert not [str(path) for path in TESTS if path.name == "__init__.py"]


def test_both_halves_of_the_name_fhir_import() -> None:
    """The library fhir.resources owns the same name; type checkers do not notice when ours breaks."""
    program = (
        "import fhir.wire, fhir.r4; from fhir.resources.R4B.patient import Patient; print(fhir.__path__)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    assert str(ROOT / "fhir") in said.stdout
    assert not (ROOT / "fhir" / "resources").exists()
    assert not (ROOT / "fhir" / "resources.py").exists()


def test_the_distribution_holds_the_four_packages_and_their_data() -> None:
    settings = tomllib.loads(text(Path("pyproject.toml")))["tool"]["setuptools"]
    assert set(settings["packages"]["find"]["include"]) == {f"{package}*" for package in PACKAGES}
    kinds = {f"*{p.suffix}" for p in files() if p.parts[0] in PACKAGES and p.suffix not in {".py", ""}}
    assert kinds <= set(settings["package-data"]["*"]), "a kind of data file would be left out"
