"""Register a person: several documents, warnings that do not block, the same person shown before saving."""

import re

from tests.integration.web.conftest import Browser, Clinic

LOOKED = re.compile(r'name="looked" value="([^"]*)"')


def test_a_person_with_several_documents_is_registered_and_shown(rosa: Browser) -> None:
    answer = rosa.post(
        "/people/new", given="Luz", family="Paredes", sex="female", born__year="1999",
        kind__1="ve-ci", number__1="V 9.876.543", kind__2="co-ppt", number__2="5550123",
        country="VE", language="es", phone="+51 999 555 011",
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    text = rosa.get(answer.headers["Location"]).text
    assert "La persona quedó registrada." in text
    assert "Luz Paredes" in text
    assert "V9876543" in text
    assert "5550123" in text
    assert "La persona quedó registrada." not in rosa.get(answer.headers["Location"]).text


def test_a_wrong_check_digit_warns_once_and_does_not_block(rosa: Browser) -> None:
    typed = {"given": "Eva", "family": "Loor", "sex": "female", "kind__1": "ec-ci", "number__1": "1712345670"}
    if "ec-ci" not in rosa.get("/people/new").text:
        raise AssertionError("the node no longer offers this document: choose another one for the test")
    first = rosa.post("/people/new", **typed)
    assert first.status_code == 200
    assert "el dígito verificador no concuerda" in first.text
    assert 'value="1712345670"' in first.text
    looked = LOOKED.search(first.text)
    assert looked
    assert rosa.post("/people/new", **typed, looked=looked[1]).status_code == 303


def test_somebody_with_the_same_document_is_shown_before_saving(clinic: Clinic, rosa: Browser) -> None:
    typed = {
        "given": "María",
        "family": "Rojas",
        "sex": "female",
        "kind__1": "ve-ci",
        "number__1": "V12345678",
    }
    first = rosa.post("/people/new", **typed)
    assert first.status_code == 200
    assert f"/people/{clinic.maria}" in first.text
    changed = {**typed, "kind__2": "ve-pp", "number__2": "P12345678", "looked": "same-document:x"}
    assert rosa.post("/people/new", **changed).status_code == 200


def test_somebody_of_the_same_name_and_birth_date_is_shown_before_saving(
    clinic: Clinic, rosa: Browser
) -> None:
    typed = {"given": "María Elena", "family": "Rojas Contreras", "sex": "female",
             "born__year": "1994", "born__month": "5", "born__day": "17"}  # fmt: skip
    answer = rosa.post("/people/new", **typed)
    assert answer.status_code == 200
    assert "Mismo nombre y fecha de nacimiento" in answer.text
    assert f"/people/{clinic.maria}" in answer.text


def test_more_rows_for_documents_keep_what_was_typed(rosa: Browser) -> None:
    answer = rosa.post("/people/new", given="Luz", more="yes", rows="3", number__3="777")
    assert answer.status_code == 200
    assert 'id="number-5"' in answer.text
    assert 'value="777"' in answer.text
    assert 'value="Luz"' in answer.text
    assert "govuk-error-summary" not in answer.text


def test_every_mistake_is_named_at_once_and_nothing_typed_is_lost(rosa: Browser) -> None:
    answer = rosa.post("/people/new", phone="call me", born__year="3000", number__1="123", family="")
    assert answer.status_code == 422
    for field in ("given", "born-day", "sex", "kind-1", "phone"):
        assert f'href="#{field}"' in answer.text, field
        assert f'id="{field}"' in answer.text, field
    assert 'value="call me"' in answer.text
    assert 'value="3000"' in answer.text
