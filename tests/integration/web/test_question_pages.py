"""A partner's question that waits: whom it names, who may be meant, the answer and the refusal."""

import re

import pytest

from fhir import corridor as corridor_fhir
from fhir import transfer as transfer_fhir
from fhir import wire
from registry.domain.model import INBOX_OWNER, InboxItem
from registry.usecases.exchange.receiving import receive
from tests.integration.web.conftest import Browser, Clinic

NUMBER = "V55566677"


def question(clinic: Clinic, born: str = "1994-05-18", number: str = "V12345678") -> str:
    """Store a question of Colombia about María with another birth date, and process it."""
    services = clinic.services
    today = services.today()
    patient = {
        "resourceType": "Patient",
        "name": [{"given": ["María Elena"], "family": "Rojas"}],
        "birthDate": born,
        "gender": "female",
        "identifier": [{"system": "urn:puente:id:ve-ci", "value": number}],
    }
    system = next(kind.system for kind in services.node.identifiers if kind.key == "ve-ci")
    patient["identifier"] = [{"system": system, "value": number}]
    with services.unit() as unit:
        now, item_id = unit.now(), services.ids.new()
        terms = corridor_fhir.ConsentTerms(
            patient_ref="Patient/x", from_id="co", partner_id="pe", from_name="Puente Colombia",
            partner_name="Puente Perú", country="PE", from_country="CO",
            data_classes=("identity", "clinical"),
            start=today, end=today.replace(year=today.year + 1), recorded=now,
        )  # fmt: skip
        order, task = transfer_fhir.transfer_request(transfer_fhir.NewTransfer("Patient/x", "pe", "co", now))
        order["id"], task["id"] = services.ids.new(), services.ids.new()
        task |= {"focus": {"reference": f"ServiceRequest/{order['id']}"}}
        consent = {**corridor_fhir.corridor_consent(terms), "id": services.ids.new()}
        body = wire.canonical(transfer_fhir.request_bundle(patient, consent, order, task))
        sealed = services.vault.seal(INBOX_OWNER, receive.body_place(item_id), body)
        item = InboxItem(item_id, "co", services.ids.new(), "request", 1, services.ids.new(), "0" * 64,
                         "received", now, body=sealed)  # fmt: skip
        unit.inbox.add(item)
        unit.commit()
    assert receive.process(services, item_id) == "review"
    return item_id


def test_the_message_leads_to_the_decision_and_not_to_a_mere_review(clinic: Clinic, rosa: Browser) -> None:
    one = question(clinic)
    text = rosa.get(f"/incoming/{one}").text
    assert f'href="/incoming/{one}/question"' in text
    assert "Marcar como revisado" not in text
    assert rosa.post(f"/incoming/{one}/reviewed", f"/incoming/{one}/question").status_code == 409


def test_the_page_shows_who_may_be_meant_and_what_agrees(clinic: Clinic, rosa: Browser) -> None:
    text = rosa.get(f"/incoming/{question(clinic)}/question").text
    assert re.findall(r'data-candidate="([^"]+)"', text) == [clinic.maria]
    assert "Documento: igual" in text
    assert "Fecha de nacimiento: distinto" in text
    assert "•" in text


def test_the_person_chosen_is_answered(clinic: Clinic, rosa: Browser) -> None:
    one = question(clinic)
    path = f"/incoming/{one}/question"
    answer = rosa.post(f"/incoming/{one}/answer", path, person=clinic.maria, sure="yes")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/incoming/{one}")
    text = rosa.get(f"/incoming/{one}").text
    assert "La pregunta fue respondida" in text
    assert "María Elena Rojas Contreras" in text
    assert rosa.get(path).status_code == 404


def test_a_consent_given_at_the_partner_is_taken_back_here(clinic: Clinic, rosa: Browser) -> None:
    one = question(clinic)
    rosa.post(f"/incoming/{one}/answer", f"/incoming/{one}/question", person=clinic.maria, sure="yes")
    page = f"/people/{clinic.maria}/consents"
    link = re.search(rf'href="({page}/[^"]+/withdraw)"', rosa.get(page).text)
    assert link
    assert "La persona lo dio al socio, que nos preguntó." in rosa.get(link[1]).text
    assert rosa.post(link[1]).status_code == 303
    with clinic.services.unit() as unit:
        states = {row.state for row in unit.consents.of(clinic.maria, "co") if row.id in link[1]}
        told = [item.kind for item in unit.outbox.of(clinic.maria) if item.kind == "consent-withdrawn"]
    assert states == {"withdrawn"}
    assert told


def test_an_answer_needs_a_person_and_a_confirmation(clinic: Clinic, rosa: Browser) -> None:
    one = question(clinic)
    path, send = f"/incoming/{one}/question", f"/incoming/{one}/answer"
    assert "Elija una de las personas" in rosa.post(send, path, sure="yes").text
    answer = rosa.post(send, path, person=clinic.maria)
    assert (answer.status_code, "Confirme que comparó" in answer.text) == (422, True)
    answer = rosa.post(send, path, person=clinic.jose, sure="yes")
    assert (answer.status_code, "Elija una de las personas" in answer.text) == (422, True)


def test_a_refusal_needs_a_reason_and_tells_the_partner(clinic: Clinic, rosa: Browser) -> None:
    one = question(clinic)
    path, send = f"/incoming/{one}/question", f"/incoming/{one}/refuse"
    assert rosa.post(send, path).status_code == 422
    assert rosa.post(send, path, reason="because").status_code == 422
    assert rosa.post(send, path, reason="not-one-of-ours").headers["Location"] == f"/incoming/{one}"
    text = rosa.get(f"/incoming/{one}").text
    assert "La pregunta fue rechazada" in text
    assert f"/incoming/{one}/question" not in text
    with clinic.services.unit() as unit:
        told = [item for item in unit.outbox.recent(10) if item.kind == "task-status"]
    assert told


def test_with_nobody_like_the_person_only_the_refusal_is_offered(clinic: Clinic, rosa: Browser) -> None:
    text = rosa.get(f"/incoming/{question(clinic, '1950-01-01', 'V99887766')}/question").text
    assert "data-candidate" not in text
    assert "Nadie aquí comparte un documento" in text


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_page_speaks_every_language(clinic: Clinic, rosa: Browser, language: str) -> None:
    one = question(clinic)
    rosa.post("/language", "/", language=language)
    text = rosa.get(f"/incoming/{one}/question").text
    assert {"en": "Who is meant?", "pt": "De quem se trata?"}[language] in text


def test_only_those_who_may_share_decide(clinic: Clinic, signed_in: object) -> None:
    browser = signed_in("pharmacist")  # type: ignore[operator]
    assert browser.get(f"/incoming/{question(clinic)}/question").status_code == 403
