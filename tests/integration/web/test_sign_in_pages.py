"""Sign in, stay, go out: one answer for every failure, cookies that nobody else gets."""

import hashlib
import re
from dataclasses import replace

import pyotp
import pytest

from tests.integration.web.conftest import Browser, Clinic, forget_code, sign_in
from tests.integration.web.people import PASSWORD


def code_of(clinic: Clinic, role: str) -> str:
    """Give the code the person's telephone shows."""
    forget_code(clinic, clinic.accounts[role])
    return str(pyotp.parse_uri(clinic.accounts[role].totp_uri).now())


def test_right_name_password_and_code_open_the_pages(clinic: Clinic, visitor: Browser) -> None:
    code = code_of(clinic, "clinician")
    answer = visitor.post("/sign-in", name="rosa", password=PASSWORD, code=code)
    assert answer.status_code == 303
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("puente_pe="))
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    assert "Rosa Huamán" in visitor.get("/").text


def test_every_failure_gets_the_same_answer(clinic: Clinic) -> None:
    code = code_of(clinic, "clinician")
    tries = [
        {"name": "rosa", "password": "wrong password 1", "code": code},
        {"name": "rosa", "password": PASSWORD, "code": "000000"},
        {"name": "rosa", "password": PASSWORD, "code": ""},
        {"name": "nobody", "password": PASSWORD, "code": code},
    ]
    answers = set()
    for typed in tries:
        browser = Browser(clinic.app.test_client())
        answer = browser.post("/sign-in", **typed)
        assert answer.status_code == 422
        assert PASSWORD not in answer.text
        marker = answer.text.index("govuk-error-summary")
        answers.add(answer.text[marker : answer.text.index("</div>", marker)])
    assert len(answers) == 1
    forget_code(clinic, clinic.accounts["clinician"])


def test_five_failures_rest_the_account_and_the_page_says_for_how_long(
    clinic: Clinic, visitor: Browser
) -> None:
    for _ in range(5):
        visitor.post("/sign-in", name="pedro", password="wrong password 1", code="123456")
    code = pyotp.parse_uri(clinic.accounts["pharmacist"].totp_uri).now()
    answer = visitor.post("/sign-in", name="pedro", password=PASSWORD, code=code)
    assert answer.status_code == 422
    assert "la cuenta descansa cinco minutos" in answer.text
    nobody = visitor.post("/sign-in", name="nobody-at-all", password=PASSWORD, code=code)
    assert (nobody.status_code, "la cuenta descansa cinco minutos" in nobody.text) == (422, True)
    forget_code(clinic, clinic.accounts["pharmacist"])


def test_a_code_opens_only_once(clinic: Clinic, visitor: Browser) -> None:
    code = code_of(clinic, "clinician")
    assert visitor.post("/sign-in", name="rosa", password=PASSWORD, code=code).status_code == 303
    other = Browser(clinic.app.test_client())
    assert other.post("/sign-in", name="rosa", password=PASSWORD, code=code).status_code == 422
    forget_code(clinic, clinic.accounts["clinician"])


def test_pages_send_people_who_are_not_signed_in_to_the_door_and_back(
    clinic: Clinic, visitor: Browser
) -> None:
    answer = visitor.get(f"/people/{clinic.maria}")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/sign-in?next=/people/{clinic.maria}"
    code = code_of(clinic, "clinician")
    page = answer.headers["Location"]
    back = visitor.post(
        "/sign-in", page, name="rosa", password=PASSWORD, code=code, next=f"/people/{clinic.maria}"
    )
    assert back.headers["Location"] == f"/people/{clinic.maria}"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "/\n/x"],
)
def test_sign_in_never_leads_to_another_place(clinic: Clinic, visitor: Browser, target: str) -> None:
    code = code_of(clinic, "clinician")
    answer = visitor.post("/sign-in", name="rosa", password=PASSWORD, code=code, next=target)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_sign_in_gives_a_new_session_and_the_old_value_opens_nothing(clinic: Clinic) -> None:
    browser = Browser(clinic.app.test_client())
    browser.client.set_cookie("puente_pe", "chosen-by-somebody-else", domain="localhost")
    code = code_of(clinic, "clinician")
    answer = browser.post("/sign-in", name="rosa", password=PASSWORD, code=code)
    cookie = browser.client.get_cookie("puente_pe")
    assert answer.status_code == 303
    assert cookie is not None
    assert cookie.value != "chosen-by-somebody-else"


