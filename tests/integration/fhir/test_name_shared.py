"""The name `fhir` belongs to this project and to the library at once: both halves must import at run time."""

import importlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MODULES = ("fhir.wire", "fhir.profiles", "fhir.bundle", "fhir.codes", "fhir.resources.R4B.patient")


def test_both_halves_of_the_name_import() -> None:
    ours, theirs = importlib.import_module("fhir.wire"), importlib.import_module("fhir.resources.R4B.patient")
    assert Path(str(ours.__file__)).parent == ROOT / "fhir"
    assert "site-packages" in str(theirs.__file__)


def test_both_halves_import_in_a_fresh_process_in_any_order() -> None:
    for order in (MODULES, MODULES[::-1]):
        code = ";".join(f"import {name}" for name in order)
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


def test_no_module_of_ours_hides_the_library() -> None:
    assert not list((ROOT / "fhir").glob("resources*"))
    assert "extend_path" in (ROOT / "fhir" / "__init__.py").read_text(encoding="utf-8")


def test_the_version_is_chosen_in_one_place() -> None:
    users = [
        path.relative_to(ROOT).as_posix()
        for folder in ("config", "fhir", "registry", "workers")
        for path in (ROOT / folder).rglob("*.py")
        if "fhir.resources.R4B" in path.read_text(encoding="utf-8")
    ]
    assert users == ["fhir/r4.py"]
