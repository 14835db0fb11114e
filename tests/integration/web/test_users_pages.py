"""The people who may sign in, for administrators only."""

import re

import pyotp

from tests.integration.web.conftest import Browser, Clinic

NEW = {
    "display": "Ana Pérez",
    "role": "clinician",
    "facility": "tumbes",
    "language": "pt",
    "password": "long enough 12345",
}


def test_somebody_added_can_sign_in_with_the_code_shown_once(clinic: Clinic, signed_in) -> None:
    admin = signed_in("administrator")
    answer = admin.post("/users", name="ana.perez", **NEW)
    assert answer.status_code == 200
    uri = re.search(r"otpauth://[^<\s]+", answer.text)
    assert uri
    assert "<svg" in answer.text
    assert "otpauth" not in admin.get("/users").text
    browser = Browser(clinic.app.test_client())
    code = pyotp.parse_uri(uri[0].replace("&amp;", "&")).now()
    done = browser.post("/sign-in", name="ana.perez", password=NEW["password"], code=code)
    assert done.status_code == 303
    assert 'lang="pt"' in browser.get("/").text


def test_an_account_is_closed_and_opened_again(clinic: Clinic, signed_in) -> None:
    admin = signed_in("administrator")
    user_id = clinic.accounts["community"].user_id
    assert admin.post(f"/users/{user_id}/disable", "/users").headers["Location"] == "/users"
    assert "cerrada" in admin.get("/users").text
    admin.post(f"/users/{user_id}/disable", "/users", open="yes")
    assert "cerrada" not in admin.get("/users").text


def test_nobody_else_sees_or_changes_accounts(clinic: Clinic, rosa: Browser) -> None:
    assert rosa.get("/users").status_code == 403
    assert rosa.post("/users", "/", name="eve", **NEW).status_code == 403
    own = clinic.accounts["administrator"].user_id
    assert rosa.post(f"/users/{own}/disable", "/").status_code == 403


def test_mistakes_are_named(signed_in) -> None:
    admin = signed_in("administrator")
    answer = admin.post("/users", name="Not A Name!", **{**NEW, "role": "king", "password": "short"})
    assert answer.status_code == 422
    for field in ("role", "password"):
        assert f'href="#{field}"' in answer.text
    assert "short" not in answer.text
    taken = admin.post("/users", name="rosa", **NEW)
    assert taken.status_code == 422
    assert "ya existe" in taken.text
    own = admin.post("/users/none/disable", "/users")
    assert own.status_code == 404


def test_administrators_cannot_close_their_own_account(clinic: Clinic, signed_in) -> None:
    admin = signed_in("administrator")
    answer = admin.post(f"/users/{clinic.accounts['administrator'].user_id}/disable", "/users")
    assert answer.status_code == 400
    assert "No puede cerrar su propia cuenta." in answer.text
