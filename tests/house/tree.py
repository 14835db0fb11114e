"""The files of the project as the house rules see them."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "fhir", "registry", "workers")
NOT_OURS = {".git", ".venv", "var", "build", "dist", "__pycache__", "vendor"}
NOT_TEXT = {".mo", ".png", ".ico", ".woff2", ".gz", ".pdf"}
WORD = re.compile(r"[^\W\d_]+")
HUMP = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-ZÀ-Þ])(?=[A-ZÀ-Þ][a-zà-ÿ])")


@cache
def files() -> tuple[Path, ...]:
    """List every file that is kept, relative to the root."""
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in NOT_OURS or path.name.endswith((".egg-info", "_cache")) or path.name == ".hypothesis":
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path.relative_to(ROOT)


@cache
def modules() -> tuple[Path, ...]:
    """List the Python modules of the four packages."""
    return tuple(p for p in files() if p.parts[0] in PACKAGES and p.suffix == ".py")


@cache
def text(path: Path) -> str:
    """Read one kept file; nothing for pictures and other bytes."""
    return "" if path.suffix in NOT_TEXT else (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """Parse one module."""
    return ast.parse(text(path), str(path))


def dotted(path: Path) -> str:
    """Give the dotted name of a module file: registry/api/__init__.py is registry.api."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def words(said: str) -> list[str]:
    """Split on everything that is no letter and where camelCase has its humps; lower case."""
    return [part.lower() for word in WORD.findall(said) for part in HUMP.split(word)]
