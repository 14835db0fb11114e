"""A clinician's morning in a real browser: with the keyboard alone, without JavaScript, and with htmx."""

from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration.web import people
from tests.integration.web.conftest import forget_code
from tests.walks.browser.served import Served, keep, serve, sign_in, somebody

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a node for this module."""
    with serve(tmp_path_factory.mktemp("walk") / "pe") as found:
        yield found


def press_until(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until something has the focus."""
    for _ in range(most):
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with the keyboard")


def test_sign_in_find_and_hand_over_medicine_with_the_keyboard_alone(
    chromium: Browser, served: Served
) -> None:
    account = served.clinic.accounts["clinician"]
    forget_code(served.clinic, account)
    person = people.well_known(served.services, "V42345678")
    with somebody(chromium, served) as page:
        page.goto("/sign-in")
        for selector, text in (
            ("#name", account.name),
            ("#password", people.PASSWORD),
            ("#code", pyotp.parse_uri(account.totp_uri).now()),
        ):
            press_until(page, selector)
            page.keyboard.type(text)
        page.keyboard.press("Enter")
        page.wait_for_selector("#identifier")
        press_until(page, "#identifier")
        page.keyboard.type("V42345678")
        page.keyboard.press("Enter")
        page.wait_for_url("**/people?q=*")
        press_until(page, f"a[href='/people/{person}']")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-days='9']")
        press_until(page, "a[href$='/dispense']")
        page.keyboard.press("Enter")
        page.wait_for_selector("#quantity")
        press_until(page, "[name=product]")
        page.keyboard.press("Space")
        for selector, text in (("#quantity", "90"), ("#days", "90")):
            press_until(page, selector)
            page.keyboard.type(text)
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-days='99']")
        keep(page, "walk-handed-over")


def test_consent_preview_and_sending_without_javascript(chromium: Browser, served: Served) -> None:
    person = people.well_known(served.services, "V52345678")
    with somebody(chromium, served, javascript=False) as page:
        sign_in(page, served)
        page.goto(f"/people/{person}/send")
        page.click("text=Registrar antes el consentimiento")
        keep(page, "walk-consent")
        page.check("#agreed")
        page.click("text=Registrar el consentimiento")
        page.wait_for_url(f"**/people/{person}/send/co")
        expect(page.locator(".p-leaves").first).to_be_visible()
        keep(page, "walk-preview")
        page.click("text=Enviar ahora")
        page.wait_for_url("**/deliveries/*")
        expect(page.locator("#line")).to_contain_text("En la cola")
        item = page.url.rsplit("/", 1)[1]
        with served.services.unit() as unit:
            unit.outbox.finish(item, "delivered")
            unit.commit()
        page.click("text=Mirar otra vez")
        expect(page.locator("#line")).to_contain_text("Entregado")


def test_the_run_out_is_counted_without_javascript_too(chromium: Browser, served: Served) -> None:
    with somebody(chromium, served, javascript=False) as page:
        sign_in(page, served)
        page.goto(f"/people/{served.clinic.maria}/dispense")
        page.check("#product")
        page.fill("#quantity", "30")
        page.fill("#days", "30")
        page.click("text=Contar otra vez")
        expect(page.locator("#after")).to_contain_text("39 días")
        assert page.input_value("#quantity") == "30"


def test_the_run_out_appears_while_typing(chromium: Browser, served: Served) -> None:
    with somebody(chromium, served) as page:
        sign_in(page, served)
        page.goto(f"/people/{served.clinic.maria}/dispense")
        page.check("#product")
        page.fill("#quantity", "60")
        page.fill("#days", "60")
        expect(page.locator("#after")).to_contain_text("69 días")
        page.fill("#days", "6000")
        expect(page.locator("#after")).to_contain_text("Complete medicamento")
        assert page.input_value("#days") == "6000"
        keep(page, "walk-counting")


def test_the_delivery_line_renews_itself_until_it_is_over(chromium: Browser, served: Served) -> None:
    person = people.well_known(served.services, "V62345678")
    with somebody(chromium, served) as page:
        sign_in(page, served)
        page.goto(f"/people/{person}/consents?partner=co&then=send")
        page.check("#agreed")
        page.click("text=Registrar el consentimiento")
        page.click("text=Enviar ahora")
        page.wait_for_url("**/deliveries/*")
        item = page.url.rsplit("/", 1)[1]
        for state, words in (("sent", "lo está revisando"), ("delivered", "firmó un acuse de recibo")):
            with served.services.unit() as unit:
                unit.outbox.finish(item, state)  # type: ignore[arg-type]
                unit.commit()
            expect(page.locator("#line")).to_contain_text(words)
        assert page.locator("#line[hx-trigger]").count() == 0
        keep(page, "walk-delivered")


def test_hiding_the_page_leaves_nothing_behind_the_back_button(chromium: Browser, served: Served) -> None:
    with somebody(chromium, served) as page:
        sign_in(page, served)
        page.goto(f"/people/{served.clinic.maria}")
        page.click("[data-exit]")
        page.wait_for_url("**/away")
        assert "Puente" not in page.content()
        page.go_back()
        assert f"/people/{served.clinic.maria}" not in page.url
        page.goto(f"/people/{served.clinic.jose}")
        for _ in range(3):
            page.keyboard.press("Escape")
        page.wait_for_url("**/away")


def test_the_language_changes_where_the_person_is(chromium: Browser, served: Served) -> None:
    with somebody(chromium, served) as page:
        sign_in(page, served)
        page.goto(f"/people/{served.clinic.maria}")
        page.click("button[value=pt]")
        expect(page.locator("#days")).to_contain_text("Dias de medicamento que restam")
        page.click("button[value=en]")
        expect(page.locator("#days")).to_contain_text("Days of medicine left")
        keep(page, "walk-english")
