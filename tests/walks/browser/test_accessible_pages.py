"""Every page, wide and narrow: no accessibility violation, nothing cut off, nothing asked of other hosts."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.walks.browser.served import NARROW, WIDE, Served, keep, serve, sign_in, somebody

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
REFLOW = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a node for this module."""
    with serve(tmp_path_factory.mktemp("pages") / "pe") as found:
        yield found


def violations(page: object) -> list[str]:
    """Return what axe finds, in one line each."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_page_of_a_clinician_has_a_violation(
    chromium: Browser, served: Served, viewport: dict[str, int]
) -> None:
    troubles: dict[str, list[str]] = {}
    with somebody(chromium, served, viewport) as page:
        page.goto("/sign-in")
        troubles["sign-in"] = violations(page)
        sign_in(page, served)
        for name, address in served.addresses().items():
            page.goto(address)
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            troubles[name] = violations(page)
            keep(page, f"{name}-{viewport['width']}")
    assert not {name: found for name, found in troubles.items() if found}


def test_no_page_with_problems_or_notices_has_a_violation(chromium: Browser, served: Served) -> None:
    troubles: dict[str, list[str]] = {}
    with somebody(chromium, served) as page:
        page.goto("/sign-in")
        page.click("main button")
        troubles["sign-in"] = violations(page)
        sign_in(page, served)
        maria = f"/people/{served.clinic.maria}"
        for address in ("/", "/people/new", f"{maria}/dispense", f"{maria}/consents?partner=co"):
            page.goto(address)
            page.locator("main form button.govuk-button:not(.govuk-button--secondary)").first.click()
            page.wait_for_selector(".govuk-error-summary")
            troubles[address] = violations(page)
            assert page.evaluate("document.activeElement.matches('[data-focus]')")
        keep(page, "problems-1280")
    assert not {name: found for name, found in troubles.items() if found}


def test_no_page_of_an_administrator_and_not_the_neutral_page_has_a_violation(
    chromium: Browser, served: Served
) -> None:
    with somebody(chromium, served) as page:
        sign_in(page, served, "administrator")
        assert violations(page) == []
        keep(page, "users-1280")
        page.goto("/away")
        assert violations(page) == []
        keep(page, "away-1280")


def test_nothing_is_cut_off_on_the_smallest_screen(chromium: Browser, served: Served) -> None:
    cut = []
    with somebody(chromium, served, REFLOW) as page:
        sign_in(page, served)
        for name, address in served.addresses().items():
            page.goto(address)
            if page.evaluate("document.documentElement.scrollWidth") > REFLOW["width"]:
                cut.append(name)
    assert not cut


def test_the_first_useful_facts_stand_on_one_small_laptop_screen(chromium: Browser, served: Served) -> None:
    with somebody(chromium, served) as page:
        sign_in(page, served)
        page.goto(f"/people/{served.clinic.maria}")
        for selector in ("[data-days]", "[data-regimen]", "#load", "#cells"):
            box = page.locator(selector).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= WIDE["height"], selector
