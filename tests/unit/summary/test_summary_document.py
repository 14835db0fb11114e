"""A care summary is a valid patient summary document, repeatable, and carries what matters first."""

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from fhir import bundle, profiles, references, summary, treatment, wire
from fhir.profiles import conformance
from fhir.summary import LANGUAGES, NoPatient
from fhir.treatment import write
from fhir.treatment.model import Concept, Problem, RegimenPeriod
from fhir.wire import JsonObject
from tests.unit.summary.summary_values import (
    OWN,
    asked,
    cd4,
    codes_of,
    dispense,
    entries,
    made,
    on,
    record,
    section,
    viral_load,
)

MEDICATIONS, ALLERGIES, PROBLEMS, RESULTS, PLAN = "10160-0", "48765-2", "11450-4", "30954-2", "18776-5"
PROFILES = ("http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips", "urn:puente:profile:summary")
ONLY_PATIENT: list[JsonObject] = [{"resourceType": "Patient", "id": "p1"}]


def whole(document: JsonObject) -> list[object]:
    """Return everything any of our checks has to say."""
    read = bundle.read(wire.canonical(document)).findings
    return [*profiles.issues(document), *conformance.issues(document, *PROFILES), *read]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_summary_passes_every_check_in_every_language(language: str) -> None:
    document = made(record(), language=language)
    assert whole(document) == []
    assert document["language"] == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_record_gives_a_valid_summary_that_says_so(language: str) -> None:
    document = made(ONLY_PATIENT, language=language, run_out=None, days_on_hand=None)
    assert whole(document) == []
    assert codes_of(document) == [MEDICATIONS, ALLERGIES, PROBLEMS]
    reasons = [section(document, code)["emptyReason"]["coding"][0]["code"] for code in codes_of(document)]
    assert reasons == ["unavailable"] * 3


def test_the_same_input_gives_the_same_bytes() -> None:
    assert summary.build(asked(record())) == summary.build(asked(record()))


def test_another_seed_changes_every_address_and_nothing_else() -> None:
    one, other = made(record()), made(record(), seed="alias-2")
    assert not {entry["fullUrl"] for entry in one["entry"]} & {entry["fullUrl"] for entry in other["entry"]}
    assert [entry["resource"].get("code") for entry in one["entry"]] == [
        entry["resource"].get("code") for entry in other["entry"]
    ]


def test_addresses_do_not_follow_the_order_of_the_record() -> None:
    one, other = made(record()), made(list(reversed(record())))
    assert {entry["fullUrl"] for entry in one["entry"]} == {entry["fullUrl"] for entry in other["entry"]}


def test_no_local_id_leaves() -> None:
    data = summary.build(asked(record())).decode()
    assert '"r1"' not in data
    assert "Patient/p1" not in data
    assert "Organization/cucuta" not in data


def test_the_document_names_itself_its_sender_and_its_reader() -> None:
    document = made(record(), author_phone="+57 607 555 0101", author_country="CO")
    composition = document["entry"][0]["resource"]
    assert document["identifier"]["system"] == "urn:ietf:rfc:3986"
    assert document["timestamp"] == composition["date"] == "2026-03-22T15:00:00+00:00"
    assert composition["meta"]["profile"][0].endswith("Composition-uv-ips|2.0.0")
    assert composition["type"]["coding"][0]["code"] == "60591-5"
    (sender,) = entries(document, "Organization")
    assert (sender["name"], sender["identifier"][0]["value"]) == ("Puente Colombia", "co")
    assert sender["telecom"][0]["value"] == "+57 607 555 0101"
    assert len(entries(document, "Device")) == 1


def test_titles_are_neutral_in_every_language() -> None:
    forbidden = {"hiv", "vih", "aids", "sida", "art", "arv"}
    for language in LANGUAGES:
        composition = made(record(), language=language)["entry"][0]["resource"]
        titles = [composition["title"], *(part["title"] for part in composition["section"])]
        assert not forbidden & {word.strip(".,()").lower() for title in titles for word in title.split()}


def test_sections_follow_the_order_of_a_first_visit() -> None:
    assert codes_of(made(record())) == [MEDICATIONS, ALLERGIES, PROBLEMS, RESULTS, "11369-6", PLAN]


def test_every_resource_and_the_document_are_labelled() -> None:
    document = made(record())
    for entry in document["entry"]:
        assert {"R", "HIV"} <= {label["code"] for label in entry["resource"]["meta"]["security"]}
    assert [label["code"] for label in document["meta"]["security"]] == ["R", "HIV", "NORDSCLCD"]


def test_the_highest_label_marks_the_whole() -> None:
    held = record()
    very = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}
    held[1]["meta"] = {"security": [very]}
    document = made(held)
    assert document["meta"]["security"][0]["code"] == "V"
    assert document["entry"][0]["resource"]["confidentiality"] == "V"
    assert conformance.issues(document, *PROFILES) == []


