"""Each rule of the profile tables finds its own fault, what we emit breaks none, no content stops them."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

from fhir import redact, wire
from fhir.codes.systems import table
from fhir.profiles import conformance
from fhir.profiles.conformance import IPS, OWN
from fhir.profiles.expressions import MOST_TESTS, Document
from fhir.summary import LANGUAGES
from fhir.wire import JsonObject
from tests.unit.summary.summary_values import entries, made, record

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
BASE = "http://hl7.org/fhir/uv/ips/StructureDefinition/"
OURS = "urn:puente:profile:"
DOCUMENT = (f"{BASE}Bundle-uv-ips", f"{OURS}summary")
LABORATORY = {"code": "laboratory", "system": "http://terminology.hl7.org/CodeSystem/observation-category"}
Change = Callable[[JsonObject], object]


def composition(document: JsonObject) -> JsonObject:
    found: JsonObject = document["entry"][0]["resource"]
    return found


def first(document: JsonObject, kind: str) -> JsonObject:
    return entries(document, kind)[0]


def listing(document: JsonObject, code: str) -> JsonObject:
    """Return a section of the document, made when it has none of this code."""
    for section in composition(document)["section"]:
        if section["code"]["coding"][0]["code"] == code:
            return section  # type: ignore[no-any-return]
    made_up = copy.deepcopy(composition(document)["section"][0])
    made_up["code"]["coding"][0]["code"] = code
    composition(document)["section"].append(made_up)
    return made_up


def patient_into(code: str) -> Change:
    """Return a change that lists the Patient in a section."""

    def change(document: JsonObject) -> None:
        listing(document, code)["entry"] = [{"reference": document["entry"][1]["fullUrl"]}]

    return change


def without(code: str) -> Change:
    return lambda d: composition(d)["section"].remove(listing(d, code))


IN_DOCUMENTS: list[tuple[str, Change]] = [
    ("ips-document", lambda d: d.update(type="collection")),
    ("ips-first", lambda d: d["entry"].reverse()),
    ("bdl-ips-1", lambda d: d["entry"].append(copy.deepcopy(d["entry"][0]))),
    ("ips-patient-once", lambda d: d["entry"].append(copy.deepcopy(d["entry"][1]))),
    ("ips-identifier", lambda d: d.pop("identifier")),
    ("ips-timestamp", lambda d: d.pop("timestamp")),
    ("ips-full-url", lambda d: d["entry"][2].pop("fullUrl")),
    ("ips-entry-plain", lambda d: d["entry"][2].update(request={"method": "GET", "url": "x"})),
    ("ips-resolve", lambda d: composition(d).update(subject={"reference": "Patient/9"})),
    ("label-entries", lambda d: first(d, "Patient").pop("meta")),
    ("label-document", lambda d: d.pop("meta")),
    ("ips-type", lambda d: composition(d).pop("type")),
    ("ips-subject", lambda d: composition(d).pop("subject")),
    ("ips-author", lambda d: composition(d).pop("author")),
    *(("ips-sections", without(code)) for code in ("11450-4", "48765-2", "10160-0")),
    ("ips-comp-1", lambda d: composition(d)["section"][0].pop("entry")),
    *(
        ("ips-section-text", lambda d, part=part: composition(d)["section"][0].pop(part))
        for part in ("text", "title", "code")
    ),
    ("ips-section-flat", lambda d: composition(d)["section"][0].update(section=[{"title": "x"}])),
    *(
        ("ips-section-types", patient_into(code))
        for code in ("11450-4", "48765-2", "10160-0", "11369-6", "30954-2")
    ),
    ("ips-name", lambda d: first(d, "Patient").pop("name")),
    ("ips-pat-1", lambda d: first(d, "Patient").update(name=[{"use": "official"}])),
    ("ips-birth-date", lambda d: first(d, "Patient").pop("birthDate")),
    (
        "person-findable",
        lambda d: (first(d, "Patient").pop("birthDate"), first(d, "Patient").pop("identifier")),
    ),
    ("result-told", lambda d: first(d, "Observation").pop("performer")),
]
ABOUT = {"subject": {"reference": "Patient/p"}}
TIMED = {"effectiveDateTime": "2026-01-01"}
RESULT = {
    **ABOUT,
    **TIMED,
    "category": [{"coding": [LABORATORY]}],
    "performer": [{"display": "x"}],
    "valueString": "x",
}
VIRAL_LOAD = {
    "code": {"coding": [{"system": "http://loinc.org", "code": "20447-9"}]},
    "valueQuantity": {"value": 50, "unit": "copies/mL"},
}
SUPPLY = {"status": "completed", "medicationCodeableConcept": {"text": "TLD"}, **ABOUT}
# Profile: a resource that keeps it, and changes with the rule each breaks (a name alone: it is left out).
ALONE: dict[str, tuple[JsonObject, tuple[tuple[str, str | JsonObject], ...]]] = {
    "Observation-results-laboratory-pathology-uv-ips": (
        {"resourceType": "Observation", **RESULT},
        (
            ("ips-subject", "subject"),
            ("ips-effective", "effectiveDateTime"),
            ("ips-performer", "performer"),
            ("ips-2", "valueString"),
            ("ips-3", {"component": [{"code": {"text": "x"}}]}),
        ),
    ),
    **{
        f"Observation-{name}-uv-ips": (
            {"resourceType": "Observation", **ABOUT, **TIMED},
            (("ips-subject", "subject"), ("ips-effective", "effectiveDateTime")),
        )
        for name in ("pregnancy-status", "tobaccouse", "alcoholuse")
    },
    "MedicationStatement-uv-ips": (
        {"resourceType": "MedicationStatement", **SUPPLY, **TIMED},
        (
            ("ips-medication", "medicationCodeableConcept"),
            ("ips-subject", "subject"),
            ("ips-effective", "effectiveDateTime"),
            ("ips-status", {"status": "entered-in-error"}),
        ),
    ),
    "MedicationRequest-uv-ips": (
        {"resourceType": "MedicationRequest", **SUPPLY, "doNotPerform": False},
        (
            ("ips-medication", "medicationCodeableConcept"),
            ("ips-subject", "subject"),
            ("ips-do-perform", {"doNotPerform": True}),
        ),
    ),
    "Medication-uv-ips": ({"resourceType": "Medication", "code": {"text": "x"}}, (("ips-code", "code"),)),
    "Condition-uv-ips": (
        {"resourceType": "Condition", **ABOUT, "code": {"text": "x"}, "clinicalStatus": {"text": "x"}},
        (("ips-code", "code"), ("ips-subject", "subject"), ("ips-clinical-status", "clinicalStatus")),
    ),
    "AllergyIntolerance-uv-ips": (
        {
            "resourceType": "AllergyIntolerance",
            "patient": ABOUT["subject"],
            "code": {"text": "x"},
            "clinicalStatus": {"text": "x"},
        },
        (("ips-code", "code"), ("ips-patient", "patient"), ("ips-clinical-status", "clinicalStatus")),
    ),
    "Immunization-uv-ips": (
        {
            "resourceType": "Immunization",
            "patient": ABOUT["subject"],
            "vaccineCode": {"text": "x"},
            "occurrenceString": "x",
        },
        (("ips-code", "vaccineCode"), ("ips-patient", "patient"), ("ips-occurrence", "occurrenceString")),
    ),
    "Procedure-uv-ips": (
        {"resourceType": "Procedure", **ABOUT, "code": {"text": "x"}, "performedString": "x"},
        (("ips-code", "code"), ("ips-subject", "subject"), ("ips-performed", "performedString")),
    ),
    "DiagnosticReport-uv-ips": (
        {"resourceType": "DiagnosticReport", **ABOUT, **TIMED},
        (("ips-subject", "subject"), ("ips-effective", "effectiveDateTime")),
    ),
    "DeviceUseStatement-uv-ips": (
        {"resourceType": "DeviceUseStatement", **ABOUT, "timingDateTime": "2026"},
        (("ips-subject", "subject"), ("ips-timing", "timingDateTime")),
    ),
    "Flag-alert-uv-ips": (
        {"resourceType": "Flag", **ABOUT, "status": "active"},
        (("ips-subject", "subject"), ("ips-active", {"status": "inactive"})),
    ),
    "viral-load": (
        {"resourceType": "Observation", **RESULT, **VIRAL_LOAD},
        (
            ("viral-load-value", {"valueQuantity": None, "valueString": None}),
            ("viral-load-unit", {"valueString": None, "valueQuantity": {"value": 50}}),
        ),
    ),
    "dispense": (
        {"resourceType": "MedicationDispense", **SUPPLY, "whenHandedOver": "2026", "quantity": {"value": 30}},
        (
            ("dispense-medicine", "medicationCodeableConcept"),
            ("dispense-person", "subject"),
            ("dispense-day", "whenHandedOver"),
            ("dispense-supply", "quantity"),
        ),
    ),
}


def broken(resource: JsonObject, *urls: str) -> dict[tuple[str, str], str]:
    """Return the paths of broken rules by (id, text)."""
    return {(issue.rule, issue.text): issue.path for issue in conformance.issues(resource, *urls)}


def changed(resource: JsonObject, change: str | JsonObject) -> JsonObject:
    values = {change: None} if isinstance(change, str) else change
    return {key: value for key, value in {**resource, **values}.items() if value is not None}


def url_of(name: str) -> str:
    return next(one.url for one in conformance.profiles() if one.url in (BASE + name, OURS + name))


@pytest.mark.parametrize(
    ("rule", "change"), IN_DOCUMENTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_fault_of_a_document_is_found_by_its_rule(rule: str, change: Change) -> None:
    document = made(record())
    change(document)
    assert rule in {found for found, _ in broken(document, *DOCUMENT)}


@pytest.mark.parametrize("name", sorted(ALONE))
def test_each_fault_of_a_resource_is_found_by_its_rule(name: str) -> None:
    good, faults = ALONE[name]
    assert broken(good, url_of(name)) == {}
    for rule, change in faults:
        found = broken(changed(good, change), url_of(name))
        assert {one for one, _ in found} == {rule}
        assert all(path.startswith(str(good["resourceType"])) for path in found.values())


def test_every_rule_has_a_fault_that_shows_it() -> None:
    shown: set[tuple[str, str]] = set()
    for _, change in IN_DOCUMENTS:
        document = made(record())
        change(document)
        shown |= set(broken(document, *DOCUMENT))
    for name, (good, faults) in ALONE.items():
        for _, fault in faults:
            shown |= set(broken(changed(good, fault), url_of(name)))
    rules = {(rule.id, rule.text) for profile in conformance.profiles() for rule in profile.rules}
    assert rules - shown == set()


def test_an_issue_says_where() -> None:
    document = made(record())
    document["entry"][1]["resource"]["name"] = [{"text": "x"}, {"use": "official"}]
    assert list(broken(document, *DOCUMENT).values()) == ["Bundle.entry[1].resource.name[1]"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_we_emit_breaks_no_rule(language: str) -> None:
    document = made(record(), language=language)
    assert DOCUMENT[0] in conformance.implied(document)
    assert broken(document, *DOCUMENT) == {}
    for entry in document["entry"]:
        resource = entry["resource"]
        assert conformance.advice(resource) == [], resource["resourceType"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_left_of_a_person_after_redaction_breaks_no_rule(language: str) -> None:
    for purpose in ("TREAT", "ETREAT"):
        left = redact.for_purpose(record(), redact.classes_for(purpose), purpose)
        assert len(left) > 3
        assert broken(made(left, language=language), *DOCUMENT) == {}


@pytest.mark.parametrize(
    "document",
    [
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "entry": "x"},
        {"resourceType": "Bundle", "entry": [None, 1, {"resource": []}]},
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Observation", "category": 5}}]},
        {"resourceType": "Bundle", "type": {}, "entry": [{"fullUrl": [], "resource": {"resourceType": []}}]},
    ],
)
def test_broken_documents_give_issues_and_no_exception(document: JsonObject) -> None:
    assert conformance.issues(document, *DOCUMENT)
    assert conformance.implied(document) == conformance.implied({**document, "meta": {"profile": 5}})
    assert conformance.advice(document) == []


def test_a_rule_that_cannot_be_checked_says_so() -> None:
    found = conformance.issues({"resourceType": "Observation", "value": 1, **ABOUT}, url_of("viral-load"))
    assert {issue.severity for issue in found} <= {"error", "information"}
    statement = {"resourceType": "MedicationStatement", "status": {"x": 1}, **ABOUT}
    assert conformance.issues(statement, url_of("MedicationStatement-uv-ips"))


def test_a_condition_that_cannot_be_checked_is_not_met() -> None:
    odd = {
        "resourceType": "Observation",
        "code": {"coding": [{"code": {"x": 1}, "system": [1]}]},
        "category": 5,
    }
    assert conformance.advice(odd)


def test_a_reference_is_resolved_wherever_it_stands() -> None:
    document = Document({"Patient/p": {"resourceType": "Patient"}})
    assert document.holds("subject.resolve() is Patient", {"resourceType": "Flag", **ABOUT}, "Flag")
    assert document.holds("subject.reference.resolve() is Patient", {"resourceType": "Flag", **ABOUT}, "Flag")
    assert not document.holds("subject.resolve().exists()", {"subject": {"reference": "Patient/q"}}, "Flag")


def test_what_is_too_long_is_held_to_the_rules_in_part_and_says_so() -> None:
    names = {"resourceType": "Patient", "name": [{"use": "official"}] * (MOST_TESTS + 1)}
    found = conformance.issues(names, url_of("Patient-uv-ips"))
    assert found[-1].rule == "too-many-tests"
    assert len(found) == MOST_TESTS


def test_an_address_may_carry_a_version_and_must_fit_the_type() -> None:
    assert conformance.find(f"{BASE}Patient-uv-ips|1.1.0") is conformance.find(f"{BASE}Patient-uv-ips")
    assert conformance.find("http://example.org/x") is None
    (issue,) = conformance.issues({"resourceType": "Flag"}, f"{BASE}Patient-uv-ips")
    assert (issue.rule, issue.path) == ("profile-type", "Flag")


def test_viral_loads_are_told_by_the_codes_of_our_table() -> None:
    codes = [
        row["code"]
        for row in table("results")["results"]
        if row["kind"] == "viral-load" and row["system"] == "loinc"
    ]
    when = next(one.when for one in conformance.profiles() if one.url == f"{OURS}viral-load")
    assert [code for code in codes if f"'{code}'" not in when] == []


def test_the_tables_name_only_types_and_elements_there_are() -> None:
    from fhir.profiles.shape import shape_of

    for profile in conformance.profiles():
        shape = shape_of(profile.type)
        assert profile.table in (IPS, OWN)
        for rule in profile.rules:
            assert not rule.at or rule.at in shape.elements


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared example documents are not there")
@pytest.mark.parametrize("path", sorted(DATA.glob("ips/*.json")), ids=lambda path: path.stem)
def test_documents_of_others_can_be_checked(path: Path) -> None:
    document = wire.parse(path.read_bytes())
    for issue in conformance.issues(document, *DOCUMENT):
        assert issue.path.startswith("Bundle")
        assert issue.severity in ("error", "warning")
