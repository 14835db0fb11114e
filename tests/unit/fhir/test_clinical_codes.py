"""What result, condition and absence codes mean."""

import pytest

from fhir.codes import (
    ICD_10,
    ICD_11,
    LOINC,
    SNOMED,
    absence_of,
    canonical_system,
    coding_of,
    condition_kind,
    empty_reasons,
    result_kind,
    viral_load_kind,
)
from fhir.codes.systems import table

OLD_ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"


def loinc(*codes: str) -> list[dict[str, str]]:
    return [{"system": LOINC, "code": code} for code in codes]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("20447-9", "copies"),
        ("25836-8", "copies"),
        ("70241-5", "copies"),
        ("62469-2", "iu"),
        ("23876-6", "iu"),
        ("29541-0", "log10"),
        ("51780-5", "log10"),
        ("10351-5", "by-unit"),
        ("9836-8", None),
        ("24013-5", None),
        ("2160-0", None),
    ],
)
def test_a_viral_load_code_says_in_what_it_is_counted(code: str, kind: str | None) -> None:
    assert viral_load_kind(loinc(code)) == kind


def test_presence_and_interpretation_are_no_viral_load() -> None:
    assert result_kind(loinc("9836-8")) == "infection-presence"
    assert result_kind(loinc("24013-5")) == "infection-interpretation"


def test_an_exact_code_beats_one_that_leaves_the_unit_open() -> None:
    assert viral_load_kind([{"system": SNOMED, "code": "315124004"}, *loinc("29541-0")]) == "log10"
    assert viral_load_kind([{"system": SNOMED, "code": "315124004"}]) == "by-unit"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("24467-3", "cd4"),
        ("8123-2", "cd4-percent"),
        ("80223-1", "cd4-percent"),
        ("5196-1", "hbsag"),
        ("5195-3", "hbsag"),
        ("2160-0", "creatinine"),
        ("98979-8", "egfr"),
        ("718-7", "haemoglobin"),
        ("82810-3", "pregnancy"),
        ("30004-6", None),
        ("39007-0", None),
    ],
)
def test_other_results_are_known_and_misleading_codes_are_not(code: str, kind: str | None) -> None:
    assert result_kind(loinc(code)) == kind


@pytest.mark.parametrize(
    ("system", "code", "kind"),
    [
        (SNOMED, "86406008", "infection"),
        (ICD_10, "B20", "infection"),
        (ICD_10, "B20.1", "infection"),
        (ICD_10, "b24", "infection"),
        (ICD_10, "Z21", "infection"),
        (ICD_11, "1C62.Z", "infection"),
        (ICD_11, "1C62.2", "stage-3"),
        (SNOMED, "737381004", "stage-4"),
        (ICD_10, "A15.9", "tuberculosis"),
        (SNOMED, "56717001", "tuberculosis"),
        (ICD_10, "O98.7", "infection"),
        (ICD_10, "Z32.1", "pregnancy"),
        (ICD_10, "B18.19", "hepatitis-b"),
        (ICD_10, "B18.2", None),
        (SNOMED, "406010001", "no-hepatitis-b"),
        (SNOMED, "8640600", None),
        (ICD_10, "B2", None),
    ],
)
def test_conditions_are_known_by_code(system: str, code: str, kind: str | None) -> None:
    assert condition_kind([{"system": system, "code": code}]) == kind


def test_a_stage_says_more_than_the_infection_it_belongs_to() -> None:
    codings = [{"system": ICD_10, "code": "B24"}, {"system": SNOMED, "code": "737380003"}]
    assert condition_kind(codings) == "stage-3"


@pytest.mark.parametrize(
    ("system", "code", "subject", "meaning"),
    [
        (SNOMED, "716186003", "allergies", "none-known"),
        (SNOMED, "787481004", "medications", "none-known"),
        (SNOMED, "160245001", "problems", "none-known"),
        (SNOMED, "1287211007", "any", "no-information"),
        (OLD_ABSENT, "no-known-allergies", "allergies", "none-known"),
        (OLD_ABSENT, "no-medication-info", "medications", "no-information"),
    ],
)
def test_nothing_known_and_known_to_be_nothing_are_told_apart(
    system: str, code: str, subject: str, meaning: str
) -> None:
    found = absence_of([{"system": system, "code": code}])
    assert found is not None
    assert (found.subject, found.meaning) == (subject, meaning)


def test_an_ordinary_code_is_no_statement_of_absence() -> None:
    assert absence_of(loinc("20447-9")) is None


def test_each_kind_we_write_has_one_code() -> None:
    assert coding_of("viral-load") == {
        "system": LOINC,
        "code": "20447-9",
        "display": "HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA with probe detection",
    }
    assert coding_of("infection") == {"system": SNOMED, "code": "86406008"}
    assert coding_of("advanced") is None
    rows = [*table("results")["results"], *table("conditions")["conditions"]]
    written = [row["kind"] for row in rows if row.get("emit")]
    assert set(written) >= {"viral-load", "cd4", "hbsag", "stage-1", "pregnancy", "tuberculosis"}


def test_empty_reasons_are_the_six_of_the_standard() -> None:
    assert set(empty_reasons()) == {
        "nilknown",
        "notasked",
        "withheld",
        "unavailable",
        "notstarted",
        "closed",
    }


@pytest.mark.parametrize(
    ("written", "system"),
    [
        ("http://loinc.org/", LOINC),
        ("https://loinc.org", LOINC),
        ("urn:oid:2.16.840.1.113883.6.96", SNOMED),
        ("urn:oid.2.16.840.1.113883.6.1", LOINC),
        ("http://hospital.example/codes", "http://hospital.example/codes"),
        (None, ""),
        (7, ""),
    ],
)
def test_a_code_system_is_known_in_the_spellings_partners_use(written: object, system: str) -> None:
    assert canonical_system(written) == system


def test_codings_that_are_no_objects_are_passed_over() -> None:
    assert condition_kind(["x", None, {"system": SNOMED}]) is None
