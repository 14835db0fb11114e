"""Viral loads as partners send them: codes, units, logarithms, comparators and words."""

from decimal import Decimal

import pytest

from fhir.treatment import read
from fhir.treatment.model import ViralLoad
from fhir.treatment.read.viral_load import suppressed
from fhir.wire import JsonObject
from tests.unit.treatment.treatment_values import OWN, reading


def load(resource: JsonObject) -> ViralLoad:
    (found,) = read([(resource, OWN)]).viral_loads
    return found


@pytest.mark.parametrize(
    "unit", ["copies/mL", "{copies}/mL", "1/mL", "copias/mL", "cópias/ml", "cp/mL", "/mL"]
)
def test_every_way_to_write_copies_is_the_same_number(unit: str) -> None:
    found = load(reading(850, unit, code="315124004"))
    assert (found.copies, found.suppressed, found.convertible) == (Decimal(850), True, True)


@pytest.mark.parametrize(
    "code", ["20447-9", "25836-8", "70241-5", "48511-0", "41515-8", "59419-2", "69354-9", "21008-8"]
)
def test_codes_of_copies_need_no_unit(code: str) -> None:
    assert load(reading(1200, code=code)).copies == Decimal(1200)


@pytest.mark.parametrize(
    "code", ["29541-0", "48510-2", "41514-1", "41516-6", "48552-4", "51780-5", "29539-4", "104762-0"]
)
def test_logarithms_become_copies_and_keep_the_original(code: str) -> None:
    found = load(reading(Decimal("4.5"), "{Log_copies}/mL", code=code))
    assert found.copies == Decimal("31622.77")
    assert found.original == "4.5 {Log_copies}/mL"


def test_a_unit_wins_over_the_code() -> None:
    assert load(reading(Decimal("3"), "log10 copies/mL")).copies == Decimal(1000)
    assert load(reading(500, "{copies}/mL", code="29541-0")).copies == Decimal(500)


@pytest.mark.parametrize(
    ("code", "unit"), [("62469-2", ""), ("23876-6", "[IU]/mL"), ("10351-5", "IU/mL"), ("20447-9", "UI/mL")]
)
def test_international_units_stay_as_they_are(code: str, unit: str) -> None:
    found = load(reading(4000, unit, code=code))
    assert (found.copies, found.suppressed, found.convertible) == (None, None, False)
    assert found.original.startswith("4000")


@pytest.mark.parametrize("code", ["10351-5", "315124004"])
def test_a_code_that_does_not_say_its_unit_is_not_taken_as_copies(code: str) -> None:
    found = load(reading(4000, code=code))
    assert (found.copies, found.convertible) == (None, False)


def test_exactly_one_thousand_is_not_suppressed() -> None:
    assert load(reading(1000, "copies/mL")).suppressed is False
    assert load(reading(Decimal("999.9"), "copies/mL")).suppressed is True
    assert load(reading(Decimal("2.99999"), "log10", code="29541-0")).suppressed is True


def test_below_the_limit_has_no_number() -> None:
    found = load(reading(50, "copies/mL", comparator="<"))
    assert (found.copies, found.comparator, found.limit, found.suppressed) == (None, "<", Decimal(50), True)


@pytest.mark.parametrize(
    ("comparator", "value", "suppressed"),
    [
        ("<", 1000, True),
        ("<=", 1000, None),
        ("<=", 999, True),
        ("<", 5000, None),
        (">", 500, None),
        (">", 1000, False),
    ],
)
def test_comparators_say_only_what_they_can(comparator: str, value: int, suppressed: bool | None) -> None:
    assert load(reading(value, "copies/mL", comparator=comparator)).suppressed is suppressed


def test_above_the_limit_keeps_the_number() -> None:
    found = load(reading(10_000_000, "copies/mL", comparator=">"))
    assert (found.copies, found.comparator, found.suppressed) == (Decimal(10_000_000), ">", False)


def test_zero_is_never_kept_as_a_number() -> None:
    found = load(reading(0, "copies/mL"))
    assert (found.copies, found.comparator, found.suppressed) == (None, "<", True)


@pytest.mark.parametrize(
    "words",
    ["LDL", "TND", "Indetectable", "indetectável", "No detectado", "Não detectado", "NOT DETECTED",
     "Target not detected",
     "No detectable",
     "negativo", "Por debajo del límite de detección", "below limit of detection"],
)  # fmt: skip
def test_words_for_not_detected_in_three_languages(words: str) -> None:
    found = load(reading(words))
    assert (found.copies, found.comparator, found.suppressed, found.original) == (None, "<", True, words)


