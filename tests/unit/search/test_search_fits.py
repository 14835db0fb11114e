"""What fits a search parameter, kind by kind (https://hl7.org/fhir/R4/search.html)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from fhir import search
from fhir.search import Setting

LIMA = timezone(-timedelta(hours=5))
SETTING = Setting(datetime(2026, 11, 22, 12, tzinfo=LIMA), "https://node.example/fhir")

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {
        "lastUpdated": "2026-11-20T10:00:00.000+00:00",
        "profile": ["http://example.org/StructureDefinition/lab|1.0"],
        "tag": [{"system": "urn:tags", "code": "kept"}],
        "security": [{"system": "urn:labels", "code": "R"}],
        "source": "urn:lab:7",
    },
    "identifier": [{"system": "urn:lab", "value": "A-7"}],
    "status": "final",
    "category": [{"coding": [{"system": "urn:categories", "code": "laboratory"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0", "display": "Creatinine"}]},
    "subject": {"reference": "Patient/p1", "identifier": {"system": "urn:x", "value": "77"}},
    "encounter": {"reference": "https://node.example/fhir/Encounter/e1/_history/2"},
    "performer": [{"reference": "https://elsewhere.example/fhir/Practitioner/d1"}],
    "effectiveDateTime": "2026-01-05T23:30:00-05:00",
    "valueQuantity": {"value": 5.4, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg/dL"},
    "component": [
        {"code": {"coding": [{"code": "a"}]}, "valueQuantity": {"value": 1, "code": "g"}},
        {"code": {"coding": [{"code": "b"}]}, "valueQuantity": {"value": 9, "code": "g"}},
    ],
}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "active": True,
    "name": [{"family": "Núñez O'Brien", "given": ["María José"]}, {"text": "Mari"}],
    "telecom": [{"system": "phone", "value": "+51 1"}, {"system": "email", "value": "M@example.org"}],
    "gender": "female",
    "birthDate": "1990-05-17",
    "deceasedDateTime": "2026-01-01",
    "address": [{"line": ["Av. Grau 1"], "city": "Lima", "country": "PE", "use": "home"}],
    "identifier": [
        {
            "system": "urn:oid:1.2.3",
            "value": "12.345-6",
            "type": {"coding": [{"system": "urn:v2", "code": "NI"}], "text": "National id"},
        }
    ],
    "managingOrganization": {"reference": "Organization/o1"},
    "communication": [{"language": {"coding": [{"code": "es-PE"}]}}],
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName", "valueString": "Quispe"}
    ],
}
LOCATION: dict[str, Any] = {
    "resourceType": "Location",
    "id": "l1",
    "name": "Hospital Dos de Mayo",
    "position": {"latitude": -12.0464, "longitude": -77.0428},
}


def fits(resource: dict[str, Any], name: str, value: str) -> bool:
    """Tell whether it fits; whatever fits must also pass the look at its bytes alone."""
    query = search.parse(resource["resourceType"], [(name, value)], SETTING)
    assert not query.issues, query.issues
    found = search.fits(resource, query, lambda words: {word[:1] for word in words.lower().split()})
    if found:
        assert search.may_fit(orjson.dumps(resource), query)
    return found


@pytest.mark.parametrize(
    ("name", "value", "hit"),
    [
        ("code", "2160-0", True),
        ("code", "http://loinc.org|2160-0", True),
        ("code", "http://loinc.org|", True),
        ("code", "urn:other|2160-0", False),
        ("code", "|2160-0", False),
        ("code", "1,2160-0", True),
        ("code:not", "2160-0", False),
        ("code:not", "1", True),
        ("method:not", "1", True),
        ("code:text", "creat", True),
        ("code:text", "atinine", False),
        ("status", "FINAL", True),
        ("status:in", "http://hl7.org/fhir/ValueSet/observation-status", True),
        ("status:not-in", "http://hl7.org/fhir/ValueSet/observation-status", False),
        ("status:missing", "false", True),
        ("method:missing", "true", True),
        ("method:missing", "false", False),
        ("identifier", "urn:lab|a7", True),
        ("identifier", "|A-7", False),
        ("_id", "o1", True),
        ("_id", "x,o1", True),
        ("_id:not", "o1", False),
        ("_tag", "urn:tags|kept", True),
        ("_security", "R", True),
        ("component-code", "b", True),
        ("combo-code", "2160-0", True),
    ],
)
def test_a_token_is_compared_by_system_and_code(name: str, value: str, hit: bool) -> None:
    assert fits(OBSERVATION, name, value) is hit


@pytest.mark.parametrize(
    ("name", "value", "hit"),
    [
        ("active", "true", True),
        ("active", "false", False),
        ("deceased", "true", True),
        ("death-date", "2026", True),
        ("email", "m@EXAMPLE.org", True),
        ("phone", "m@example.org", False),
        ("telecom", "m@example.org", True),
        ("address-use", "home", True),
        ("language", "es-PE", True),
        ("identifier", "123456", True),
        ("identifier", "urn:oid.1.2.3|12345-6", True),
        ("identifier:of-type", "urn:v2|NI|123456", True),
        ("identifier:of-type", "urn:v2|PP|123456", False),
        ("identifier:text", "national", True),
    ],
)
def test_contacts_booleans_and_documents_are_tokens_too(name: str, value: str, hit: bool) -> None:
    assert fits(PATIENT, name, value) is hit


@pytest.mark.parametrize(
    ("name", "value", "hit"),
    [
        ("family", "nunez", True),
        ("family", "NUÑ", True),
        ("family", "obrien", True),
        ("family", "O'Brien", True),
        ("family", "nez", False),
        ("family:contains", "nez", True),
        ("family:contains", "ñez obr", True),
        ("family:exact", "Núñez O'Brien", True),
        ("family:exact", "Núñez", False),
        ("given", "jose maria", True),
        ("name", "mari nunez", True),
        ("name", "lima", False),
        ("address", "grau", True),
        ("address-city", "li", True),
        ("address-country:exact", "pe", False),
        ("mothersMaidenName", "quis", True),
        ("phonetic", "Mx", True),
        ("phonetic", "Zz", False),
        ("name:missing", "true", False),
        ("family", "\\,", False),
    ],
)
def test_a_text_begins_with_contains_or_is_exact(name: str, value: str, hit: bool) -> None:
    assert fits(PATIENT, name, value) is hit


@pytest.mark.parametrize(
    ("value", "hit"),
    [
        # 23:30 of the fifth in Lima is the sixth in UTC; a date without zone is one of Lima.
        ("2026-01-05", True),
        ("2026-01-06", False),
        ("2026-01-06T04:30:00Z", True),
        ("2026-01-05T23:30:00-05:00", True),
        ("2026-01-05T23:30", True),
        ("2026-01-06T04:30:00+00:00", True),
        ("2026-01-06T04:30:00 00:00", True),
        ("2026-01", True),
        ("2026", True),
        ("eq2025", False),
        ("ne2026-01-05", False),
        ("ne2025", True),
        ("gt2026-01-05", False),
        ("gt2026-01-04", True),
        ("ge2026-01-05", True),
        ("lt2026-01-06", True),
        ("lt2026-01-05", False),
        ("le2026-01-05", True),
        ("le2025", False),
        ("sa2026-01-04", True),
        ("sa2026-01", False),
        ("eb2026-01-06", True),
        ("eb2026", False),
        ("ap2026-02", True),
        ("ap2024", False),
        ("2025,2026", True),
    ],
)
def test_a_date_is_a_range_by_its_precision_in_the_zone_of_the_node(value: str, hit: bool) -> None:
    assert fits(OBSERVATION, "date", value) is hit


@pytest.mark.parametrize(
    ("period", "value", "hit"),
    [
        ({"start": "2026-01-01", "end": "2026-01-31"}, "2026-01", True),
        ({"start": "2026-01-01", "end": "2026-01-31"}, "2026-01-15", False),
        ({"start": "2026-01-01"}, "gt2030", True),
        ({"start": "2026-01-01"}, "2026", False),
        ({"end": "2026-01-31"}, "lt1990", True),
        ({"start": "2026-01-01"}, "sa2025", True),
        ({}, "2026", False),
    ],
)
def test_a_period_without_an_end_goes_on(period: dict[str, str], value: str, hit: bool) -> None:
    episode = {"resourceType": "EpisodeOfCare", "id": "e1", "period": period}
    assert fits(episode, "date", value) is hit


def test_a_timing_reaches_over_all_its_events() -> None:
    request = {
        "resourceType": "ServiceRequest",
        "id": "s1",
        "occurrenceTiming": {"event": ["2026-01-01", "2026-03-01"]},
    }
    assert fits(request, "occurrence", "2026")
    assert not fits(request, "occurrence", "2026-01")
    request["occurrenceTiming"] = {"repeat": {"boundsPeriod": {"start": "2026-01-02", "end": "2026-01-03"}}}
    assert fits(request, "occurrence", "2026-01")


@pytest.mark.parametrize("day", ["9999-12-31", "9999", "9999-12", "0001-01-01", "0001"])
def test_the_first_and_the_last_day_there_are_can_be_compared(day: str) -> None:
    assert fits({"resourceType": "Patient", "id": "p", "birthDate": day}, "birthdate", day)


@pytest.mark.parametrize(
    ("name", "value", "hit"),
    [
        ("value-quantity", "5.4", True),
        ("value-quantity", "5", True),
        ("value-quantity", "5.40", True),
        ("value-quantity", "5.41", False),
        ("value-quantity", "5.4|http://unitsofmeasure.org|mg/dL", True),
        ("value-quantity", "5.4||mg", True),
        ("value-quantity", "5.4||mg/dL", True),
        ("value-quantity", "5.4|http://unitsofmeasure.org|g", False),
        ("value-quantity", "gt5", True),
        ("value-quantity", "ge5.4", True),
        ("value-quantity", "lt5.4", False),
        ("value-quantity", "le5.4", True),
        ("value-quantity", "ne5.4", False),
        ("value-quantity", "sa5.4", False),
        ("value-quantity", "eb6", True),
        ("value-quantity", "ap5.8", True),
        ("value-quantity", "ap7", False),
        ("value-quantity", "54e-1", True),
        ("combo-value-quantity", "9", True),
        ("code-value-quantity", "2160-0$gt5", True),
        ("code-value-quantity", "2160-0$gt6", False),
        ("code-value-quantity", "1$gt5", False),
        ("component-code-value-quantity", "a$lt5", True),
        ("component-code-value-quantity", "a$gt5", False),
        ("combo-code-value-quantity", "b$9", True),
    ],
)
def test_a_quantity_has_a_precision_and_perhaps_a_unit(name: str, value: str, hit: bool) -> None:
    assert fits(OBSERVATION, name, value) is hit


@pytest.mark.parametrize(
    ("comparator", "value", "hit"),
    [
        ("<", "lt50", True),
        ("<", "50", False),
        ("<", "ge60", False),
        (">", "gt60", True),
        (">", "le40", False),
    ],
)
def test_a_result_below_the_limit_of_an_assay_is_below_it(comparator: str, value: str, hit: bool) -> None:
    result = {**OBSERVATION, "valueQuantity": {"value": 50, "comparator": comparator}}
    assert fits(result, "value-quantity", value) is hit


def test_a_range_of_ages_is_compared_at_both_ends() -> None:
    condition = {
        "resourceType": "Condition",
        "id": "c1",
        "onsetRange": {"low": {"value": 20, "unit": "a"}, "high": {"value": 30, "unit": "a"}},
    }
    assert fits(condition, "onset-age", "gt25")
    assert fits(condition, "onset-age", "25||a") is False
    assert fits(condition, "onset-age", "gt31") is False
    assert fits(condition, "onset-age", "gt25||months") is False


@pytest.mark.parametrize(
    ("name", "value", "hit"),
    [
        ("patient", "p1", True),
        ("patient", "Patient/p1", True),
        ("subject", "https://node.example/fhir/Patient/p1", True),
        ("subject:Patient", "p1", True),
        ("subject:Group", "p1", False),
        ("subject", "Group/p1", False),
        ("encounter", "e1", True),
        ("encounter", "Encounter/e2", False),
        ("performer", "d1", False),
        ("performer", "https://elsewhere.example/fhir/Practitioner/d1", True),
        ("subject:identifier", "urn:x|77", True),
        ("subject:identifier", "urn:x|78", False),
        ("subject:missing", "false", True),
    ],
)
def test_a_reference_is_an_id_a_type_and_id_or_an_address(name: str, value: str, hit: bool) -> None:
    assert fits(OBSERVATION, name, value) is hit


@pytest.mark.parametrize(
    ("name", "value", "hit"),
    [
        ("_profile", "http://example.org/StructureDefinition/lab", True),
        ("_profile", "http://example.org/StructureDefinition/lab|1.0", True),
        ("_profile", "http://example.org/StructureDefinition", False),
        ("_profile:below", "http://example.org/StructureDefinition", True),
        ("_source", "urn:lab:7", True),
        ("_source:missing", "true", False),
        ("_lastUpdated", "ge2026-11-20", True),
        ("_lastUpdated", "lt2026-11-20", False),
    ],
)
def test_addresses_are_compared_whole_or_below(name: str, value: str, hit: bool) -> None:
    assert fits(OBSERVATION, name, value) is hit


def test_an_address_above_is_a_beginning_of_the_one_asked_for() -> None:
    measure = {"resourceType": "Measure", "id": "m1", "url": "http://example.org/m"}
    assert fits(measure, "url:above", "http://example.org/m/part")
    assert not fits(measure, "url:above", "http://example.org/mm")


@pytest.mark.parametrize(
    ("value", "hit"),
    [
        ("-12.05|-77.04|5|km", True),
        ("-12.05|-77.04|5", True),
        ("-12.05|-77.04", True),
        ("-13.16|-74.22|50|km", False),
        ("-12.05|-77.04|100|m", False),
        ("-12.05|-77.04|1|[mi_i]", True),
    ],
)
def test_a_place_is_near_within_a_distance(value: str, hit: bool) -> None:
    assert fits(LOCATION, "near", value) is hit


def test_a_reference_is_of_its_type_by_its_text_or_by_its_type_element() -> None:
    appointment = {
        "resourceType": "Appointment",
        "id": "a1",
        "participant": [
            {"actor": {"reference": "Location/x"}},
            {"actor": {"type": "Patient", "identifier": {"value": "7"}}},
            {"status": "accepted"},
        ],
    }
    assert fits(appointment, "patient:identifier", "7")
    assert fits(appointment, "location", "x")
    assert not fits(appointment, "patient", "x")
    assert fits(appointment, "practitioner:missing", "true")


def test_a_document_is_related_in_one_way_to_one_document() -> None:
    document = {
        "resourceType": "DocumentReference",
        "id": "d1",
        "relatesTo": [
            {"code": "replaces", "target": {"reference": "DocumentReference/d0"}},
            {"code": "appends", "target": {"reference": "DocumentReference/d9"}},
        ],
    }
    assert fits(document, "relationship", "DocumentReference/d0$replaces")
    assert not fits(document, "relationship", "DocumentReference/d9$replaces")


@pytest.mark.parametrize(
    "odd",
    [
        {"code": "x", "subject": "Patient/1", "valueQuantity": "7", "effectiveDateTime": 7, "meta": []},
        {"code": {"coding": {}}, "subject": {"reference": 7}, "valueQuantity": {"value": True}},
        {"code": [None], "subject": [{}], "effectivePeriod": [], "identifier": "x"},
        {"effectiveDateTime": "yesterday", "effectivePeriod": {"start": 7}, "meta": {"tag": "x"}},
    ],
)
def test_a_resource_of_odd_shape_fits_nothing_and_breaks_nothing(odd: dict[str, Any]) -> None:
    resource = {"resourceType": "Observation", "id": "o", **odd}
    for name, value in (
        ("code", "2160-0"),
        ("patient", "p1"),
        ("value-quantity", "5.4"),
        ("date", "2026"),
        ("identifier", "1"),
        ("_tag", "kept"),
        ("code-value-quantity", "2160-0$5"),
    ):
        assert not fits(resource, name, value)
    assert fits(resource, "_id", "o")


def test_bytes_that_cannot_hold_a_value_are_not_read_at_all() -> None:
    query = search.parse("Observation", [("code", "9999-9"), ("patient", "p1")], SETTING)
    assert not search.may_fit(orjson.dumps(OBSERVATION), query)
    assert search.may_fit(orjson.dumps(OBSERVATION), search.parse("Observation", [("code", "ñ")], SETTING))


def test_now_is_only_needed_for_about() -> None:
    near_now = Setting(datetime(2026, 1, 6, tzinfo=UTC))
    query = search.parse("Observation", [("date", "ap2025-12")], near_now)
    assert not search.fits(OBSERVATION, query)
    late = search.parse("Observation", [("date", "ap2025-12")], Setting(datetime(2027, 6, 6, tzinfo=UTC)))
    assert search.fits(OBSERVATION, late)


def test_a_range_without_ends_and_a_place_without_coordinates_fit_nothing() -> None:
    condition = {"resourceType": "Condition", "id": "c1", "onsetRange": {"low": "x"}}
    assert not fits(condition, "onset-age", "gt1")
    for position in ("here", {"latitude": 1}, {"latitude": "1", "longitude": 2}):
        assert not fits({"resourceType": "Location", "id": "l", "position": position}, "near", "1|2|9")


def test_a_reference_in_an_absolute_form_of_this_node_is_the_same_one() -> None:
    query = search.parse("Observation", [("encounter", "e1")])
    assert not search.fits(OBSERVATION, query), "without a base no absolute address is known to be ours"
    assert fits(OBSERVATION, "encounter", "https://node.example/fhir/Encounter/e1")
    assert search.target_of_element({"reference": "Patient/1"}, "") == ("Patient", "1")
    assert search.target_of_element({"reference": 7}, "") is None
    assert search.target_of_element({"reference": "urn:uuid:1"}, "") is None


def test_a_canonical_address_that_is_no_text_fits_nothing() -> None:
    assert not fits({**OBSERVATION, "meta": {"profile": [7]}}, "_profile", "http://example.org")


def test_names_that_are_no_text_and_types_that_are_no_concept_fit_nothing() -> None:
    patient = {"resourceType": "Patient", "id": "p", "name": [7], "identifier": [{"type": "x", "value": "1"}]}
    assert not fits(patient, "name", "x")
    assert not fits(patient, "identifier:text", "x")
    assert not fits(patient, "identifier:of-type", "a|b|1")
    assert not fits({**patient, "identifier": [{"value": 1}]}, "identifier:of-type", "a|b|1")
    assert not fits({**patient, "identifier": [{"value": 1}]}, "identifier", "1")


def test_every_identifier_is_found_whatever_its_dots_and_dashes() -> None:
    request = {"resourceType": "ServiceRequest", "id": "s", "requisition": {"value": "A-7"}}
    assert fits(request, "requisition", "a.7")
    task = {"resourceType": "Task", "id": "t", "groupIdentifier": {"system": "urn:g", "value": "B 1"}}
    assert fits(task, "group-identifier", "urn:g|b1")
    specimen = {"resourceType": "Specimen", "id": "s", "accessionIdentifier": {"value": "C/9"}}
    assert fits(specimen, "accession", "c9")
