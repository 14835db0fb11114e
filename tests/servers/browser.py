"""A real Chromium; where it is missing the browser tests say so, and in CI they fail."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # loaded when first used: every run reads this module, few need a browser
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 10_000


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """Give the test module a browser: longer-lived, its event loop would disturb other modules."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM} is missing, and in CI the browser tests may not be skipped")
        pytest.skip(f"{CHROMIUM} is missing")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: "Browser") -> Iterator["Page"]:
    """Give the test a page without cookies, cache or history; Spanish, in the time of Lima."""
    context = chromium.new_context(locale="es-PE", timezone_id="America/Lima")
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()
