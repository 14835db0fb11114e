"""Redaction is an allow-list: what is not named stays at home, whatever is put into a record."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir import profiles, redact
from fhir.wire import JsonObject
from tests.unit.summary.summary_values import record

ALL = ("identity", "contact", "clinical", "insurance")


def kept(resource: JsonObject, classes: tuple[str, ...] = ALL, purpose: str = "TREAT") -> JsonObject | None:
    found = redact.for_purpose([resource], classes, purpose)
    return found[0] if found else None


def kinds(classes: tuple[str, ...], purpose: str = "TREAT") -> set[str]:
    return {resource["resourceType"] for resource in redact.for_purpose(record(), classes, purpose)}


def test_identity_lets_out_only_who_the_person_is() -> None:
    assert kinds(("identity",)) == {"Patient"}
    patient = redact.for_purpose(record(), ("identity",), "TREAT")[0]
    assert set(patient) == {"resourceType", "id", "meta", "identifier", "name", "birthDate", "gender"}


def test_contact_adds_the_phone_and_the_country_but_never_the_street() -> None:
    patient = redact.for_purpose(record(), ("identity", "contact"), "TREAT")[0]
    assert patient["address"] == [{"country": "CO"}]
    assert patient["telecom"]


def test_clinical_alone_keeps_the_person_as_an_id_only() -> None:
    patient = redact.for_purpose(record(), ("clinical",), "TREAT")[0]
    assert set(patient) == {"resourceType", "id", "meta"}


@pytest.mark.parametrize(
    ("classes", "purpose"), [((), "TREAT"), (ALL, "HRESCH"), (ALL, "MARKETING"), (("everything",), "TREAT")]
)
def test_nothing_is_allowed_by_default(classes: tuple[str, ...], purpose: str) -> None:
    assert kinds(classes, purpose) == {"Patient"}
    (patient,) = redact.for_purpose(record(), classes, purpose)
    assert set(patient) <= {"resourceType", "id", "meta"}


def test_a_purpose_may_carry_less_than_the_consent() -> None:
    assert "MedicationDispense" not in kinds(ALL, "PATADMIN")
    assert "MedicationDispense" in kinds(ALL, "ETREAT")


def test_visits_partners_and_places_have_no_rule_and_stay() -> None:
    for kind in (
        "Encounter",
        "RelatedPerson",
        "Location",
        "Practitioner",
        "Task",
        "Consent",
        "Group",
        "DocumentReference",
    ):
        assert kept({"resourceType": kind, "id": "1"}) is None


def test_insurance_needs_its_own_class() -> None:
    cover = {"resourceType": "Coverage", "id": "1", "status": "active", "subscriberId": "7", "network": "x"}
    assert kept(cover, ("identity", "clinical")) is None
    assert kept(cover, ("insurance",)) == {
        "resourceType": "Coverage",
        "id": "1",
        "status": "active",
        "subscriberId": "7",
    }


def test_narratives_notes_and_foreign_extensions_never_leave() -> None:
    dispense = copy.deepcopy(next(one for one in record() if one["resourceType"] == "MedicationDispense"))
    dispense |= {
        "text": {"status": "generated", "div": "<div>MARK</div>"},
        "note": [{"text": "MARK"}],
        "location": {"display": "MARK"},
        "receiver": [{"reference": "RelatedPerson/MARK"}],
        "extension": [{"url": "urn:other", "valueString": "MARK"}],
        "modifierExtension": [{"url": "urn:other", "valueString": "MARK"}],
    }
    dispense["quantity"]["extension"] = [{"url": "urn:other", "valueString": "MARK"}]
    dispense["performer"] = [{"actor": {"reference": "Practitioner/MARK", "display": "MARK"}}]
    dispense["dosageInstruction"] = [{"text": "1 al día", "note": [{"text": "MARK"}]}]
    dispense["_status"] = {"extension": [{"url": "urn:other", "valueString": "MARK"}]}
    found = kept(dispense)
    assert found is not None
    assert "MARK" not in json.dumps(found, default=str)
    assert "performer" not in found


def test_known_extensions_stay_with_their_element() -> None:
    dispense = {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "extension": [{"url": "urn:puente:extension:next-pickup", "valueDate": "2026-06-01"}],
        "_whenHandedOver": {
            "extension": [
                {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
            ]
        },
    }
    assert kept(dispense) == dispense


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("http://hl7.org/fhir/sid/icd-10", "Z72.5"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "Z65.1"),
        ("http://hl7.org/fhir/sid/icd-10", "F64.0"),
        ("http://snomed.info/sct", "38628009"),
    ],
)
def test_codes_of_population_groups_never_leave(system: str, code: str) -> None:
    held = {"resourceType": "Condition", "code": {"coding": [{"system": system, "code": code}]}}
    assert kept(held) is None
    result = {
        "resourceType": "Observation",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "valueCodeableConcept": held["code"],
    }
    assert kept(result) is None


@pytest.mark.parametrize(
    ("category", "stays"),
    [("laboratory", True), ("vital-signs", True), ("social-history", False), ("survey", False), ("", False)],
)
def test_observations_leave_by_category(category: str, stays: bool) -> None:
    held = {
        "resourceType": "Observation",
        "code": {"text": "x"},
        "category": [{"coding": [{"code": category}]}],
    }
    assert (kept(held) is not None) is stays


def test_a_result_that_care_needs_leaves_without_a_category() -> None:
    held = {
        "resourceType": "Observation",
        "code": {"coding": [{"system": "http://loinc.org", "code": "45235-9"}]},
    }
    assert kept(held) is not None


def test_contained_medicines_stay_and_contained_people_do_not() -> None:
    held = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationReference": {"reference": "#m"},
        "contained": [
            {"resourceType": "Medication", "id": "m", "code": {"text": "TLD"}},
            {"resourceType": "RelatedPerson", "id": "r", "name": [{"text": "MARK"}]},
        ],
    }
    found = kept(held)
    assert found is not None
    assert [one["id"] for one in found["contained"]] == ["m"]


def test_what_is_left_is_still_valid() -> None:
    for resource in redact.for_purpose(record(), ALL, "TREAT"):
        assert profiles.issues(resource) == [], resource["resourceType"]


def test_redacting_twice_changes_nothing_and_the_original_is_untouched() -> None:
    before = copy.deepcopy(record())
    once = redact.for_purpose(before, ALL, "TREAT")
    assert redact.for_purpose(once, ALL, "TREAT") == once
    assert before == record()


marks = st.recursive(
    st.just("MARK"),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "reference", "text"]), inner)
    ),
    max_leaves=5,
)


@given(
    st.sampled_from(["Patient", "MedicationDispense", "Condition", "Observation"]),
    st.text("abcdefXYZ", min_size=4, max_size=12),
    marks,
)
def test_an_element_nobody_named_never_leaves(kind: str, name: str, value: object) -> None:
    held = {"resourceType": kind, "category": [{"coding": [{"code": "laboratory"}]}], "x" + name: value}
    assert "MARK" not in json.dumps(kept(held), default=str)


def test_a_purpose_names_its_classes() -> None:
    assert redact.classes_for("PATADMIN") == ("identity", "contact", "insurance")
    assert redact.classes_for("nothing") == ()


GROUP = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "z72.5"}], "text": "MARK"}


@pytest.mark.parametrize(
    "held",
    [
        {"resourceType": "MedicationRequest", "reasonCode": [GROUP]},
        {"resourceType": "DiagnosticReport", "conclusionCode": [GROUP]},
        {"resourceType": "DiagnosticReport", "category": [GROUP]},
        {"resourceType": "Immunization", "protocolApplied": [{"targetDisease": [GROUP]}]},
        {"resourceType": "CarePlan", "activity": [{"detail": {"code": GROUP, "status": "MARK"}}]},
        {"resourceType": "AllergyIntolerance", "reaction": [{"manifestation": [GROUP]}]},
        {"resourceType": "MedicationStatement", "dosage": [{"asNeededCodeableConcept": GROUP}]},
        {
            "resourceType": "Observation",
            "category": [{"coding": [{"code": "laboratory"}]}],
            "component": [{"code": GROUP, "valueString": "MARK"}],
        },
        {
            "resourceType": "Observation",
            "category": [{"coding": [{"code": "laboratory"}]}],
            "component": [{"code": {"text": "x"}, "valueCodeableConcept": GROUP}],
            "interpretation": [GROUP],
        },
        {"resourceType": "Condition", "stage": [{"summary": GROUP}]},
    ],
)
def test_a_concept_of_a_population_group_leaves_from_no_place(held: JsonObject) -> None:
    plain = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"}]}
    found = kept({"status": "active", "code": plain, **held})
    assert found is not None
    written = json.dumps(found)
    assert "z72.5" not in written
    assert "MARK" not in written
    assert "active" in written or "I10" in written


def test_a_concept_of_no_group_stays_beside_one_that_goes() -> None:
    plain = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"}], "text": "x"}
    found = kept({"resourceType": "MedicationRequest", "reasonCode": [GROUP, plain]})
    assert found == {"resourceType": "MedicationRequest", "reasonCode": [plain]}


def test_free_text_of_reports_and_plans_never_leaves() -> None:
    report = {"resourceType": "DiagnosticReport", "status": "final", "conclusion": "MARK"}
    detail = {"status": "scheduled", "description": "MARK"}
    plan = {"resourceType": "CarePlan", "status": "active", "title": "MARK", "activity": [{"detail": detail}]}
    assert kept(report) == {"resourceType": "DiagnosticReport", "status": "final"}
    assert kept(plan) == {
        "resourceType": "CarePlan",
        "status": "active",
        "activity": [{"detail": {"status": "scheduled"}}],
    }
