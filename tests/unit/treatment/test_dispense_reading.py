"""Dispenses as partners send them: supply, dose, tablets left, products and partial dates."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from fhir.treatment import read
from fhir.treatment.model import Dispense, Source
from fhir.wire import JsonObject, Number
from tests.unit.treatment.treatment_values import OWN, PARTNER, on

TLD = {"coding": [{"system": "http://www.whocc.no/atc", "code": "J05AR27"}]}


def given(source: Source = OWN, **more: object) -> Dispense:
    resource = {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "medicationCodeableConcept": TLD,
        **more,
    }
    (found,) = read([(resource, source)]).dispenses
    return found


def dosage(value: object, timing: JsonObject, unit: str = "tablet", **more: object) -> list[JsonObject]:
    return [{"timing": timing, "doseAndRate": [{"doseQuantity": {"value": value, "unit": unit}}], **more}]


@pytest.mark.parametrize(
    ("supply", "days"),
    [
        ({"value": 30, "code": "d"}, 30),
        ({"value": 30, "unit": "days", "code": "d"}, 30),
        ({"value": 90, "unit": "días"}, 90),
        ({"value": 30}, 30),
        ({"value": 4, "code": "wk"}, 28),
        ({"value": 3, "unit": "months", "code": "mo"}, 90),
        ({"value": Number("29.9"), "code": "d"}, 29),
        ({"value": "60", "code": "d"}, 60),
        ({"value": 48, "code": "h"}, None),
        ({"value": 0, "code": "d"}, None),
        ({"value": -5, "code": "d"}, None),
        ({"value": 30, "code": "d", "comparator": "<"}, None),
        ({"value": 10**12, "code": "d"}, None),
        ({"value": "many"}, None),
        ("30", None),
    ],
)
def test_days_supplied_are_days_or_nothing(supply: object, days: int | None) -> None:
    assert given(daysSupply=supply).days == days


@pytest.mark.parametrize(
    ("timing", "dose"),
    [
        ({"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}, "1"),
        ({"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}, "2"),
        ({"repeat": {"frequency": 1, "period": 12, "periodUnit": "h"}}, "2"),
        ({"repeat": {"frequency": 1, "period": 2, "periodUnit": "d"}}, "0.5"),
        ({"repeat": {"frequency": 7, "period": 1, "periodUnit": "wk"}}, "1"),
        ({"repeat": {"when": ["MORN", "EVE"]}}, "2"),
        ({"repeat": {"when": ["MORN", "EVE"], "period": 1, "periodUnit": "d"}}, "2"),
        ({"code": {"coding": [{"code": "BID"}]}}, "2"),
        ({"code": {"coding": [{"code": "QD"}]}}, "1"),
        ({"repeat": {"frequency": 1, "period": 0, "periodUnit": "d"}}, None),
        ({"repeat": {"frequency": 1, "period": 1, "periodUnit": "a"}}, None),
        ({"code": {"text": "cuando duela"}}, None),
        ({}, None),
    ],
)
def test_daily_dose_of_a_tablet(timing: JsonObject, dose: str | None) -> None:
    found = given(dosageInstruction=dosage(1, timing)).daily_dose
    assert found == (None if dose is None else Decimal(dose))


DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}


def test_doses_of_morning_and_evening_add_up() -> None:
    assert given(dosageInstruction=dosage(1, DAILY) + dosage(2, DAILY)).daily_dose == Decimal(3)


def test_a_taper_has_no_daily_dose() -> None:
    steps = dosage(1, DAILY, sequence=1) + dosage(2, DAILY, sequence=2)
    assert given(dosageInstruction=steps).daily_dose is None


def test_a_dose_as_needed_has_no_daily_dose() -> None:
    assert given(dosageInstruction=dosage(1, DAILY, asNeededBoolean=True)).daily_dose is None


def test_milligrams_are_not_tablets() -> None:
    assert (
        given(dosageInstruction=dosage(50, DAILY, "mg"), quantity={"value": 30, "unit": "tablet"}).daily_dose
        is None
    )
    syrup = given(dosageInstruction=dosage(10, DAILY, "mL"), quantity={"value": 240, "unit": "mL"})
    assert syrup.daily_dose == Decimal(10)


def test_extensions_tell_tablets_left_and_the_next_pick_up() -> None:
    extension = [
        {"url": "urn:puente:extension:pills-left", "valueQuantity": {"value": 12}},
        {"url": "urn:puente:extension:next-pickup", "valueDate": "2026-05-01"},
    ]
    found = given(extension=extension)
    assert (found.pills_left, found.next_pickup) == (Decimal(12), date(2026, 5, 1))


@pytest.mark.parametrize("written", ["2026-03-05", "2026-03", "2026"])
def test_partial_days_keep_their_precision(written: str) -> None:
    assert given(whenHandedOver=written).handed_over == on(written)


def test_the_local_day_of_a_timestamp_is_the_day_as_written() -> None:
    assert given(whenHandedOver="2026-03-05T23:30:00-05:00").handed_over == on("2026-03-05")


@pytest.mark.parametrize("written", ["2026-13-01", "05/03/2026", "", 20260305, None, "2026-02-30"])
def test_a_day_nobody_can_read_is_unknown(written: object) -> None:
    assert given(whenHandedOver=written).handed_over is None


def test_a_dispense_in_error_is_kept_and_says_so() -> None:
    assert given(status="entered-in-error").status == "entered-in-error"


def test_the_identifier_names_system_and_value() -> None:
    assert given(identifier=[{"system": "urn:x", "value": "7"}]).identifier == "urn:x|7"
    assert given(identifier=[{"value": "7"}]).identifier == "|7"
    assert given().identifier == ""


def test_known_on_is_our_version_time_or_the_time_we_received_it() -> None:
    at = "2026-03-05T10:00:00.000+00:00"
    assert given(meta={"lastUpdated": at}).known_on == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert given(PARTNER, meta={"lastUpdated": at}).known_on == PARTNER.received
    assert given().known_on is None


@pytest.mark.parametrize(
    "product",
    [
        {"medicationCodeableConcept": TLD},
        {
            "medicationReference": {"reference": "#m"},
            "contained": [{"resourceType": "Medication", "id": "m", "code": TLD}],
        },
        {"medicationReference": {"reference": "Medication/m"}},
        {"medicationReference": {"display": "Tenofovir / lamivudina / dolutegravir 300/300/50"}},
        {"contained": [{"resourceType": "Medication", "code": TLD}]},
    ],
)
def test_a_product_is_found_wherever_it_stands(product: JsonObject) -> None:
    shelf = {"resourceType": "Medication", "id": "m", "code": TLD}
    resource = {"resourceType": "MedicationDispense", "status": "completed", **product}
    (found,) = read([(resource, OWN), (shelf, OWN)]).dispenses
    assert found.medicine.ingredients == {"TDF", "3TC", "DTG"}


def test_ingredients_of_a_medication_count_only_when_all_are_known() -> None:
    def product(*names: str) -> JsonObject:
        parts = [{"itemCodeableConcept": {"text": name}} for name in names]
        held = {"resourceType": "Medication", "id": "m", "code": {"text": "Combo"}, "ingredient": parts}
        return {
            "resourceType": "MedicationDispense",
            "status": "completed",
            "contained": [held],
            "medicationReference": {"reference": "#m"},
        }

    known, half = product("abacavir", "lamivudine"), product("abacavir", "newdrugavir")
    assert read([(known, OWN)]).dispenses[0].medicine.ingredients == {"ABC", "3TC"}
    assert read([(half, OWN)]).dispenses[0].medicine.ingredients is None


def test_a_product_with_codes_only_takes_the_words_of_the_reference() -> None:
    coded = {"coding": [{"system": "urn:local", "code": "55111"}]}
    found = given(medicationCodeableConcept=coded, medicationReference={"display": "citalopram 20 mg"})
    assert found.medicine.concept.text == "citalopram 20 mg"


def test_a_product_nobody_named_is_kept() -> None:
    found = given(medicationCodeableConcept={})
    assert (found.medicine.concept.text, found.medicine.ingredients) == ("?", None)
