"""The words of a summary: first what to decide today, in the reader's language, everything escaped."""

import re
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir import summary
from fhir.summary import LANGUAGES
from fhir.summary.narrative.html import narrative, paragraph, table
from fhir.summary.wording import words
from fhir.treatment import write
from fhir.treatment.model import Allergy, Concept, Dispense, FhirDate, LabResult, RegimenPeriod, ViralLoad
from fhir.wire import JsonObject
from tests.unit.summary.summary_values import (
    ABOUT,
    OWN,
    TLD,
    asked,
    made,
    on,
    record,
    section,
    text,
    viral_load,
)

FIRST = {
    "es": (
        "Tratamiento actual: TDF + 3TC + DTG (desde 1 may 2021). "
        "Última entrega: 1 mar 2026, TDF + 3TC + DTG, 30 días. "
        "Primer día sin pastillas: 31 mar 2026. Días de medicina disponibles: 9 (al 22 mar 2026)."
    ),
    "pt": (
        "Tratamento atual: TDF + 3TC + DTG (desde 1 mai 2021). "
        "Última entrega: 1 mar 2026, TDF + 3TC + DTG, 30 dias. "
        "Primeiro dia sem comprimidos: 31 mar 2026. Dias de medicamento disponíveis: 9 (em 22 mar 2026)."
    ),
    "en": (
        "Current treatment: TDF + 3TC + DTG (since 1 May 2021). "
        "Last dispense: 1 Mar 2026, TDF + 3TC + DTG, 30 days. "
        "First day without tablets: 31 Mar 2026. Days of medicine left: 9 (on 22 Mar 2026)."
    ),
}


def first(document: JsonObject) -> str:
    """Return the first paragraph of the medications section."""
    found = re.search("<p>(.*?)</p>", section(document, "10160-0")["text"]["div"])
    assert found
    return found[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_paragraph_says_regimen_last_dispense_run_out_and_days_left(language: str) -> None:
    assert first(made(record(), language=language)) == FIRST[language]


def test_a_run_out_that_could_not_be_computed_is_said() -> None:
    assert "Primer día sin pastillas: no se pudo calcular" in first(
        made(record(), run_out=None, days_on_hand=None)
    )


def test_the_local_day_may_differ_from_the_clock() -> None:
    assert "(al 21 mar 2026)" in first(made(record(), today=date(2026, 3, 21)))


def test_without_a_statement_the_last_dispense_names_the_regimen() -> None:
    held = [resource for resource in record() if resource["resourceType"] != "MedicationStatement"]
    assert first(made(held)).startswith("Tratamiento actual: TDF + 3TC + DTG. ")


def test_two_open_regimens_are_both_named() -> None:
    other = write.medicine_of({"ABC", "3TC", "DTG"})
    held = [
        *record(),
        {**write.regimen(RegimenPeriod(other, OWN, "active", on("2026-01-01")), ABOUT), "id": "x"},
    ]
    assert "TDF + 3TC + DTG (desde 1 may 2021); ABC + 3TC + DTG (desde 1 ene 2026)" in first(made(held))


def test_the_start_of_treatment_is_the_original_one() -> None:
    assert "Inicio del tratamiento: 1 mar 2019. Recibió tratamiento antes de inscribirse: sí." in text(
        made(record())
    )


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (viral_load("2026-02-01", 0), "&lt;50 copias/mL (1 feb 2026), suprimida"),
        (viral_load("2026-02-01", 12500), "12.500 copias/mL (1 feb 2026), no suprimida"),
        (
            write.viral_load(ViralLoad(on("2026-02-01"), OWN, "4000 IU/mL", convertible=False), ABOUT),
            "4000 IU/mL (1 feb 2026), no convertida a copias/mL",
        ),
        (
            write.viral_load(ViralLoad(on("2026-02-01"), OWN, "LDL", None, "<", None, True), ABOUT),
            "no detectada (1 feb 2026), suprimida",
        ),
        (
            write.viral_load(ViralLoad(on("2026-02-01"), OWN, "", None, "<", Decimal(5000)), ABOUT),
            "&lt;5.000 copias/mL (1 feb 2026)",
        ),
    ],
)
def test_the_last_viral_load_leads_the_results(resource: JsonObject, said: str) -> None:
    assert f"Última carga viral: {said}." in text(made([*record(), {**resource, "id": "x"}]))


