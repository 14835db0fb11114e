"""A form counts only when it comes from our own page, in the same session."""

import pytest

from tests.integration.web.conftest import TOKEN, Browser, Clinic


def token_of(browser: Browser, path: str) -> str:
    """Give the token of a page's form."""
    found = TOKEN.search(browser.get(path).text)
    assert found
    return found[1]


def test_a_form_without_a_token_is_refused_with_a_page(clinic: Clinic, rosa: Browser) -> None:
    answer = rosa.client.post(f"/people/{clinic.maria}/dispense", data={"product": "TDF/3TC/DTG"})
    assert answer.status_code == 400
    assert "No pudimos leer eso" in answer.text


def test_a_token_of_another_session_is_refused(clinic: Clinic, rosa: Browser, signed_in) -> None:
    other = signed_in("pharmacist")
    answer = rosa.client.post("/find", data={"csrf_token": token_of(other, "/"), "name": "Ana"})
    assert answer.status_code == 400


def test_a_token_from_before_sign_in_is_refused_after_it(clinic: Clinic) -> None:
    from tests.integration.web.conftest import sign_in

    browser = Browser(clinic.app.test_client())
    before = token_of(browser, "/sign-in")
    rosa = sign_in(clinic, "clinician")
    assert rosa.client.post("/find", data={"csrf_token": before, "name": "Ana"}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://pe.localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://co.localhost:8000"},
    ],
)
def test_a_form_from_another_site_is_refused_even_with_a_token(
    rosa: Browser, headers: dict[str, str]
) -> None:
    data = {"csrf_token": token_of(rosa, "/"), "name": "Ana"}
    answer = rosa.client.post("/find", data=data, headers=headers)
    assert answer.status_code == 400
    assert "otro sitio" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://pe.localhost:8000"},
        {"Origin": "http://localhost"},
    ],
)
def test_our_own_forms_pass_in_every_browser(rosa: Browser, headers: dict[str, str]) -> None:
    data = {"csrf_token": token_of(rosa, "/"), "name": "Ana Souza"}
    assert rosa.client.post("/find", data=data, headers=headers).status_code == 303
