"""Whatever is typed into a form, the answer is a page: never a failure, never a field that is not named."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.web.conftest import TOKEN, Browser, Clinic, with_session

HUGE = "9" * 4_000
ODD = [
    "",
    " ",
    "\x00",
    "a\nb",
    "\u202eabc",
    "%s%n",
    "{{7*7}}",
    "' OR 1=1 --",
    "<b>",
    "-1",
    "1e309",
    "NaN",
    "٣",
    "0",
    HUGE,
]
FORMS = {
    "/sign-in": ("name", "password", "code", "next"),
    "/find": ("identifier", "kind", "name", "born-day", "born-month", "born-year"),
    "/people/new": ("given", "family", "sex", "born-year", "born-month", "kind-1", "number-1", "phone",
                    "language", "country", "rows", "looked"),
    "/people/{person}/dispense": ("product", "quantity", "dose", "days", "day", "pickup", "facility"),
    "/people/{person}/dispense/run-out": ("product", "quantity", "dose", "days", "day", "pickup", "facility"),
    "/people/{person}/consents": ("partner", "classes", "days", "agreed", "discoverable", "in", "then"),
    "/people/{person}/ask": ("partner",),
    "/people/{person}/send/co": ("anything",),
    "/language": ("language", "back"),
    "/users": ("name", "display", "role", "password", "facility", "language"),
}  # fmt: skip
PAGES = {
    "/find": "/",
    "/language": "/",
    "/people/{person}/dispense/run-out": "/people/{person}/dispense",
    "/people/{person}/send/co": "/",
    "/people/{person}/consents": "/people/{person}/consents?partner=co",
}


def browser_for(clinic: Clinic, form: str) -> Browser:
    """Give somebody who may see the form."""
    if form == "/sign-in":
        return Browser(clinic.app.test_client())
    return with_session(clinic, "administrator" if form == "/users" else "clinician")


def send(browser: Browser, form: str, person: str, typed: dict[str, str]) -> tuple[int, str]:
    """Send a form with a good token; return status and text."""
    page = PAGES.get(form, form).format(person=person)
    token = TOKEN.search(browser.get(page).text)
    assert token
    answer = browser.client.post(form.format(person=person), data={**typed, "csrf_token": token[1]})
    return answer.status_code, answer.text


@pytest.mark.parametrize("form", FORMS)
def test_every_field_takes_anything_without_a_failure(clinic: Clinic, form: str) -> None:
    browser = browser_for(clinic, form)
    for value in ODD:
        status, text = send(browser, form, clinic.jose, dict.fromkeys(FORMS[form], value))
        assert status in (200, 303, 400, 413, 422, 429), (form, value[:10], status)
        assert "<b>" not in text
        assert "49" not in re.findall(r'value="(\d+)"', text)
        for field in re.findall(r'href="#([a-z0-9-]+)"', text):
            assert f'id="{field}"' in text, (form, field)


@pytest.mark.parametrize(
    "form", [form for form in FORMS if form not in ("/language", "/people/{person}/send/co")]
)
def test_an_empty_form_names_its_first_field(clinic: Clinic, form: str) -> None:
    status, text = send(browser_for(clinic, form), form, clinic.jose, {})
    assert status == 422
    assert re.search(r'<a href="#[a-z0-9-]+">[^<]+</a>', text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.dictionaries(st.sampled_from(FORMS["/people/{person}/dispense"]), st.text(max_size=30)))
def test_no_text_breaks_the_delivery_of_medicine(
    clinic: Clinic, rosa: Browser, typed: dict[str, str]
) -> None:
    form = "/people/{person}/dispense/run-out"
    typed = {key: value.encode("utf-8", "replace").decode() for key, value in typed.items()}
    assert send(rosa, form, clinic.jose, typed)[0] in (200, 422)


def test_a_body_of_ten_megabytes_is_refused_with_a_page(clinic: Clinic, rosa: Browser) -> None:
    answer = rosa.client.post("/find", data={"identifier": "9" * 10_000_000})
    assert answer.status_code == 413
    assert "demasiado grande" in answer.text


def test_a_form_with_thousands_of_fields_is_refused_with_a_page(rosa: Browser) -> None:
    answer = rosa.client.post("/find", data={f"field{number}": "x" for number in range(50_000)})
    assert answer.status_code == 413


def test_bytes_that_are_no_text_are_a_page(rosa: Browser) -> None:
    answer = rosa.client.post(
        "/find", data=b"\xff\xfe=\xff&name=%ff%fe", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 400
