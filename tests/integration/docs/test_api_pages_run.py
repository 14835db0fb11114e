"""The examples of the interface pages are run in order against a live node, as a partner would type them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.docs.reading import PAGES, session
from tests.servers.live import Live

WITHIN_SECONDS = 60
# The overview only points to pages, and the quick start begins before there is a token: it has its own test.
OTHERS = ("README", "quick-start")
API_PAGES = [page for page in PAGES if page.parts[:2] == ("docs", "api") and page.stem not in OTHERS]


def script(page: Path) -> str:
    return "\n".join(f"echo '--- {page}:{block.line}'\n{block.text}" for block in session(page, "api"))


@pytest.mark.parametrize("page", API_PAGES, ids=lambda page: page.stem)
def test_every_page_has_an_example_that_works(
    page: Path, live_node: Live, live_token: str, tmp_path: Path
) -> None:
    written = script(page)
    assert "curl" in written or "python" in written
    shell = shutil.which("bash")
    assert shell
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "BASE": live_node.base,
        "TOKEN": live_token,
        "TMPDIR": str(tmp_path),
    }
    done = subprocess.run(
        [shell, "-euo", "pipefail", "-c", written],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-1000:]


def test_there_are_pages() -> None:
    assert len(API_PAGES) >= 1
