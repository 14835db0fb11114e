"""What came in: every resource of the document on the page, findings by severity, the review."""

import re

import pytest

from tests.integration.web import people
from tests.integration.web.conftest import Browser, Clinic

GROUPS = ("medications", "problems", "allergies", "results", "immunizations")


@pytest.fixture(scope="module")
def inbox_id(clinic: Clinic) -> str:
    """Give a received document with one resource of each group."""
    return people.receive_document(clinic.services, people.document_of_others())


def shown(text: str, group: str) -> set[str]:
    """Give the resources a page shows in a group."""
    part = re.search(rf'data-group="{group}">(.*?)</ul>', text, re.DOTALL)
    return set(re.findall(r'data-resource="([^"]+)"', part[1])) if part else set()


def test_every_resource_of_the_document_is_on_the_page(rosa: Browser, inbox_id: str) -> None:
    text = rosa.get(f"/incoming/{inbox_id}").text
    assert {group: len(shown(text, group)) for group in GROUPS} == dict.fromkeys(GROUPS, 1)
    for word in ("Rifampicina", "Asma", "Penicilina", "Hemoglobina", "12.1 g/dL", "Influenza"):
        assert word in text


def test_findings_are_grouped_by_severity_with_path_and_rule(rosa: Browser, inbox_id: str) -> None:
    text = rosa.get(f"/incoming/{inbox_id}").text
    assert text.index("Errores (") < text.index("Observaciones (")
    assert "AllergyIntolerance" in text or ".criticality" in text
    assert "required-binding" in text


def test_the_list_shows_person_state_and_number_of_findings(rosa: Browser, inbox_id: str) -> None:
    text = rosa.get("/incoming").text
    assert f"/incoming/{inbox_id}" in text
    assert "Ana Souza" in text
    assert "Puerta FHIR" in text
    assert re.search(r"\d+ errores?", text)
    assert f"/incoming/{inbox_id}" in rosa.get("/incoming?which=review").text
    assert f"/incoming/{inbox_id}" not in rosa.get("/incoming?which=rejected").text


def test_a_review_confirms_the_person_when_that_is_ticked(clinic: Clinic, rosa: Browser) -> None:
    one = people.receive_document(clinic.services, people.document_of_others("Ibuprofeno"))
    path = f"/incoming/{one}"
    assert "Sin confirmar" in rosa.get(path).text
    assert rosa.post(f"{path}/reviewed", path, confirm="yes").headers["Location"] == path
    text = rosa.get(path).text
    assert "revisado" in text
    assert "Sin confirmar" not in text


def test_the_list_goes_on_page_by_page(clinic: Clinic, rosa: Browser) -> None:
    for number in range(30):
        people.receive_document(clinic.services, people.document_of_others(f"Producto {number}"))
    first = rosa.get("/incoming").text
    older = re.search(r'href="(/incoming\?which=all&amp;after=[^"]+)"', first)
    assert older
    second = rosa.get(older[1].replace("&amp;", "&")).text
    ids = [set(re.findall(r'href="/incoming/([0-9a-f-]{36})"', text)) for text in (first, second)]
    assert ids[0]
    assert ids[1]
    assert not ids[0] & ids[1]
    assert len(ids[0] | ids[1]) >= 31


@pytest.mark.parametrize(
    "query", ["?after=yesterday", "?after=2026-01-01", "?which=%00", "?which=sql'--", "?after="]
)
def test_a_strange_address_still_gives_the_list(rosa: Browser, query: str) -> None:
    assert rosa.get(f"/incoming{query}").status_code == 200


def test_a_document_of_nobody_is_not_found(rosa: Browser) -> None:
    assert rosa.get("/incoming/none").status_code == 404
    assert rosa.post("/incoming/none/reviewed", "/").status_code == 404


def test_names_in_documents_cannot_write_into_the_page(clinic: Clinic, rosa: Browser) -> None:
    marked = people.document_of_others("<script>alert(1)</script>")
    text = rosa.get(f"/incoming/{people.receive_document(clinic.services, marked)}").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
