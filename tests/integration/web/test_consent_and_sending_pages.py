"""Consent for a corridor, the question to a partner, the summary that leaves, and where it is."""

import re

import pytest

from registry.domain.model import OutboxState
from tests.integration.web import people
from tests.integration.web.conftest import Browser, Clinic

AGREED = {"partner": "co", "classes": ["identity", "clinical"], "days": "180", "agreed": "yes", "in": "es"}


@pytest.fixture
def person(clinic: Clinic) -> str:
    """Give a person of whom nobody has recorded a consent."""
    return people.well_known(clinic.services, f"V{hash(object()) % 10**8:08d}")


def consent(browser: Browser, person: str, **more: object) -> str:
    """Record a consent for Colombia; return where the page leads."""
    page = f"/people/{person}/consents"
    answer = browser.post(page, f"{page}?partner=co", **{**AGREED, **more})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_the_text_to_read_aloud_is_in_the_language_of_the_person(clinic: Clinic, rosa: Browser) -> None:
    page = f"/people/{clinic.maria}/consents?partner=co&lang=en"
    text = rosa.get(page).text
    assert '<blockquote class="p-aloud" lang="es">' in text
    assert "¿Está de acuerdo?" in text
    assert "The person agrees to share" in text
    other = rosa.get(f"{page}&in=pt").text
    assert "Você concorda?" in other


def test_a_consent_is_recorded_shown_and_withdrawn_after_a_question(rosa: Browser, person: str) -> None:
    assert consent(rosa, person) == f"/people/{person}/consents"
    text = rosa.get(f"/people/{person}/consents").text
    assert "Vigente" in text
    link = re.search(rf'href="(/people/{person}/consents/[^"]+/withdraw)"', text)
    assert link
    question = rosa.get(link[1])
    assert "¿Retirar el consentimiento para Puente Colombia?" in question.text
    assert "Vigente" in rosa.get(f"/people/{person}/consents").text
    assert rosa.post(link[1]).status_code == 303
    after = rosa.get(f"/people/{person}/consents").text
    assert "Retirado" in after
    assert "Ya no se enviará nada a este socio." in after


def test_without_the_clinician_confirming_there_is_no_consent(rosa: Browser, person: str) -> None:
    page = f"/people/{person}/consents"
    answer = rosa.post(page, f"{page}?partner=co", **{**AGREED, "agreed": "", "classes": []})
    assert answer.status_code == 422
    assert 'href="#agreed"' in answer.text
    assert 'href="#classes"' in answer.text
    assert "Vigente" not in rosa.get(page).text


def test_a_consent_of_somebody_else_cannot_be_withdrawn_here(
    clinic: Clinic, rosa: Browser, person: str
) -> None:
    consent(rosa, person)
    with clinic.services.unit() as unit:
        consent_id = unit.consents.of(person)[0].id
    other = f"/people/{clinic.maria}/consents/{consent_id}/withdraw"
    assert rosa.get(other).status_code == 404
    assert rosa.post(other, "/").status_code == 404
    assert "Vigente" in rosa.get(f"/people/{person}/consents").text


def test_asking_needs_the_consent_first_and_comes_back_to_the_question(rosa: Browser, person: str) -> None:
    text = rosa.get(f"/people/{person}/ask").text
    assert "Qué se envía con la pregunta" in text
    assert f"/people/{person}/consents?partner=co&amp;then=ask" in text
    refused = rosa.post(f"/people/{person}/ask", partner="co")
    assert refused.status_code == 422
    assert "Registre antes el consentimiento" in refused.text
    assert consent(rosa, person, then="ask") == f"/people/{person}/ask"
    asked = rosa.post(f"/people/{person}/ask", partner="co")
    assert asked.status_code == 303
    chart = rosa.get(asked.headers["Location"]).text
    assert 'data-transfer="proposed"' in chart
    assert "De Puente Colombia a nosotros" in chart
    again = rosa.post(f"/people/{person}/ask", partner="co")
    assert again.status_code == 422
    assert "ya tiene un traslado abierto" in again.text


def test_a_summary_is_seen_whole_before_it_leaves(clinic: Clinic, rosa: Browser, person: str) -> None:
    page = f"/people/{person}/send/co"
    assert "No hay un consentimiento válido" in rosa.get(page).text
    assert consent(rosa, person, then="send") == page
    text = rosa.get(page).text
    assert text.count("p-leaves") >= 3
    assert "Cotrimoxazol" in text
    assert "Enviar ahora" in text
    with clinic.services.unit() as unit:
        assert not [item for item in unit.outbox.of(person) if item.kind == "summary"]


def test_sending_leads_to_its_delivery_line(clinic: Clinic, rosa: Browser, person: str) -> None:
    consent(rosa, person)
    sent = rosa.post(f"/people/{person}/send/co")
    assert sent.status_code == 303
    path = sent.headers["Location"]
    text = rosa.get(path).text
    assert "En la cola" in text
    assert 'hx-trigger="every 2s"' in text
    assert "Mirar otra vez" in text
    assert path in rosa.get("/deliveries").text
    assert path in rosa.get(f"/people/{person}").text


def test_a_summary_without_consent_is_refused_when_sent(rosa: Browser, person: str) -> None:
    answer = rosa.post(f"/people/{person}/send/co", "/")
    assert answer.status_code == 422
    assert "Registre antes el consentimiento" in answer.text


@pytest.mark.parametrize(
    ("state", "word", "final"),
    [
        ("sent", "El socio lo recibió", False),
        ("delivered", "firmó un acuse de recibo", True),
        ("refused", "Llame al socio", True),
        ("withdrawn", "Registre uno nuevo", True),
        ("superseded", "No queda nada por hacer", True),
        ("parked", "Envíelo otra vez", True),
    ],
)
def test_the_line_says_what_to_do_and_stops_asking_when_it_is_over(
    clinic: Clinic, rosa: Browser, person: str, state: OutboxState, word: str, final: bool
) -> None:
    consent(rosa, person)
    path = rosa.post(f"/people/{person}/send/co").headers["Location"]
    item = path.rsplit("/", 1)[1]
    with clinic.services.unit() as unit:
        unit.outbox.finish(item, state)
        unit.commit()
    line = rosa.client.get(f"{path}/line?seen=pending", headers={"HX-Request": "true"})
    assert word in line.text
    assert ("every 2s" in line.text) is not final
    assert "<html" not in line.text
    same = rosa.client.get(f"{path}/line?seen={state}", headers={"HX-Request": "true"})
    assert (same.status_code, same.data) == (204, b"")
    assert rosa.get(f"{path}/line").headers["Location"] == path
    assert word in rosa.get(path).text


def test_a_parked_message_goes_back_into_the_queue(clinic: Clinic, rosa: Browser, person: str) -> None:
    consent(rosa, person)
    path = rosa.post(f"/people/{person}/send/co").headers["Location"]
    with clinic.services.unit() as unit:
        unit.outbox.finish(path.rsplit("/", 1)[1], "parked", "no-answer")
        unit.commit()
    assert "no-answer" in rosa.get(path).text
    assert rosa.post(f"{path}/retry", path).headers["Location"] == path
    assert "En la cola" in rosa.get(path).text
    refused = rosa.post(f"{path}/retry", "/")
    assert refused.status_code == 409
    assert "Solo se pueden enviar otra vez" in refused.text


def test_a_partner_without_agreement_is_not_found(rosa: Browser, person: str) -> None:
    assert rosa.get(f"/people/{person}/send/zz").status_code == 404
    assert rosa.get("/deliveries/none").status_code == 404
