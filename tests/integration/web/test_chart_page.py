"""The at-a-glance page: days of medicine first, every fact with its source, nothing silently missing."""

import re

from registry.usecases.care.record import record_care
from tests.integration.web import people
from tests.integration.web.conftest import Browser, Clinic

ORDER = (
    "days",
    "regimen",
    "load",
    "cells",
    "allergies",
    "flags",
    "next",
    "transfers",
    "consents",
    "documents",
)


def test_facts_stand_in_the_order_of_need(clinic: Clinic, rosa: Browser) -> None:
    text = rosa.get(f"/people/{clinic.maria}").text
    places = [text.index(f'<h2 class="govuk-heading-s" id="{name}"') for name in (*ORDER, "deliveries")]
    assert places == sorted(places)


def test_days_left_come_with_the_first_day_without_tablets_and_the_working(
    clinic: Clinic, rosa: Browser
) -> None:
    text = rosa.get(f"/people/{clinic.maria}").text
    assert 'data-days="9"' in text
    assert "Primer día sin tabletas" in text
    working = text[text.index("Cómo se contó") : text.index("</table>")]
    assert working.count("<tr") == 1 + 3
    assert "antes no quedaba nada" in working


def test_the_picture_says_in_words_what_it_draws(clinic: Clinic, rosa: Browser) -> None:
    text = rosa.get(f"/people/{clinic.maria}").text
    svg = text[text.index('<svg class="c-line"') : text.index("</svg>", text.index("c-line"))]
    assert 'role="img"' in svg
    assert svg.count("c-bar--gap") == 1, "the older gap lies before the line"
    assert svg.count("Sin tabletas del") == 2
    assert svg.count("c-bar--has") == 1
    for x, width in re.findall(r'<rect x="([\d.]+)" y="32" width="([\d.]+)"', svg):
        assert 0 <= float(x) <= float(x) + float(width) <= 640


def test_results_carry_value_date_age_and_source(clinic: Clinic, rosa: Browser) -> None:
    text = rosa.get(f"/people/{clinic.maria}").text
    load = text[text.index('id="load"') : text.index('id="cells"')]
    assert "&lt;20 copias/mL" in load
    assert "hace 7 meses" in load
    assert "Fuente: este registro" in load
    cells = text[text.index('id="cells"') : text.index('id="allergies"')]
    assert "412" in cells


def test_flags_show_their_reason_and_their_rule(clinic: Clinic, rosa: Browser) -> None:
    text = rosa.get(f"/people/{clinic.maria}").text
    flags = text[text.index('id="flags"') : text.index('id="next"')]
    assert "Rifampicina 600 mg al día" in flags
    assert "Regla:" in flags
    assert "Regla aún sin verificar." in flags
    assert "data-flag=" in flags


def test_what_is_not_known_says_so(clinic: Clinic, rosa: Browser) -> None:
    text = rosa.get(f"/people/{clinic.jose}").text
    for sentence in (
        "No se conoce ninguna entrega con fecha",
        "ninguna fuente dice qué toma la persona",
        "ninguna fuente trae un resultado",
        "ninguna fuente trae un recuento",
        "nadie anotó si hay alergias",
        "Sin evaluar: no se sabe qué toma la persona.",
        "No hay ninguna. Acuérdela",
        "Sin traslado",
        "No se sabe el sexo",
        "No se sabe el teléfono",
        "(1988)",
    ):
        assert sentence in text, sentence


def test_facts_of_others_name_them(clinic: Clinic, rosa: Browser) -> None:
    inbox_id = people.receive_document(clinic.services, people.document_of_others("Metformina"))
    person = re.search(r'href="/people/([^"/]+)">Ana Souza', rosa.get(f"/incoming/{inbox_id}").text)
    assert person
    text = rosa.get(f"/people/{person[1]}").text
    assert "Fuente: documento de Puerta FHIR" in text
    assert "Sin confirmar" in text
    assert f"/incoming/{inbox_id}" in text
    assert "Penicilina" in text


def test_medicine_that_ran_out_counts_the_days_without(clinic: Clinic, rosa: Browser) -> None:
    person = people.well_known(clinic.services, "V22345678")
    for row in record_rows(clinic, person):
        record_care.delete(clinic.services, people.SYSTEM, "MedicationDispense", row)
    late = [one for one in people.everything(clinic.services, person) if "200" in str(one.get("identifier"))]
    record_care.record(clinic.services, people.SYSTEM, late[0])
    text = rosa.get(f"/people/{person}").text
    assert 'data-days="0"' in text
    assert "Las tabletas se acabaron el" in text
    assert "días sin medicamento." in text
    assert "c-days--stop" in text


def record_rows(clinic: Clinic, person: str) -> list[str]:
    """Give the ids of a person's deliveries of medicine."""
    with clinic.services.unit() as unit:
        return [row.id for row in unit.records.of_owner(person, ("MedicationDispense",))]


def test_the_page_speaks_three_languages(clinic: Clinic, rosa: Browser) -> None:
    path = f"/people/{clinic.maria}"
    assert "Días de medicamento que quedan" in rosa.get(path).text
    assert "Dias de medicamento que restam" in rosa.get(f"{path}?lang=pt").text
    assert "Days of medicine left" in rosa.get(f"{path}?lang=en").text
    assert "Manter" not in rosa.get(f"{path}?lang=xx").text


def test_roles_see_only_what_they_may_do(clinic: Clinic, signed_in) -> None:
    text = signed_in("pharmacist").get(f"/people/{clinic.maria}").text
    assert f"/people/{clinic.maria}/dispense" in text
    assert "/send" not in text
    assert "/looked" not in text
    assert signed_in("community").get(f"/people/{clinic.maria}").status_code == 403


def test_a_person_of_nobody_is_not_found(rosa: Browser) -> None:
    answer = rosa.get("/people/00000000-0000-4000-8000-000000000000")
    assert answer.status_code == 404
    assert "No existe esa persona en este registro." in answer.text


def test_who_has_looked_is_listed(clinic: Clinic, rosa: Browser) -> None:
    rosa.get(f"/people/{clinic.jose}")
    rosa.get(f"/people/{clinic.jose}")
    text = rosa.get(f"/people/{clinic.jose}/looked").text
    assert "Miró la página" in text
    assert "Usted" in text
    assert "José" not in text