def test_the_receiver_reads_the_same_facts() -> None:
    document = made(record())
    received = bundle.read(wire.canonical(document))
    read = treatment.read([(item.resolved, replace(OWN, kind="partner")) for item in received.resources])
    assert [str(given.handed_over) for given in read.dispenses] == ["2026-03-01"]
    assert (read.dispenses[0].days, read.dispenses[0].identifier) == (30, "urn:x|1")
    assert read.regimens[0].medicine.ingredients == {"TDF", "3TC", "DTG"}
    assert read.treatment_start == on("2019-03-01")
    assert (read.viral_loads[0].comparator, read.viral_loads[0].suppressed) == ("<", True)
    assert [allergy.concept.text for allergy in read.allergies] == ["Abacavir"]
    assert read.problems[0].kind == "infection"


def test_visits_places_tasks_and_home_stay_at_home() -> None:
    data = summary.build(asked(record())).decode()
    for kept in (
        '"Encounter"',
        '"resourceType":"Appointment"',
        '"EpisodeOfCare"',
        "cucuta",
        "Barrio secreto",
        "origin-country",
    ):
        assert kept not in data


def test_what_comes_next_is_a_plan() -> None:
    document = made(record(), next_step="Entregar 90 días")
    (plan,) = entries(document, "CarePlan")
    told = [step["detail"]["description"] for step in plan["activity"]]
    assert told == ["Cita", "Próximo paso pedido: Entregar 90 días"]
    assert plan["activity"][0]["detail"]["scheduledPeriod"]["start"] == "2026-06-01"


def test_the_next_pick_up_is_part_of_the_plan() -> None:
    next_time = {"url": "urn:puente:extension:next-pickup", "valueDate": "2026-04-01"}
    held = [{**one, "extension": [next_time]} if one["id"] == "r3" else one for one in record()]
    (plan,) = entries(made(held), "CarePlan")
    told = [
        (step["detail"]["description"], step["detail"]["scheduledPeriod"]["start"])
        for step in plan["activity"]
    ]
    assert told == [("Recoger medicinas", "2026-04-01"), ("Cita", "2026-06-01")]


def test_refuted_problems_and_allergies_stay_at_home() -> None:
    refuted = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    held = [{**one, **refuted} if one["id"] in ("r1", "r6") else one for one in record()]
    document = made(held)
    assert "emptyReason" in section(document, ALLERGIES)
    assert "emptyReason" in section(document, PROBLEMS)


def test_a_plan_of_days_gone_by_is_no_plan() -> None:
    late = datetime(2026, 7, 1, tzinfo=UTC)
    assert PLAN not in codes_of(made(record(), now=late))


def test_results_entered_in_error_stay_at_home() -> None:
    wrong = {**dispense("2026-03-10", number="2"), "id": "x1", "status": "entered-in-error"}
    bad = {**cd4("2026-02-01", 9), "id": "x2", "status": "entered-in-error"}
    document = made([*record(), wrong, bad])
    assert len(entries(document, "MedicationDispense")) == 1
    assert '"value":9,' not in wire.canonical(document).decode()


def test_many_results_are_chosen_not_dumped() -> None:
    loads = [viral_load(f"20{year}-01-10", 0) for year in range(10, 26)]
    loads.append(viral_load("2015-06-01", 25_000))
    counts = [cd4(f"20{year}-01-10", 400 if year != 12 else 88) for year in range(10, 26)]
    held = [*record(), *({**one, "id": f"v{place}"} for place, one in enumerate(loads + counts))]
    values = [one.get("valueQuantity", {}).get("value") for one in entries(made(held), "Observation")]
    assert values.count(50) == 3
    assert 25_000 in values
    assert 88 in values
    assert values.count(400) == 1


def test_old_dispenses_are_left_out_but_never_the_last() -> None:
    old = {**dispense("2020-01-01", number="9"), "id": "old"}
    assert len(entries(made([*record(), old]), "MedicationDispense")) == 1
    alone = [*ONLY_PATIENT, old]
    document = made(alone)
    assert len(entries(document, "MedicationDispense")) == 1
    assert "Hay más datos" in section(made([*record(), old]), MEDICATIONS)["text"]["div"]


def test_past_problems_stand_apart() -> None:
    past = write.problem(
        Problem("other", Concept("Neumonía"), OWN, "resolved", on("2020-01-01")), write.About("Patient/p1")
    )
    document = made([*record(), {**past, "id": "x"}])
    assert len(section(document, "11348-0")["entry"]) == 1
    assert len(section(document, PROBLEMS)["entry"]) == 1


