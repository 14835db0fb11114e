"""Which active ingredients a product holds, however it is written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir.codes import (
    ATC,
    RXNORM,
    SNOMED,
    antiretrovirals,
    in_order,
    ingredient,
    ingredients,
    ingredients_of,
    medicine_for,
    regimen_label,
    same_regimen,
)
from fhir.codes.systems import table
from tests.conftest import scale

TLD = frozenset({"TDF", "3TC", "DTG"})


@pytest.mark.parametrize(
    "text",
    [
        "TLD",
        "tld 300/300/50 mg",
        "TLD 1 tab v/o c/24h",
        "TDF/3TC/DTG 300/300/50",
        "TDF+3TC+DTG",
        "tenofovir + lamivudina + dolutegravir",
        "Tenofovir disoproxilo fumarato 300 mg/lamivudina 300 mg/dolutegravir 50 mg, tabletas recubiertas",
        "Tenofovir disoproxila, lamivudina e dolutegravir (comprimido revestido)",
        "tenofovir disoproxil fumarate, lamivudine and dolutegravir (Mylan/Viatris)",
        "DOLUTEGRAVIR / LAMIVUDINA / TENOFOVIR (TDF)",
    ],
)
def test_one_regimen_is_known_in_every_usual_spelling(text: str) -> None:
    assert ingredients_of([], text) == TLD


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Tenofovir alafenamida 25 mg + emtricitabina 200 mg", {"TAF", "FTC"}),
        ("entricitabina 200 mg", {"FTC"}),
        ("LPV/r 200/50 mg", {"LPV", "RTV"}),
        ("Lopinavir + ritonavir", {"LPV", "RTV"}),
        ("DRV/c", {"DRV", "COBI"}),
        ("EVG/c/FTC/TAF", {"EVG", "COBI", "FTC", "TAF"}),
        ("ABC 600/3TC 300", {"ABC", "3TC"}),
        ("abacavir", {"ABC"}),
        ("TDF/3TC/DOR", {"TDF", "3TC", "DOR"}),
        ("lamivudina 150 mg c/12h", {"3TC"}),
        ("Sulfametoxazol/Trimetoprima 800/160", {"CTX"}),
        ("RHZE", {"RIF", "INH", "PZA", "EMB"}),
        ("Rifampicina 300 mg cápsula", {"RIF"}),
    ],
)
def test_names_and_abbreviations_are_read_in_three_languages(text: str, found: set[str]) -> None:
    assert ingredients_of([], text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "Lamivudina 300 mg / ciprofloxacino 500 mg",
        "dolutegravir + otro",
        "PARACETAMOL PARA DOR",
        "DOR",
        "CAB",
        "metformina 850 mg",
        "amoxicilina/ácido clavulánico",
        "vitamina C/zinc",
    ],
)
def test_a_doubtful_name_gives_nothing(text: str) -> None:
    assert ingredients_of([], text) is None


def test_codes_come_before_words() -> None:
    codings = [{"system": ATC, "code": "J05AR27"}]
    assert ingredients_of(codings, "efavirenz") == TLD


def test_atc_comes_before_the_others() -> None:
    codings = [{"system": RXNORM, "code": "1433873"}, {"system": ATC, "code": "J05AR27"}]
    assert ingredients_of(codings) == TLD


@pytest.mark.parametrize(
    ("system", "code", "found"),
    [
        (ATC, "J05AJ03", {"DTG"}),
        (ATC, "j05aj03", {"DTG"}),
        ("urn:oid:2.16.840.1.113883.6.73", "J05AJ03", {"DTG"}),
        (SNOMED, "772196006", {"ABC", "3TC", "DTG"}),
        ("http://snomed.info/sct/900000000000207008", "775679000", {"DTG"}),
        (RXNORM, "2122519", {"DTG", "3TC"}),
        (ATC, "J05AX12", {"DTG"}),
        (ATC, "J05AX08", {"RAL"}),
        (ATC, "J05AX11", {"EVG"}),
    ],
)
def test_products_are_known_by_code_also_in_old_and_foreign_spellings(
    system: str, code: str, found: set[str]
) -> None:
    assert ingredients_of([{"system": system, "code": code}]) == found


def test_the_display_of_an_unknown_code_is_read_last() -> None:
    codings = [{"system": "http://hospital.example/drugs", "code": "77", "display": "Dolutegravir 50 mg"}]
    assert ingredients_of(codings) == {"DTG"}
    assert ingredients_of(codings, "texto libre") == {"DTG"}


def test_malformed_codings_are_passed_over() -> None:
    codings: list[object] = ["x", {"system": 3, "code": ["J05AJ03"]}, {"display": 4}, {"code": "J05AJ03"}]
    assert ingredients_of(codings) is None


def test_tenofovir_forms_are_two_regimens_and_3tc_and_ftc_are_one() -> None:
    assert same_regimen(TLD, {"TDF", "FTC", "DTG"})
    assert not same_regimen(TLD, {"TAF", "3TC", "DTG"})
    assert not same_regimen(TLD, {"TDF", "3TC"})


@pytest.mark.parametrize(
    ("found", "label"),
    [
        (TLD, "TDF + 3TC + DTG"),
        ({"LPV", "RTV"}, "LPV/r"),
        ({"AZT", "3TC", "LPV", "RTV"}, "AZT + 3TC + LPV/r"),
        ({"DRV", "COBI", "FTC", "TAF"}, "TAF + FTC + DRV/c"),
        ({"RTV"}, "RTV"),
        ({"ABC", "DTG", "XYZ"}, "ABC + DTG + XYZ"),
        (set(), ""),
    ],
)
def test_a_regimen_is_named_the_usual_way(found: set[str], label: str) -> None:
    assert regimen_label(found) == label


def test_a_product_is_found_for_its_ingredients() -> None:
    product = medicine_for(TLD)
    assert product is not None
    assert product.label == "TLD"
    assert product.codings() == [{"system": ATC, "code": "J05AR27"}]
    assert product.name("es") == "tenofovir disoproxilo / lamivudina / dolutegravir"
    assert medicine_for({"TDF", "RAL"}) is None


def test_unverified_codes_are_not_written() -> None:
    known = {row["key"]: row for row in table("medicines")["ingredients"]}
    assert "atc" in known["PZA"]["unverified"]
    pyrazinamide = medicine_for({"PZA"})
    assert pyrazinamide is not None
    assert pyrazinamide.codings() == []


def test_only_the_antiretroviral_part_of_a_mixture_is_a_regimen() -> None:
    assert antiretrovirals({"DTG", "RIF", "unknown"}) == {"DTG"}


def test_an_ingredient_has_a_name_in_every_language() -> None:
    assert ingredient("3TC").name("pt") == "lamivudina"
    assert ingredient("3TC").name("qu") == "lamivudine"
    assert all(item.name(language) for item in ingredients() for language in ("es", "pt", "en"))
    with pytest.raises(KeyError):
        ingredient("XYZ")


def test_every_product_is_known_again_by_each_of_its_codes_and_by_its_names() -> None:
    rows = table("medicines")
    for row in (*rows["products"], *rows["ingredients"]):
        whole = frozenset(row.get("ingredients", [row.get("key")]))
        codes = [(ATC, row["atc"]), (SNOMED, row["snomed"]), *((RXNORM, code) for code in row["rxnorm"])]
        for system, code in codes:
            if code:
                assert ingredients_of([{"system": system, "code": code}]) == whole
        for language in ("es", "pt", "en"):
            names = [ingredient(key).name(language) for key in in_order(whole)]
            assert ingredients_of([], " / ".join(names)) == whole


def test_no_code_stands_for_two_products() -> None:
    rows = table("medicines")
    codes = [row[key] for row in (*rows["products"], *rows["ingredients"]) for key in ("atc", "snomed")]
    present = [code for code in codes if code]
    assert len(present) == len(set(present))


@settings(max_examples=max(60, int(3000 * scale())), deadline=None)
@given(st.sets(st.sampled_from([item.key for item in ingredients() if item.antiretroviral]), min_size=2))
def test_a_label_is_read_back_as_the_same_ingredients(found: set[str]) -> None:
    assert ingredients_of([], regimen_label(found)) == found


@settings(max_examples=max(60, int(3000 * scale())), deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_known_ingredients_or_nothing(text: str) -> None:
    found = ingredients_of([], text)
    assert found is None or found <= {item.key for item in ingredients()}