@pytest.mark.parametrize(
    ("written", "copies", "limit"),
    [
        ("<20 copias/mL", None, 20),
        ("< 40 copies/mL", None, 40),
        ("menor de 50 copias/mL", None, 50),
        ("Indetectable (<20 copias/mL)", None, 20),
        ("1500", 1500, None),
        ("1.250 copias/mL", 1250, None),
        ("12,500 copies/mL", 12500, None),
        ("1 250 000 copies/mL", 1250000, None),
        ("HIV-1 RNA: 340 copies/mL", 340, None),
        ("1500 copies/mL (3.18 log)", 1500, None),
        ("3.0 log10 copies/mL", 1000, None),
        ("3,0 log copias/ml", 1000, None),
    ],
)
def test_texts_with_numbers(written: str, copies: int | None, limit: int | None) -> None:
    found = load(reading(written))
    assert found.copies == (None if copies is None else Decimal(copies))
    assert found.limit == (None if limit is None else Decimal(limit))
    assert found.original == written


@pytest.mark.parametrize(
    "written",
    [
        "1.5 x 10^4 copies/mL",
        "1.5E4",
        "pendiente",
        "ver informe",
        "muestra 2 de 3",
        "4000 IU/mL",
        "1250 puntos",
    ],
)
def test_doubtful_texts_are_not_converted(written: str) -> None:
    found = load(reading(written))
    assert (found.copies, found.suppressed, found.convertible) == (None, None, False)
    assert found.original == written


@pytest.mark.parametrize("code", ["9836-8", "24013-5"])
def test_presence_and_interpretation_codes_are_no_viral_load(code: str) -> None:
    record = read([(reading("detected", code=code), OWN)])
    assert record.viral_loads == ()
    assert len(record.results) == 1


def test_the_sample_date_counts_and_not_the_day_of_the_result() -> None:
    resource = {**reading(50, "copies/mL"), "issued": "2026-02-20T10:00:00Z"}
    assert str(load(resource).sampled) == "2026-01-10"
    del resource["effectiveDateTime"]
    assert load(resource).sampled is None


def test_an_assay_limit_stands_beside_a_number() -> None:
    limit = {"url": "urn:puente:extension:assay-limit", "valueQuantity": {"value": 20}}
    found = load({**reading(850, "copies/mL"), "extension": [limit]})
    assert (found.copies, found.limit, found.suppressed) == (Decimal(850), Decimal(20), True)


def test_a_panel_prefers_the_component_in_copies() -> None:
    log, copies = reading(Decimal("3.2"), code="29541-0"), reading(1585, "{copies}/mL")
    panel = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "HIV panel"},
        "component": [{key: part[key] for key in ("code", "valueQuantity")} for part in (log, copies)],
    }
    assert load(panel).copies == Decimal(1585)


def test_a_coded_answer_without_number_reads_as_its_words() -> None:
    resource = reading("x")
    del resource["valueString"]
    resource["valueCodeableConcept"] = {"coding": [{"code": "260415000", "display": "Not detected"}]}
    assert load(resource).suppressed is True
    del resource["valueCodeableConcept"]
    resource["interpretation"] = [{"coding": [{"code": "ND"}]}]
    assert load(resource).suppressed is True


def test_a_pending_result_says_nothing() -> None:
    resource = {**reading("x"), "status": "registered"}
    del resource["valueString"]
    assert (load(resource).suppressed, load(resource).convertible) == (None, False)


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_withdrawn_result_is_not_read(status: str) -> None:
    record = read([({**reading(50, "copies/mL"), "status": status}, OWN)])
    assert record.viral_loads == ()
    assert record.unread == ("Observation",)


def test_a_number_on_another_scale_is_not_a_power_of_ten() -> None:
    found = load(reading(40000, "log10", code="29541-0"))
    assert (found.copies, found.convertible) == (None, False)


def test_a_whole_number_without_a_quantity_is_read_by_its_code() -> None:
    resource = reading("x")
    del resource["valueString"]
    resource["valueInteger"] = 850
    assert load(resource).copies == Decimal(850)


def test_nothing_known_is_neither_suppressed_nor_not() -> None:
    assert suppressed(None, "", None) is None
