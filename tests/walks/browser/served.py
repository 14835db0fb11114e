"""A node's pages over real HTTP on this machine, and a person in front of a real browser."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyotp
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from registry import site
from registry.crypto.tokens.jwk import new_key
from registry.demo.prepare import join, make_node
from registry.ports import Services
from registry.services import build
from tests.integration.web import people
from tests.integration.web.conftest import Clinic, forget_code

WIDE = {"width": 1280, "height": 720}
NARROW = {"width": 390, "height": 844}
PATIENCE_MS = 10_000
SHOTS = Path(__file__).parents[3] / "var" / "screenshots"


@dataclass(frozen=True)
class Served:
    """A clinic and where a browser finds it."""

    clinic: Clinic
    url: str
    inbox_id: str

    @property
    def services(self) -> Services:
        """Return the node's adapters."""
        return self.clinic.services

    def addresses(self) -> dict[str, str]:
        """Return every kind of page by a name."""
        maria, jose = f"/people/{self.clinic.maria}", f"/people/{self.clinic.jose}"
        return {
            "find": "/", "register": "/people/new", "chart": maria, "chart-unknown": jose,
            "dispense": f"{maria}/dispense", "consents": f"{maria}/consents",
            "consent": f"{maria}/consents?partner=co", "ask": f"{maria}/ask", "send": f"{maria}/send",
            "preview": f"{maria}/send/co", "looked": f"{maria}/looked", "incoming": "/incoming",
            "incoming-one": f"/incoming/{self.inbox_id}", "deliveries": "/deliveries", "nowhere": "/nowhere",
        }  # fmt: skip


@contextmanager
def serve(folder: Path) -> Iterator[Served]:
    """Serve a node with people in it until the block ends."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    node = make_node("pe", folder, port, {"PUENTE_LIMITS": "off"})
    join([node], new_key("P-384"))
    services = build(node.settings)
    app = site.make(services)
    accounts = people.accounts(services)
    clinic = Clinic(services, app, accounts, people.well_known(services), people.hardly_known(services))
    inbox_id = people.receive_document(services, people.document_of_others())
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(clinic, f"http://pe.localhost:{port}", inbox_id)
    server.shutdown()
    thread.join()


@contextmanager
def somebody(
    browser: Browser, served: Served, viewport: dict[str, int] | None = None, javascript: bool = True
) -> Iterator[Page]:
    """Give a page in a fresh window that fails the test on any console error or request to elsewhere."""
    context: BrowserContext = browser.new_context(
        base_url=served.url,
        locale="es-PE",
        timezone_id="America/Lima",
        viewport=viewport or WIDE,  # type: ignore[arg-type]
        java_script_enabled=javascript,
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(served.url) else troubles.append(asked.url))
    page.on("request", lambda asked: troubles.append(asked.url) if "/fonts/" in asked.url else None)
    yield page
    context.close()
    expected = re.compile(r"status of (400|404|422|403)")
    unexpected = [trouble for trouble in troubles if not expected.search(trouble)]
    assert not unexpected, unexpected


def sign_in(page: Page, served: Served, role: str = "clinician") -> None:
    """Sign in as a person does."""
    account = served.clinic.accounts[role]
    forget_code(served.clinic, account)
    page.goto("/sign-in")
    page.fill("#name", account.name)
    page.fill("#password", people.PASSWORD)
    page.fill("#code", pyotp.parse_uri(account.totp_uri).now())
    page.click("main button")
    page.wait_for_url(lambda address: "/sign-in" not in address)


def keep(page: Page, name: str) -> None:
    """Keep a picture of the page for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
