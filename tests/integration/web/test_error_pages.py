"""Error pages: translated, with what to do next, without a word of what was inside."""

import logging
from dataclasses import replace
from typing import NoReturn

import pytest

from registry import site
from registry.errors import BadInput, Conflict, Gone, NotAllowed, NotFound, NotReady, TooLarge, TooMany
from registry.web.frame.errors import TEXTS
from tests.integration.web.conftest import Browser, Clinic

MARK = "Zulema Irrepetible 12345678"


def failing(clinic: Clinic, error: Exception) -> Browser:
    """Give a browser at a node whose database fails after the session was read."""
    state = {"calls": 0}

    def unit() -> object:
        state["calls"] += 1
        if state["calls"] > 1:
            fail()
        return clinic.services.unit()

    def fail() -> NoReturn:
        raise error

    from tests.integration.web.conftest import with_session

    browser = with_session(clinic, "clinician")
    cookie = browser.client.get_cookie("puente_pe")
    assert cookie is not None
    app = site.make(replace(clinic.services, unit=unit))  # type: ignore[arg-type]
    client = app.test_client()
    client.set_cookie("puente_pe", cookie.value, domain="localhost")
    return Browser(client)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadInput("x"), 400), (NotAllowed("x"), 403), (NotFound("x"), 404), (Conflict("x"), 409),
        (Gone("x"), 410), (TooLarge("x"), 413), (TooMany("x"), 429),
        (RuntimeError(MARK), 500), (NotReady("x"), 503),
    ],
)  # fmt: skip
def test_every_failure_is_a_page_in_three_languages(clinic: Clinic, error: Exception, status: int) -> None:
    titles = set()
    for language in ("es", "pt", "en"):
        browser = failing(clinic, error)
        answer = browser.get(f"/people/{clinic.maria}?lang={language}")
        assert answer.status_code == status
        assert f'<html lang="{language}"' in answer.text
        assert MARK not in answer.text
        start = answer.text.index("<h1")
        titles.add(answer.text[start : answer.text.index("</h1>", start)])
        assert 'href="/"' in answer.text
    assert len(titles) == 3


def test_a_failure_is_logged_by_its_place_and_never_by_its_text(
    clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        failing(clinic, RuntimeError(MARK)).get(f"/people/{clinic.maria}")
    assert any(record.message == "page-failed" for record in caplog.records)
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "Zulema" not in logged
    assert "12345678" not in logged
    assert clinic.maria not in logged


def test_a_database_that_is_away_from_the_start_still_gives_a_page(clinic: Clinic) -> None:
    def unit() -> NoReturn:
        raise NotReady("x")

    app = site.make(replace(clinic.services, unit=unit))  # type: ignore[arg-type]
    client = app.test_client()
    client.set_cookie("puente_pe", "anything", domain="localhost")
    answer = client.get("/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert "anote lo que entregue" in answer.text


def test_an_address_that_nobody_serves_is_a_page(rosa: Browser, visitor: Browser) -> None:
    answer = rosa.get("/nowhere")
    assert answer.status_code == 404
    assert "Rosa Huamán" in answer.text
    assert visitor.get("/nowhere").status_code == 404
    assert rosa.client.put("/").status_code == 405


def test_all_pages_that_an_operator_expects_exist() -> None:
    assert {400, 403, 404, 410, 429, 500, 503} <= set(TEXTS)
