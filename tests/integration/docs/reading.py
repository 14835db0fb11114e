"""The documents as the tests read them: fenced blocks, links, tables and the names in backticks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGES = tuple(
    sorted(
        path.relative_to(ROOT)
        for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md"))
    )
)
EVERY = "every"
PLAIN = "plain"

_FENCE = re.compile(r"(?:<!-- (run)(?:: ([a-z ]+))? -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, text and line, and the sessions that run it (none: it is not run)."""

    page: Path
    line: int
    language: str
    text: str
    sessions: tuple[str, ...]


@cache
def text(page: Path) -> str:
    """Return a page."""
    return (ROOT / page).read_text("utf-8")


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page; a plain `<!-- run -->` before one puts it into the plain session."""
    said = text(page)
    for found in _FENCE.finditer(said):
        run, sessions, language, body = found.groups()
        named = tuple((sessions or PLAIN).split()) if run else ()
        yield Block(page, said.count("\n", 0, found.start()) + 1, language, body, named)


def session(page: Path, name: str) -> list[Block]:
    """Return the blocks one session runs, in order."""
    return [block for block in blocks(page) if {name, EVERY} & set(block.sessions)]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", text(page))


def links(page: Path) -> Iterator[str]:
    """Yield where the links and images of a page point."""
    yield from _LINK.findall(_CODE.sub("", prose(page)))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose(page)))
    return {heading.strip().replace(" ", "-") for heading in plain}


def names(page: Path) -> list[str]:
    """Return everything in backticks outside fenced blocks."""
    return _CODE.findall(prose(page))


def rows(page: Path, heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading, without its head."""
    part = text(page).split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line.strip() for line in part.splitlines()]
    table: list[str] = []
    for line in lines:
        if line.startswith("|"):
            table.append(line)
        elif table:
            break
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table[2:]]
