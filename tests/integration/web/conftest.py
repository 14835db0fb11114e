"""A real node on SQLite with people in it, and browsers without a window that are signed in."""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from registry import site
from registry.crypto.tokens.jwk import new_key
from registry.demo.prepare import join, make_node
from registry.domain.model import Session
from registry.ports import Services
from registry.services import build
from tests.integration.web import people

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
HOST = "pe.localhost:8000"


@dataclass
class Clinic:
    """One node: its services, its pages, who works there, who is treated there."""

    services: Services
    app: Flask
    accounts: dict[str, people.Account]
    maria: str
    jose: str


@dataclass
class Browser:
    """A person's browser: keeps cookies, fills in the form token."""

    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers={"Sec-Fetch-Site": "same-origin"})

    def post(self, path: str, page: str = "", **values: object) -> TestResponse:
        """Send a form of a page (of its own address when none is given)."""
        found = TOKEN.search(self.get(page or path).text)
        assert found, f"{page or path} has no form"
        data = {"csrf_token": found[1], **{key.replace("__", "-"): value for key, value in values.items()}}
        return self.client.post(path, data=data, headers={"Sec-Fetch-Site": "same-origin", "Origin": "null"})


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """Give a test module a node of its own, without a broker and without limits."""
    folder: Path = tmp_path_factory.mktemp("clinic")
    node = make_node("pe", folder, 8000, {"PUENTE_LIMITS": "off"})
    join([node], new_key("P-384"))
    services = build(node.settings)
    app = site.make(services)
    app.testing = True
    made = people.accounts(services)
    return Clinic(services, app, made, people.well_known(services), people.hardly_known(services))


@pytest.fixture
def visitor(clinic: Clinic) -> Browser:
    """Give a browser that is not signed in."""
    return Browser(clinic.app.test_client())


@pytest.fixture
def signed_in(clinic: Clinic) -> Callable[[str], Browser]:
    """Give a function from a role to a browser that is signed in."""

    def enter(role: str) -> Browser:
        return with_session(clinic, role)

    return enter


@pytest.fixture
def rosa(clinic: Clinic) -> Browser:
    """Give the browser of a clinician."""
    return with_session(clinic, "clinician")


def with_session(clinic: Clinic, role: str) -> Browser:
    """Give a browser with a session of its own, as sign-in would make it, without the slow password."""
    cookie = secrets.token_urlsafe(32)
    browser = Browser(clinic.app.test_client())
    with clinic.services.unit() as unit:
        now = unit.now()
        digest = hashlib.sha256(cookie.encode()).digest()
        unit.sessions.add(Session(digest, clinic.accounts[role].user_id, now, now, 2))
        unit.commit()
    browser.client.set_cookie("puente_pe", cookie, domain="localhost")
    return browser


def sign_in(clinic: Clinic, role: str) -> Browser:
    """Sign in on the page, with a code that was not used before."""
    account = clinic.accounts[role]
    browser = Browser(clinic.app.test_client())
    forget_code(clinic, account)
    code = pyotp.parse_uri(account.totp_uri).now()
    answer = browser.post("/sign-in", name=account.name, password=people.PASSWORD, code=code)
    assert answer.status_code == 303, answer.text
    return browser


def forget_code(clinic: Clinic, account: people.Account) -> None:
    """Let the same half-minute's code be used again: tests do not wait for the next one."""
    with clinic.services.unit() as unit:
        user = unit.users.get(account.user_id)
        assert user is not None
        unit.users.save(replace(user, totp_step=0, failures=0, locked_until=None))
        unit.commit()