def test_numbers_are_written_as_the_language_does() -> None:
    assert words("es").number(Decimal("1234567.50")) == "1.234.567,5"
    assert words("en").number(Decimal("1234567.50")) == "1,234,567.5"
    assert words("pt").number(Decimal(30)) == "30"


def test_dates_keep_their_precision() -> None:
    whole = date(2026, 5, 1)
    found = [words("es").day(FhirDate(whole, precision)) for precision in ("day", "month", "year")]  # type: ignore[arg-type]
    assert found == ["1 may 2026", "may 2026", "2026"]
    assert words("es").day(None) == ""


def test_an_unknown_language_is_read_in_spanish() -> None:
    assert words("qu").language == "es"
    assert words("pt-BR").language == "pt"


def test_every_language_has_every_text() -> None:
    spanish = words("es")
    for language in LANGUAGES:
        other = words(language)
        assert set(other.labels) == set(spanish.labels)
        assert set(other.statuses) == set(spanish.statuses)
        assert set(other.sections) == set(spanish.sections)
        assert set(other.tests) == set(spanish.tests)
        assert set(other.phrases) == set(spanish.phrases)
        assert len(other.months) == 12


def test_withheld_data_are_not_spoken_of_unless_policy_allows() -> None:
    silent = made(record(), data_classes=("identity",))
    assert "comparte" not in text(silent)
    assert "Sin información disponible" in text(silent)
    told = made(record(), data_classes=("identity",), withheld=True)
    assert "Esta información no se comparte." in text(told)
    assert section(told, "10160-0")["emptyReason"]["coding"][0]["code"] == "withheld"


def test_the_narrative_is_written_from_what_is_left() -> None:
    silent = made(record(), data_classes=("identity",))
    for kept in ("TDF", "Abacavir", "31 mar 2026"):
        assert kept not in text(silent)


def parsed(div: str) -> ElementTree.Element:
    """Return the narrative as XML, or fail."""
    return ElementTree.fromstring(div)


@given(st.text(max_size=40))
def test_no_text_breaks_out_of_the_narrative(words_of_others: str) -> None:
    div = narrative("es", paragraph(words_of_others), table(["a"], [[words_of_others]]), "<p>x</p>")["div"]
    tags = {element.tag.rpartition("}")[2] for element in parsed(div).iter()}
    assert tags <= {"div", "p", "table", "thead", "tbody", "tr", "th", "td"}


def test_markup_in_a_record_is_shown_as_text() -> None:
    bad = "<script>alert(1)</script>\"'&"
    allergy = write.allergy(Allergy(Concept(bad), OWN, "active", "", bad), ABOUT)
    given_out = write.dispense(Dispense(on("2026-03-02"), TLD, OWN), ABOUT)
    given_out["medicationCodeableConcept"] = {"text": bad}
    result = write.lab_result(LabResult("other", Concept(bad), OWN, text=bad), ABOUT)
    held = [{**one, "id": f"b{place}"} for place, one in enumerate((allergy, given_out, result))]
    document = made([*record(), *held], next_step=bad, author=bad)
    assert "<script" not in text(document)
    for part in document["entry"][0]["resource"]["section"]:
        parsed(part["text"]["div"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_narrative_is_well_formed(language: str) -> None:
    for part in summary.document(asked(record(), language=language))["entry"][0]["resource"]["section"]:
        assert parsed(part["text"]["div"]).attrib["lang"] == language


def test_empty_columns_are_left_out() -> None:
    assert table(["a", "b"], [["1", ""], ["2", ""]]).count("<th>") == 1
    assert table(["a"], []) == ""
    assert table(["a"], [[""]]) == ""
