"""Links of the documents lead somewhere, and nothing in them names the illness or a machine."""

from pathlib import Path

import pytest

from tests.house.test_words import FORBIDDEN
from tests.house.tree import words
from tests.integration.docs.reading import PAGES, ROOT, anchors, links, text

LARGEST_PICTURE = 200_000


def target_of(page: Path, link: str) -> tuple[Path, str]:
    path, _, anchor = link.partition("#")
    where = (ROOT / page).parent / path if path else ROOT / page
    return where.resolve(), anchor


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    wrong = []
    for link in links(page):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        target, anchor = target_of(page, link)
        there = target.exists() and target.is_relative_to(ROOT)
        if not there or (anchor and anchor not in anchors(target.relative_to(ROOT))):
            wrong.append(link)
    assert not wrong


def test_every_page_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [Path("README.md")]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        targets = (target_of(page, link)[0] for link in links(page) if "://" not in link)
        waiting += [path.relative_to(ROOT) for path in targets if path.suffix == ".md" and path.exists()]
    assert not set(PAGES) - seen


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_no_page_names_the_illness(page: Path) -> None:
    lines = enumerate(text(page).splitlines(), 1)
    assert not [number for number, line in lines if FORBIDDEN & set(words(line))]


def test_pictures_are_small() -> None:
    pictures = list(ROOT.glob("docs/images/*"))
    assert pictures
    assert not [path.name for path in pictures if path.stat().st_size > LARGEST_PICTURE]
