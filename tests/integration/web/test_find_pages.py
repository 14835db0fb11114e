"""Find a person: what was typed stays out of addresses, document numbers stay masked."""

from tests.integration.web.conftest import Browser, Clinic


def search(browser: Browser, **typed: str) -> tuple[str, str]:
    """Search and return the address and the text of the results."""
    answer = browser.post("/find", "/", **typed)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"], browser.get(answer.headers["Location"]).text


def test_a_document_finds_the_person_and_shows_only_its_end(clinic: Clinic, rosa: Browser) -> None:
    address, text = search(rosa, identifier="V-12.345.678", kind="ve-ci")
    assert f"/people/{clinic.maria}" in text
    assert "•678" in text
    assert "12345678" not in text
    assert "345" not in address.replace("%", "") or "12345678" not in address


def test_a_document_is_found_without_knowing_its_kind(clinic: Clinic, rosa: Browser) -> None:
    _, text = search(rosa, identifier="P12345678")
    assert f"/people/{clinic.maria}" in text


def test_a_name_with_another_spelling_finds_the_person(clinic: Clinic, rosa: Browser) -> None:
    _, text = search(rosa, name="Maria Rojas", born__year="1994")
    assert f"/people/{clinic.maria}" in text


def test_nothing_that_was_typed_stands_in_the_address(rosa: Browser) -> None:
    address, _ = search(rosa, name="Zulema Irrepetible", born__year="1971", born__month="3", born__day="9")
    for word in ("Zulema", "Irrepetible", "1971"):
        assert word not in address


def test_a_search_opens_for_nobody_else(clinic: Clinic, rosa: Browser, signed_in) -> None:
    address, _ = search(rosa, name="María Rojas")
    assert signed_in("pharmacist").get(address).status_code == 400
    assert rosa.get(address + "x").status_code == 400
    assert rosa.get("/people?q=" + "A" * 6000).status_code == 400
    assert rosa.get("/people").status_code == 400


def test_nobody_found_leads_to_another_search_and_to_registering(rosa: Browser) -> None:
    address, text = search(rosa, identifier="99999999", kind="dni")
    assert "No se encontró a nadie" in text
    token = address.split("q=")[1]
    assert f"/people/new?q={token}" in text
    form = rosa.get(f"/people/new?q={token}").text
    assert 'value="99999999"' in form
    assert '<option value="dni" selected>' in form


def test_an_empty_search_names_the_field(rosa: Browser) -> None:
    answer = rosa.post("/find", "/")
    assert answer.status_code == 422
    assert 'href="#identifier"' in answer.text
    assert "Escriba un número de documento o un nombre." in answer.text


def test_what_was_typed_is_still_there_after_a_mistake(rosa: Browser) -> None:
    answer = rosa.post("/find", "/", name="Zulema", born__year="1971", born__month="13")
    assert answer.status_code == 422
    assert 'value="Zulema"' in answer.text
    assert 'value="13"' in answer.text
    assert 'href="#born-day"' in answer.text


def test_people_opened_last_are_at_hand_until_sign_out(clinic: Clinic, rosa: Browser) -> None:
    assert "María Elena Rojas" not in rosa.get("/").text
    rosa.get(f"/people/{clinic.maria}")
    rosa.get(f"/people/{clinic.jose}")
    text = rosa.get("/").text
    assert text.index("José Silva") < text.index("María Elena Rojas Contreras")
    cookie = rosa.client.get_cookie("puente_pe-recent")
    assert cookie is not None
    assert "Rojas" not in cookie.value
    rosa.post("/sign-out", "/")
    assert rosa.client.get_cookie("puente_pe-recent") is None


def test_a_search_is_counted_in_the_audit_trail(clinic: Clinic, rosa: Browser) -> None:
    search(rosa, name="María Rojas")
    with clinic.services.unit() as unit:
        newest = unit.audit.recent(3)
    assert any(row["action"] == "search" for row in newest)
