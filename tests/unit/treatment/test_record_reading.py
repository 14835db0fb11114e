"""Many resources to one record: tolerance, sources, order, the start of treatment, deaths and transfers."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir import transfer
from fhir.treatment import read, write
from fhir.treatment.model import (
    Concept,
    Contact,
    Dispense,
    Episode,
    LabResult,
    Problem,
    RegimenPeriod,
    Source,
    TreatmentRecord,
)
from fhir.wire import JsonObject
from tests.unit.fhir.mutants import mutants
from tests.unit.treatment.treatment_values import ABOUT, DTG, OWN, PARTNER, TLD, on, reading

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def own(*resources: JsonObject) -> TreatmentRecord:
    return read([(resource, OWN) for resource in resources])


def interval(start: str, status: str = "active") -> JsonObject:
    return write.regimen(RegimenPeriod(TLD, OWN, status, on(start)), ABOUT)


def test_types_without_treatment_facts_are_listed_and_not_dropped_silently() -> None:
    record = own({"resourceType": "Organization"}, {"resourceType": "Basic"}, {}, interval("2024"))
    assert record.unread == ("Organization", "Basic", "?")
    assert len(record.regimens) == 1


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
TYPES = (
    "AllergyIntolerance", "Appointment", "Condition", "DiagnosticReport", "Encounter", "EpisodeOfCare",
    "Immunization", "Medication", "MedicationDispense", "MedicationRequest", "MedicationStatement",
    "Observation", "Patient", "Task",
)  # fmt: skip
NAMES = (
    "birthDate", "businessStatus", "category", "code", "component", "contained", "daysSupply",
    "deceasedDateTime", "dosage", "dosageInstruction", "effectiveDateTime", "effectivePeriod",
    "extension", "id", "identifier", "medicationCodeableConcept", "medicationReference", "meta", "name",
    "onsetDateTime", "owner", "period", "quantity", "reaction", "reasonCode", "requester", "stage",
    "status", "statusReason", "type", "valueCodeableConcept", "valueQuantity", "valueString",
    "whenHandedOver",
)  # fmt: skip


@given(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(NAMES), JUNK, max_size=8))
def test_no_content_stops_the_others(kind: str, junk: dict[str, object]) -> None:
    record = own({"resourceType": kind, **junk}, interval("2024"))
    assert any(period.start == on("2024") for period in record.regimens)


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared example documents are not there")
@pytest.mark.parametrize("path", sorted(DATA.glob("*/*.json")), ids=lambda path: path.stem)
def test_real_documents_lose_no_clinical_resource(path: Path) -> None:
    entries = json.loads(path.read_text("utf-8"))["entry"]
    resources = [entry["resource"] for entry in entries if "resource" in entry]
    record = read([(resource, PARTNER) for resource in resources])
    told = (
        *(*record.medications, *record.regimens, *record.problems, *record.allergies),
        *(*record.results, *record.viral_loads, *record.vaccines),
    )
    kinds = {
        "MedicationStatement",
        "MedicationRequest",
        "Condition",
        "AllergyIntolerance",
        "Observation",
        "Immunization",
    }
    kinds |= {"DiagnosticReport"}
    assert len(told) >= sum(resource["resourceType"] in kinds for resource in resources)
    assert not kinds & set(record.unread)


def test_each_fact_points_to_its_resource() -> None:
    resource = {**interval("2024"), "id": "r1"}
    assert own(resource).regimens[0].source.reference == "MedicationStatement/r1"
    document = Source("partner", "co", None, "document/9")
    assert read([(resource, document)]).regimens[0].source.reference == "document/9"


def test_facts_are_oldest_first_and_undated_ones_lead() -> None:
    loads = [{**reading(100, "copies/mL"), "effectiveDateTime": day} for day in ("2026-02", "2025-01-01")]
    undated = reading(200, "copies/mL")
    del undated["effectiveDateTime"]
    found = own(*loads, undated).viral_loads
    assert [str(load.sampled) for load in found] == ["None", "2025-01-01", "2026-02"]


def test_requests_stand_in_only_where_no_statement_tells_the_regimen() -> None:
    request = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "medicationCodeableConcept": {"text": "TDF/FTC/DTG"},
        "authoredOn": "2024-05-01",
    }
    assert [period.requested for period in own(request).regimens] == [True]
    assert [period.requested for period in own(request, interval("2024")).regimens] == [False]
    other = read([(request, PARTNER), (interval("2024"), OWN)])
    assert len(other.regimens) == 2
    metformin = {**request, "medicationCodeableConcept": {"text": "metformina"}}
    assert len(own(metformin, {**metformin, "resourceType": "MedicationStatement"}).medications) == 2


def test_a_reason_for_taking_is_not_a_reason_for_change() -> None:
    base = interval("2020", "stopped")
    taking = {**base, "reasonCode": [{"text": "infection"}]}
    change = {
        **base,
        "reasonCode": [{"coding": [{"system": "http://loinc.org", "code": "LA6529-7"}], "text": "toxicity"}],
    }
    assert own(taking).regimens[0].reason is None
    reason = own(change).regimens[0].reason
    assert reason is not None
    assert reason.text == "toxicity"


def test_a_stage_of_the_infection_is_a_problem_of_its_own() -> None:
    stage = {"coding": [{"system": "http://snomed.info/sct", "code": "737380003"}]}
    condition = {**write.infection(ABOUT, on("2020-03")), "stage": [{"summary": stage}]}
    assert [problem.kind for problem in own(condition).problems] == ["infection", "stage-3"]


@pytest.mark.parametrize("status", ["entered-in-error", "refuted"])
def test_withdrawn_problems_and_allergies_are_not_read(status: str) -> None:
    held = {"verificationStatus": {"coding": [{"code": status}]}, "code": {"text": "x"}}
    record = own({"resourceType": "Condition", **held}, {"resourceType": "AllergyIntolerance", **held})
    assert (record.problems, record.allergies) == ((), ())


def test_no_known_allergy_differs_from_no_information() -> None:
    def stated(system: str, code: str) -> JsonObject:
        return {"resourceType": "AllergyIntolerance", "code": {"coding": [{"system": system, "code": code}]}}

    old = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
    none, nothing = stated("http://snomed.info/sct", "716186003"), stated(old, "no-allergy-info")
    found = own(none, nothing, stated("http://snomed.info/sct", "91936005")).allergies
    assert [(one.none_known, one.no_information) for one in found] == [
        (True, False),
        (False, True),
        (False, False),
    ]


@pytest.mark.parametrize(
    ("code", "unit", "kind"),
    [
        ("24467-3", "{cells}/uL", "cd4"),
        ("8123-2", "%", "cd4-percent"),
        ("80223-1", "cells/uL", "cd4"),
        ("24467-3", "%", "cd4-percent"),
        ("80223-1", "", "cd4-percent"),
        ("2160-0", "mg/dL", "creatinine"),
        ("5195-3", "", "hbsag"),
        ("99999-9", "", "other"),
    ],
)
def test_kinds_of_results_and_the_two_forms_of_cd4(code: str, unit: str, kind: str) -> None:
    assert own(reading(20, unit, code=code)).results[0].kind == kind


def test_results_without_a_number_read_as_words() -> None:
    base = {"resourceType": "Observation", "status": "final", "code": {"text": "t"}}
    forms: list[tuple[JsonObject, str]] = [
        ({"valueCodeableConcept": {"text": "Positivo"}}, "Positivo"),
        ({"valueBoolean": True}, "true"),
        ({"valueRange": {"low": {"value": 1, "unit": "g"}, "high": {"value": 2, "unit": "g"}}}, "1 g - 2 g"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 64}}}, "1/64"),
        ({"valuePeriod": {"start": "2024"}}, "2024"),
        (
            {"component": [{"code": {"text": "Sistólica"}, "valueQuantity": {"value": 120, "unit": "mmHg"}}]},
            "Sistólica: 120 mmHg",
        ),
        ({"dataAbsentReason": {"text": "no se pudo"}}, "no se pudo"),
        ({}, ""),
    ]
    for more, words in forms:
        assert own({**base, **more}).results[0].text == words


def test_the_newest_pregnancy_status_stands_out() -> None:
    said = [
        {**reading(text, code="82810-3"), "effectiveDateTime": day}
        for text, day in (("embarazada", "2026-02-01"), ("no embarazada", "2025-02-01"))
    ]
    found = own(*said).pregnancy
    assert found is not None
    assert found.text == "embarazada"


def test_a_report_keeps_its_conclusion() -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"text": "Genotipo"},
        "conclusion": "K103N",
    }
    assert (own(report).results[0].kind, own(report).results[0].text) == ("report", "K103N")


def test_a_stated_original_start_wins_over_later_enrolment() -> None:
    episode = write.episode(Episode("active", OWN, on("2024-05-01")), ABOUT, on("2019-03"), "records")
    record = own(episode, interval("2021-01-01"))
    assert (record.treatment_start, record.treated_before) == (on("2019-03"), True)
    assert own(write.treatment_entry(on("2018"), ABOUT), episode).treatment_start == on("2018")


def test_without_a_stated_start_the_earliest_enrolment_or_regimen_counts() -> None:
    episode = write.episode(Episode("active", OWN, on("2024-05-01")), ABOUT)
    assert own(episode).treatment_start == on("2024-05-01")
    assert own(episode, interval("2021-01-01")).treatment_start == on("2021-01-01")
    assert own(episode).treated_before is None


def test_a_first_dispense_stands_for_the_start_when_nothing_else_is_known() -> None:
    given = write.dispense(Dispense(on("2025-01-02"), TLD, OWN), ABOUT)
    other = write.dispense(Dispense(on("2024-01-02"), write.medicine_of({"INH"}), OWN), ABOUT)
    assert own(given).treatment_start == on("2025-01-02")
    assert own(given, other).treatment_start == on("2025-01-02")


def test_somebody_treated_before_without_papers_has_no_known_start() -> None:
    episode = write.episode(Episode("active", OWN, on("2026-02-02")), ABOUT, None, "no-records")
    record = own(episode, interval("2026-02-02"))
    assert (record.treatment_start, record.treated_before) == (None, True)


def test_never_treated_before_can_be_said_too() -> None:
    said = {**reading("x", code="45231-8"), "valueBoolean": False}
    del said["valueString"]
    assert own(said).treated_before is False


def test_death_is_read_with_the_day_it_became_known() -> None:
    patient = {
        "resourceType": "Patient",
        "deceasedDateTime": "2026-02-20",
        "meta": {"lastUpdated": "2026-04-15T10:00:00Z"},
    }
    person = own(patient).person
    assert (person.died, person.deceased) == (on("2026-02-20"), True)
    assert person.death_known_on == datetime(2026, 4, 15, 10, tzinfo=UTC)
    assert own({"resourceType": "Patient", "deceasedBoolean": True}).person.deceased
    assert not own({"resourceType": "Patient", "deceasedBoolean": False}).person.deceased


def test_own_facts_of_the_person_come_before_those_of_others() -> None:
    theirs = {"resourceType": "Patient", "birthDate": "1991", "deceasedBoolean": True, "gender": "female"}
    ours = {"resourceType": "Patient", "birthDate": "1990-04-02"}
    person = read([(theirs, PARTNER), (ours, OWN)]).person
    assert (person.birth_date, person.sex, person.deceased) == (on("1990-04-02"), "female", True)


def test_visits_and_appointments_are_contacts() -> None:
    visit = write.visit(Contact("visit", on("2026-03-01"), "finished", OWN, virtual=True), ABOUT)
    booked = write.appointment(Contact("appointment", on("2026-06-01"), "booked", OWN), ABOUT)
    asked = {
        "resourceType": "Appointment",
        "status": "proposed",
        "requestedPeriod": [{"start": "2026-07-01"}],
    }
    found = own(visit, booked, asked, {"resourceType": "Encounter", "status": "finished"}).contacts
    assert [(contact.kind, str(contact.day), contact.virtual) for contact in found] == [
        ("visit", "2026-03-01", True),
        ("appointment", "2026-06-01", False),
        ("appointment", "2026-07-01", False),
    ]


@pytest.mark.parametrize(("node", "direction", "partner"), [("pe", "in", "co"), ("co", "out", "pe")])
def test_a_transfer_is_in_or_out_by_this_node(node: str, direction: str, partner: str) -> None:
    at = datetime(2026, 2, 1, 12, tzinfo=UTC)
    _, task = transfer.transfer_request(transfer.NewTransfer("Patient/1", "co", "pe", at, "t-1"))
    closed = transfer.task_with_state(task, "closed", datetime(2026, 3, 5, 12, tzinfo=UTC))
    (fact,) = read([(closed, Source("own", "some name"))], node=node).transfers
    assert (fact.direction, fact.partner, fact.identifier) == (direction, partner, "t-1")
    assert (fact.state, fact.sent, fact.confirmed) == ("closed", date(2026, 2, 1), date(2026, 3, 5))
    (waiting,) = read([(task, OWN)], node=node).transfers
    assert waiting.confirmed is None


def test_a_task_about_something_else_is_no_transfer() -> None:
    record = own(
        {"resourceType": "Task", "status": "requested", "intent": "order", "code": {"text": "llamar"}}
    )
    assert (record.transfers, record.unread) == ((), ("Task",))


def test_values_of_different_sources_stand_side_by_side() -> None:
    second = write.dispense(Dispense(on("2026-03-20"), DTG, PARTNER), ABOUT)
    first = write.dispense(Dispense(on("2026-01-02"), TLD, OWN), ABOUT)
    record = read([(second, PARTNER), (first, OWN)])
    assert [given.source.kind for given in record.dispenses] == ["own", "partner"]


def test_an_empty_record_is_empty() -> None:
    assert read([]) == TreatmentRecord()


def test_problems_and_results_keep_the_words_of_local_codes() -> None:
    problem = write.problem(Problem("other", Concept("Enfermedad local"), OWN, "active"), ABOUT)
    result = write.lab_result(LabResult("other", Concept("Prueba local"), OWN, text="ok"), ABOUT)
    record = own(problem, result)
    assert (record.problems[0].concept.text, record.results[0].text) == ("Enfermedad local", "ok")


class Torn(dict[str, object]):
    """A resource that fails when somebody looks at its code."""

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
        if key in ("code", "extension"):
            raise ValueError(key)
        return super().get(key, default)


def test_a_resource_shaped_as_nobody_foresaw_is_counted_and_skipped() -> None:
    record = own(Torn(resourceType="Condition"), interval("2024"))
    assert (record.unread, len(record.regimens)) == (("Condition",), 1)


SPOILED = (
    interval("2021-01-01"),
    reading(850, "copies/mL"),
    write.infection(ABOUT, on("2020-03")),
    write.dispense(Dispense(on("2025-01-02"), TLD, OWN, days=30), ABOUT),
    write.episode(Episode("active", OWN, on("2024-05-01")), ABOUT, on("2019-03"), "records"),
    transfer.transfer_request(
        transfer.NewTransfer("Patient/1", "co", "pe", datetime(2026, 2, 1, tzinfo=UTC))
    )[1],
)


@given(mutants(*SPOILED))
def test_a_spoiled_resource_stops_nothing(spoiled: JsonObject) -> None:
    record = own(spoiled, interval("2024"))
    assert any(period.start == on("2024") for period in record.regimens)


@pytest.mark.parametrize(
    "kind",
    [
        "Immunization",
        "DiagnosticReport",
        "Observation",
        "MedicationStatement",
        "MedicationRequest",
        "EpisodeOfCare",
    ],
)
def test_what_was_entered_in_error_is_no_fact(kind: str) -> None:
    record = own({"resourceType": kind, "id": "1", "status": "entered-in-error", "code": {"text": "x"}})
    assert record.unread == (kind,)


def test_a_version_time_nobody_can_read_is_no_time() -> None:
    resource = {**write.dispense(Dispense(on("2026"), TLD, OWN), ABOUT), "meta": {"lastUpdated": "yesterday"}}
    assert own(resource).dispenses[0].known_on is None