def test_pregnancy_vital_signs_and_alerts_have_their_sections() -> None:
    def seen(code: str, category: str) -> JsonObject:
        return {
            "resourceType": "Observation",
            "id": code,
            "status": "final",
            "category": [{"coding": [{"code": category}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": "x"},
            "subject": {"reference": "Patient/p1"},
            "valueString": "sí",
        }

    flag = {
        "resourceType": "Flag",
        "id": "f",
        "status": "active",
        "code": {"text": "Llamar antes"},
        "subject": {"reference": "Patient/p1"},
    }
    document = made([*record(), seen("82810-3", "exam"), seen("29463-7", "vital-signs"), flag])
    assert {"10162-6", "8716-3", "104605-1"} <= set(codes_of(document))
    assert whole(document) == []
    assert codes_of(document)[2] == "104605-1"


def test_a_missing_date_or_performer_is_said_and_not_invented() -> None:
    bare = {
        "resourceType": "Observation",
        "id": "x",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"text": "Hemoglobina"},
        "valueQuantity": {"value": 12, "unit": "g/dL"},
    }
    statement = {
        "resourceType": "MedicationStatement",
        "id": "y",
        "status": "active",
        "medicationCodeableConcept": {"text": "metformina"},
    }
    statement["subject"] = {"reference": "Patient/p1"}
    document = made([*ONLY_PATIENT, bare, statement])
    found = entries(document, "Observation")[0]
    assert found["_effectiveDateTime"]["extension"][0]["valueCode"] == "unknown"
    (sender,) = [
        entry["fullUrl"] for entry in document["entry"] if entry["resource"]["resourceType"] == "Organization"
    ]
    assert found["performer"] == [{"reference": sender}]
    assert whole(document) == []


def test_medicines_by_reference_travel_along_and_point_inside() -> None:
    medicine = {"resourceType": "Medication", "id": "m1", "code": {"text": "TLD"}}
    statement = {
        "resourceType": "MedicationStatement",
        "id": "s1",
        "status": "active",
        "medicationReference": {"reference": "Medication/m1"},
        "subject": {"reference": "Patient/p1"},
        "effectivePeriod": {"start": "2024"},
    }
    document = made([*ONLY_PATIENT, medicine, statement])
    assert len(entries(document, "Medication")) == 1
    assert whole(document) == []
    unused = made([*ONLY_PATIENT, medicine])
    assert entries(unused, "Medication") == []


def test_two_resources_of_one_name_get_addresses_of_their_own() -> None:
    twins = [*record(), {**dispense("2026-02-01", number="2"), "id": "r3"}]
    document = made(twins)
    addresses = [entry["fullUrl"] for entry in document["entry"]]
    assert len(addresses) == len(set(addresses))


def test_a_stopped_regimen_with_its_reason_is_told() -> None:
    reason = Concept("Toxicidad")
    efv = write.medicine_of({"TDF", "3TC", "EFV"})
    old = RegimenPeriod(efv, OWN, "stopped", on("2019-03-01"), on("2021-05-01"), reason=reason)
    div = section(
        made([*record(), {**write.regimen(old, write.About("Patient/p1")), "id": "o"}]), MEDICATIONS
    )["text"]["div"]
    assert "Toxicidad" in div
    assert div.index("TDF + 3TC + DTG") < div.index("TDF + 3TC + EFV")


def test_nobody_to_be_about_is_an_error_of_the_caller() -> None:
    with pytest.raises(NoPatient):
        summary.build(asked([]))


def test_references_resolve_even_when_the_record_points_elsewhere() -> None:
    held = record()
    held[4]["performer"] = [{"reference": "http://elsewhere.example/Practitioner/9", "display": "Dra. Uno"}]
    document = made(held)
    known = {entry["fullUrl"] for entry in document["entry"]}
    assert set(references.found_in(document)) <= known


def test_a_huge_record_is_summed_up_quickly() -> None:
    held = record()
    held += [{**cd4(f"20{place % 25:02}-01-1{place % 9}", place), "id": f"c{place}"} for place in range(400)]
    held += [{**dispense("2025-06-01", 30, f"n{place}"), "id": f"d{place}"} for place in range(400)]
    started = time.perf_counter()
    document = made(held)
    assert time.perf_counter() - started < 5
    assert len(entries(document, "MedicationDispense")) == 401
    assert len(entries(document, "Observation")) < 10


@pytest.mark.parametrize(
    ("classes", "purpose"),
    [(("identity",), "TREAT"), (("identity", "contact"), "TREAT"), (("identity", "clinical"), "HOPERAT")],
)
def test_what_was_worked_out_from_clinical_facts_leaves_with_them_only(
    classes: tuple[str, ...], purpose: str
) -> None:
    more = {"treatment_start": on("2013-08-21"), "next_step": "MARK", "run_out": date(2031, 7, 4)}
    narrow = json.dumps(made(record(), data_classes=classes, purpose=purpose, days_on_hand=777, **more))
    whole = json.dumps(made(record(), data_classes=("identity", "clinical"), days_on_hand=777, **more))
    for told in ("45235-9", "2013", "MARK", "2031", "777"):
        assert told not in narrow
        assert told in whole
