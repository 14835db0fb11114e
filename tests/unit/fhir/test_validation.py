"""Validation of one resource: all faults at once, each with its path and rule, no value repeated."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from fhir import profiles
from fhir.outcome import has_errors
from fhir.profiles.shape import shape_of
from fhir.r4 import SUPPORTED, UnknownType, is_resource_type
from fhir.wire import JsonObject, canonical, parse
from tests.unit.fhir.seeds import CONDITION, CONSENT, OBSERVATION, PATIENT, REQUEST, SUMMARY, VALID


def changed(resource: JsonObject, change: Callable[[Any], object]) -> JsonObject:
    made = copy.deepcopy(resource)
    change(made)
    return made


def found(resource: JsonObject) -> list[tuple[str, str]]:
    return [(issue.rule, issue.path) for issue in profiles.issues(resource)]


@pytest.mark.parametrize("resource", [*VALID, SUMMARY], ids=lambda item: item["resourceType"])
def test_a_valid_resource_has_no_issue(resource: JsonObject) -> None:
    assert profiles.issues(resource) == []
    assert profiles.issues(parse(canonical(resource))) == []


FAULTS: list[tuple[JsonObject, Callable[[Any], object], str, str]] = [
    (PATIENT, lambda r: r.update(gender="zzz"), "required-binding", "Patient.gender"),
    (PATIENT, lambda r: r.update(gender="Female"), "required-binding", "Patient.gender"),
    (PATIENT, lambda r: r["contact"][0].update(gender="f"), "required-binding", "Patient.contact[0].gender"),
    (PATIENT, lambda r: r.update(active="true"), "json-type", "Patient.active"),
    (PATIENT, lambda r: r.update(active=1), "json-type", "Patient.active"),
    (PATIENT, lambda r: r.update(multipleBirthInteger="2"), "json-type", "Patient.multipleBirthInteger"),
    (PATIENT, lambda r: r.update(multipleBirthInteger=True), "json-type", "Patient.multipleBirthInteger"),
    (PATIENT, lambda r: r.update(multipleBirthInteger=2**31), "format", "Patient.multipleBirthInteger"),
    (PATIENT, lambda r: r.update(multipleBirthBoolean=True), "choice", "Patient.multipleBirth[x]"),
    (PATIENT, lambda r: r.update(birthDate="03/02/1990"), "format", "Patient.birthDate"),
    (PATIENT, lambda r: r.update(birthDate="1990-02-30"), "format", "Patient.birthDate"),
    (PATIENT, lambda r: r.update(birthDate=1990), "json-type", "Patient.birthDate"),
    (PATIENT, lambda r: r.update(birthDate=None), "empty-value", "Patient.birthDate"),
    (PATIENT, lambda r: r.update(birthDate=""), "empty-value", "Patient.birthDate"),
    (PATIENT, lambda r: r.update(id="a b"), "format", "Patient.id"),
    (PATIENT, lambda r: r.update(id="a" * 65), "format", "Patient.id"),
    (PATIENT, lambda r: r.update(name=[]), "empty-value", "Patient.name"),
    (PATIENT, lambda r: r.update(name=[{}]), "empty-value", "Patient.name[0]"),
    (PATIENT, lambda r: r.update(name=[None]), "empty-value", "Patient.name[0]"),
    (PATIENT, lambda r: r.update(name={"text": "Ana"}), "cardinality", "Patient.name"),
    (PATIENT, lambda r: r.update(name=['{"text":"Ana"}']), "json-type", "Patient.name[0]"),
    (PATIENT, lambda r: r.update(gender=["female"]), "cardinality", "Patient.gender"),
    (PATIENT, lambda r: r["name"][0].update(given=["Ana", None]), "empty-value", "Patient.name[0].given[1]"),
    (PATIENT, lambda r: r["name"][0].update(family="a\x00b"), "format", "Patient.name[0].family"),
    (PATIENT, lambda r: r.update(eyeColour="brown"), "unknown-element", "Patient.eyeColour"),
    (PATIENT, lambda r: r.update(fhir_comments="x"), "unknown-element", "Patient.fhir_comments"),
    (PATIENT, lambda r: r.update(active__ext={"id": "x"}), "unknown-element", "Patient.active__ext"),
    (
        PATIENT,
        lambda r: r["name"][0].update(resourceType="Patient"),
        "unknown-element",
        "Patient.name[0].resourceType",
    ),
    (PATIENT, lambda r: r.update({"Ana Pérez": 1}), "unknown-element", "Patient.?"),
    (PATIENT, lambda r: r["extension"][0].pop("url"), "cardinality", "Patient.extension[0].url"),
    (OBSERVATION, lambda r: r.pop("status"), "cardinality", "Observation.status"),
    (OBSERVATION, lambda r: r.pop("code"), "cardinality", "Observation.code"),
    (
        OBSERVATION,
        lambda r: r["valueQuantity"].update(comparator="≤"),
        "required-binding",
        "Observation.valueQuantity.comparator",
    ),
    (
        OBSERVATION,
        lambda r: r["valueQuantity"].update(value="1.5"),
        "json-type",
        "Observation.valueQuantity.value",
    ),
    (
        OBSERVATION,
        lambda r: r.update(effectiveDateTime="2026-01-05T10:00:00"),
        "format",
        "Observation.effectiveDateTime",
    ),
    (
        OBSERVATION,
        lambda r: r.update(effectiveDateTime="2026-01-05T24:00:00Z"),
        "format",
        "Observation.effectiveDateTime",
    ),
    (OBSERVATION, lambda r: r.update(valueString="x"), "choice", "Observation.value[x]"),
    (
        CONDITION,
        lambda r: r["clinicalStatus"]["coding"][0].update(code="x"),
        "required-binding",
        "Condition.clinicalStatus",
    ),
    (
        CONDITION,
        lambda r: r["clinicalStatus"]["coding"][0].pop("system"),
        "required-binding",
        "Condition.clinicalStatus",
    ),
    (
        CONDITION,
        lambda r: r.update(clinicalStatus={"text": "active"}),
        "required-binding",
        "Condition.clinicalStatus",
    ),
    (CONDITION, lambda r: r.update(code="B24"), "json-type", "Condition.code"),
    (
        PATIENT,
        lambda r: r.update(photo=[{"contentType": "image/png", "data": "AAA"}]),
        "format",
        "Patient.photo[0].data",
    ),
    (REQUEST, lambda r: r.pop("medicationReference"), "cardinality", "MedicationRequest.medication[x]"),
    (
        REQUEST,
        lambda r: r["contained"][0].update(status="x"),
        "required-binding",
        "MedicationRequest.contained[0].status",
    ),
    (
        REQUEST,
        lambda r: r["contained"][0].update(resourceType="Pill"),
        "unknown-type",
        "MedicationRequest.contained[0].resourceType",
    ),
    (
        REQUEST,
        lambda r: r["contained"][0].pop("resourceType"),
        "resource-type",
        "MedicationRequest.contained[0].resourceType",
    ),
    (
        REQUEST,
        lambda r: r["dosageInstruction"][0]["timing"]["repeat"].update(periodUnit="day"),
        "required-binding",
        "MedicationRequest.dosageInstruction[0].timing.repeat.periodUnit",
    ),
    (
        SUMMARY,
        lambda r: r["entry"][1]["resource"].update(gender="x"),
        "required-binding",
        "Bundle.entry[1].resource.gender",
    ),
]


@pytest.mark.parametrize(("resource", "change", "rule", "path"), FAULTS)
def test_a_fault_is_found_with_its_rule_and_path(
    resource: JsonObject, change: Callable[[Any], object], rule: str, path: str
) -> None:
    assert (rule, path) in found(changed(resource, change))


@pytest.mark.parametrize(("resource", "change", "rule", "path"), FAULTS)
def test_one_fault_is_reported_once(
    resource: JsonObject, change: Callable[[Any], object], rule: str, path: str
) -> None:
    assert [pair for pair in found(changed(resource, change)) if pair[1] == path] == [(rule, path)]


def test_all_faults_are_found_at_once() -> None:
    def spoil(resource: Any) -> None:
        for faulty, change, _, path in FAULTS:
            if faulty is PATIENT and path in (
                "Patient.gender",
                "Patient.active",
                "Patient.id",
                "Patient.eyeColour",
            ):
                change(resource)
        resource["contact"][0]["gender"] = "x"
        resource["communication"][0] = {"preferred": True}
        resource["telecom"][0]["use"] = "beach"

    paths = {path for _, path in found(changed(PATIENT, spoil))}
    assert paths >= {
        "Patient.gender",
        "Patient.active",
        "Patient.id",
        "Patient.eyeColour",
        "Patient.contact[0].gender",
        "Patient.communication[0].language",
        "Patient.telecom[0].use",
    }


def test_an_extension_may_stand_for_a_required_value() -> None:
    absent = {
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
        ]
    }

    def replace(resource: Any) -> None:
        del resource["status"]
        resource["_status"] = absent

    assert found(changed(OBSERVATION, replace)) == []


def test_gaps_in_a_list_are_allowed_beside_extensions() -> None:
    extension = {"extension": [{"url": "http://example.org/x", "valueCode": "y"}]}
    names = [{"given": ["Ana", None], "_given": [None, extension]}]
    assert found(changed(PATIENT, lambda r: r.update(name=names))) == []


def test_unknown_elements_are_warnings_in_documents_of_others() -> None:
    issues = profiles.issues({**PATIENT, "eyeColour": "brown"}, reject_unknown=False)
    assert [(issue.rule, issue.severity) for issue in issues] == [("unknown-element", "warning")]
    assert not has_errors(issues)
    assert has_errors(profiles.issues({**PATIENT, "eyeColour": "brown"}))


def test_resources_inside_a_bundle_can_be_left_to_their_own_check() -> None:
    spoiled = changed(SUMMARY, lambda r: r["entry"][1]["resource"].update(gender="x"))
    assert profiles.issues(spoiled, nested=False) == []


@pytest.mark.parametrize(
    "resource",
    [
        {},
        {"resourceType": None},
        {"resourceType": 5},
        {"resourceType": "Ana Pérez"},
        {"resourceType": "HumanName"},
        {"resourceType": "Resource"},
        {"resourceType": "SubscriptionTopic"},
        {"resourceType": "patient"},
        {"resourceType": ""},
    ],
)
def test_an_unknown_type_is_one_issue(resource: JsonObject) -> None:
    issues = profiles.issues(resource)
    assert [issue.path for issue in issues] == ["Resource.resourceType"]
    assert "Ana" not in repr(issues)


def test_hostile_input_gives_at_most_a_thousand_issues() -> None:
    assert len(profiles.issues({"resourceType": "Patient", **{f"k{n}": 1 for n in range(3000)}})) == 1000


def test_every_supported_type_has_a_shape_and_no_other_name_has() -> None:
    for name in SUPPORTED:
        assert shape_of(name).is_resource
    assert is_resource_type("Questionnaire")
    assert not is_resource_type(["Patient"])
    with pytest.raises(UnknownType):
        shape_of("Nothing")


def test_an_element_may_be_named_as_the_type_of_a_resource_is() -> None:
    instance = {"resourceId": "p1", "resourceType": "Patient"}
    scenario = {"resourceType": "ExampleScenario", "status": "draft", "instance": [instance]}
    assert found(scenario) == []
    del instance["resourceType"]
    assert found(scenario) == [("cardinality", "ExampleScenario.instance[0].resourceType")]


def test_the_value_of_an_extension_may_have_extensions_of_its_own() -> None:
    note = {"url": "http://example.org/note", "_valueString": {"extension": [{"url": "x", "valueCode": "y"}]}}
    assert found({**PATIENT, "extension": [note]}) == []
    assert found({**PATIENT, "extension": [{"url": "x", "_url": {"id": "a"}, "valueCode": "y"}]}) == [
        ("unknown-element", "Patient.extension[0]._url")
    ]


@pytest.mark.parametrize("beside", [{"id": "a"}, {"extension": []}, [], "x"])
def test_only_an_extension_says_why_a_required_value_is_not_there(beside: object) -> None:
    silent = {**OBSERVATION, "_status": beside}
    del silent["status"]
    assert ("cardinality", "Observation.status") in found(silent)


CONSENT_RULES = [(lambda r: r.pop("policy"), "ppc-1"), (lambda r: r.pop("patient"), "ppc-2")]


@pytest.mark.parametrize(("change", "rule"), CONSENT_RULES)
def test_a_consent_keeps_the_rules_of_the_standard(change: Callable[[Any], object], rule: str) -> None:
    assert (rule, "Consent") in found(changed(CONSENT, change))


def test_base64_data_may_be_wrapped_in_lines() -> None:
    photo = {"contentType": "image/png", "data": "iVBORw0K\nGgo="}
    assert found({**PATIENT, "photo": [photo]}) == []