def test_going_out_ends_the_session_on_the_server(clinic: Clinic, rosa: Browser) -> None:
    cookie = rosa.client.get_cookie("puente_pe")
    assert cookie is not None
    answer = rosa.post("/sign-out", "/")
    assert answer.headers["Location"] == "/sign-in"
    assert "Ha salido" in rosa.get("/sign-in").text
    thief = Browser(clinic.app.test_client())
    thief.client.set_cookie("puente_pe", cookie.value, domain="localhost")
    assert thief.get("/").status_code == 303


def test_a_closed_account_is_out_at_once(clinic: Clinic) -> None:
    browser = sign_in(clinic, "community")
    with clinic.services.unit() as unit:
        user = unit.users.get(clinic.accounts["community"].user_id)
        assert user is not None
        unit.users.save(replace(user, disabled=True))
        unit.commit()
    assert browser.get("/").status_code == 303
    with clinic.services.unit() as unit:
        unit.users.save(replace(user, disabled=False))
        unit.commit()


def test_the_framework_own_cookie_is_never_set(clinic: Clinic, rosa: Browser) -> None:
    for path in ("/", f"/people/{clinic.maria}", "/people/new", "/sign-in"):
        names = [line.split("=")[0] for line in rosa.get(path).headers.getlist("Set-Cookie")]
        assert "session" not in names


def test_the_language_stays_for_the_session_and_for_the_next_visit(clinic: Clinic, rosa: Browser) -> None:
    answer = rosa.post("/language", "/", language="pt", back="/deliveries")
    assert answer.headers["Location"] == "/deliveries"
    assert 'lang="pt"' in rosa.get("/").text
    assert "Procurar uma pessoa" in rosa.get("/").text
    rosa.post("/sign-out", "/")
    assert "Senha" in rosa.get("/sign-in").text
    assert "Password" in rosa.get("/sign-in?lang=en").text


def test_the_neutral_page_says_nothing_of_this_place(rosa: Browser) -> None:
    text = rosa.get("/away").text
    for word in ("Puente", "Rosa", "Perú", "Lima"):
        assert word not in text


def test_an_administrator_starts_at_the_accounts_and_reads_no_record(clinic: Clinic, signed_in) -> None:
    admin = signed_in("administrator")
    assert admin.get("/").headers["Location"] == "/users"
    assert admin.get(f"/people/{clinic.maria}").status_code == 403
    assert "Rojas" not in admin.get(f"/people/{clinic.maria}").text


def test_a_session_that_ended_says_why_once(clinic: Clinic, rosa: Browser) -> None:
    cookie = rosa.client.get_cookie("puente_pe")
    assert cookie is not None
    with clinic.services.unit() as unit:
        unit.sessions.end(hashlib.sha256(cookie.value.encode()).digest())
        unit.commit()
    assert rosa.get("/deliveries").status_code == 303
    assert "no hubo actividad durante un rato" in rosa.get("/sign-in").text
    assert "no hubo actividad" not in rosa.get("/sign-in").text


def test_a_change_of_language_leads_back_to_the_same_search(clinic: Clinic, rosa: Browser) -> None:
    address = rosa.post("/find", "/", name="María Rojas").headers["Location"]
    found = re.search(r'name="back" value="([^"]+)"', rosa.get(f"{address}&lang=pt").text)
    assert found
    answer = rosa.post("/language", "/", language="en", back=found[1].replace("&amp;", "&"))
    assert "1 person found" in rosa.get(answer.headers["Location"]).text


def test_a_page_made_from_a_form_leads_back_to_a_page_that_can_be_opened(
    clinic: Clinic, rosa: Browser
) -> None:
    page = f"/people/{clinic.maria}/dispense"
    for sent, back in (("/people/new", "/people/new"), (f"{page}/run-out", "/"), (page, page)):
        text = rosa.post(sent, page).text
        assert f'name="back" value="{back}"' in text


def test_the_navigation_offers_only_what_the_role_may_open(signed_in) -> None:
    for role, there, missing in (
        ("pharmacist", ('href="/"',), ('href="/incoming"', 'href="/deliveries"', 'href="/users"')),
        ("administrator", ('href="/users"',), ('href="/incoming"', 'href="/deliveries"')),
    ):
        text = signed_in(role).get("/users" if role == "administrator" else "/").text
        nav = text[text.index('<nav class="p-nav"') : text.index("</nav>")]
        assert all(link in nav for link in there)
        assert not any(link in nav for link in missing)
