"""What is written is read back as it was, and every resource written is valid."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir import profiles, treatment, wire
from fhir.treatment import write
from fhir.treatment.model import (
    Allergy,
    Coding,
    Concept,
    Contact,
    Dispense,
    Episode,
    LabResult,
    Medicine,
    Problem,
    RegimenPeriod,
    TreatmentRecord,
    Vaccine,
    ViralLoad,
)
from fhir.wire import JsonObject
from tests.unit.treatment.treatment_values import ABOUT, OWN, TLD, amounts, days, on, words

concepts = st.builds(
    Concept, words, st.just(()) | st.tuples(st.builds(Coding, st.just("urn:x"), st.just("a-1"), words))
)
medicines = st.sampled_from(
    [TLD, write.medicine_of({"ABC", "3TC"}), write.medicine_of({"DTG"}), write.medicine_of({"LPV", "RTV"})]
)
some_day = st.none() | days()
pickups = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))
own = st.just(OWN)

dispenses = st.builds(
    Dispense,
    handed_over=some_day,
    medicine=medicines,
    source=own,
    identifier=st.sampled_from(["", "urn:x|7", "|7", "urn:a|b|c"]),
    status=st.sampled_from(["completed", "entered-in-error", "cancelled"]),
    quantity=st.none() | amounts,
    days=st.none() | st.integers(1, 400),
    daily_dose=st.none() | st.integers(1, 8).map(Decimal),
    pills_left=st.none() | amounts,
    next_pickup=pickups,
)
regimens = st.builds(
    RegimenPeriod,
    medicine=medicines,
    source=own,
    status=st.sampled_from(["active", "completed", "stopped", "on-hold"]),
    start=some_day,
    end=some_day,
    dose=st.just("") | words,
    reason=st.none() | concepts,
)
results = st.builds(
    LabResult,
    kind=st.just("other"),
    concept=concepts,
    source=own,
    sampled=some_day,
    value=amounts,
    comparator=st.sampled_from(["", "<", ">"]),
    unit=st.sampled_from(["", "mg/dL", "{cells}/uL", "cells/uL", "UI"]),
)
problems = st.builds(
    Problem,
    kind=st.just("other"),
    concept=concepts,
    source=own,
    clinical_status=st.sampled_from(["active", "resolved"]),
    onset=some_day,
    recorded=some_day,
)
allergies = st.builds(
    Allergy,
    concept=concepts,
    source=own,
    clinical_status=st.sampled_from(["active", "inactive"]),
    criticality=st.sampled_from(["", "low", "high"]),
    reaction=st.just("") | words,
)
vaccines = st.builds(
    Vaccine, concept=concepts, source=own, given=some_day, status=st.sampled_from(["completed", "not-done"])
)
episodes = st.builds(
    Episode,
    status=st.sampled_from(["active", "finished"]),
    source=own,
    start=some_day,
    end=some_day,
    organization=st.just("Centro Lima Norte"),
)
visits = st.builds(
    Contact, kind=st.just("visit"), day=days(), status=st.just("finished"), source=own, virtual=st.booleans()
)
appointments = st.builds(
    Contact,
    kind=st.just("appointment"),
    day=st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(lambda day: on(day.isoformat())),
    status=st.sampled_from(["booked", "noshow", "fulfilled"]),
    source=own,
    virtual=st.booleans(),
)


def back(resource: JsonObject) -> TreatmentRecord:
    """Read a resource after it went through its canonical bytes, as the store does."""
    return treatment.read([(wire.parse(wire.canonical(resource)), OWN)])


@given(dispenses)
def test_a_dispense_comes_back(found: Dispense) -> None:
    assert back(write.dispense(found, ABOUT)).dispenses == (found,)


@given(regimens)
def test_a_regimen_comes_back(found: RegimenPeriod) -> None:
    assert back(write.regimen(found, ABOUT)).regimens == (found,)


@given(results)
def test_a_result_comes_back(found: LabResult) -> None:
    assert back(write.lab_result(found, ABOUT)).results == (found,)


@given(problems)
def test_a_problem_comes_back(found: Problem) -> None:
    assert back(write.problem(found, ABOUT)).problems == (found,)


@given(allergies)
def test_an_allergy_comes_back(found: Allergy) -> None:
    assert back(write.allergy(found, ABOUT)).allergies == (found,)


@given(vaccines)
def test_a_vaccine_comes_back(found: Vaccine) -> None:
    assert back(write.vaccine(found, ABOUT)).vaccines == (found,)


@given(episodes)
def test_an_enrolment_comes_back(found: Episode) -> None:
    assert back(write.episode(found, ABOUT)).episodes == (found,)


@given(visits, appointments)
def test_contacts_come_back(visit: Contact, appointment: Contact) -> None:
    assert back(write.visit(visit, ABOUT)).contacts == (visit,)
    assert back(write.appointment(appointment, ABOUT)).contacts == (appointment,)


@given(
    amounts.filter(bool), st.sampled_from(["", ">"]), st.none() | st.integers(1, 100).map(Decimal), some_day
)
def test_a_viral_load_with_a_number_comes_back(
    copies: Decimal, comparator: str, limit: Decimal | None, sampled: object
) -> None:
    suppressed = copies < 1000 if not comparator else (False if copies >= 1000 else None)
    original = f"{comparator}{copies:f} copies/mL"
    found = ViralLoad(sampled, OWN, original, copies, comparator, limit, suppressed)  # type: ignore[arg-type]
    assert back(write.viral_load(found, ABOUT)).viral_loads == (found,)


@pytest.mark.parametrize(
    "found",
    [
        ViralLoad(on("2026-01"), OWN, "<20 copies/mL", None, "<", Decimal(20), True),
        ViralLoad(on("2026-01"), OWN, "indetectable", None, "<", None, True),
        ViralLoad(None, OWN, "4000 IU/mL", None, "", None, None, False),
        ViralLoad(None, OWN, "", None, "", None, None, False),
    ],
)
def test_a_viral_load_without_a_number_comes_back(found: ViralLoad) -> None:
    assert back(write.viral_load(found, ABOUT)).viral_loads == (found,)


def test_a_logarithm_is_written_as_copies() -> None:
    found = ViralLoad(None, OWN, "4.5 log10", Decimal("31622.77"), "", None, False)
    again = back(write.viral_load(found, ABOUT)).viral_loads[0]
    assert replace(again, original=found.original) == found


def test_the_infection_is_named_neutrally_and_coded_exactly() -> None:
    resource = write.infection(ABOUT, on("2020-03"), "en")
    assert resource["code"]["text"] == "Programme diagnosis"
    (found,) = back(resource).problems
    assert (found.kind, found.onset) == ("infection", on("2020-03"))


@settings(max_examples=25)
@given(dispenses, regimens, results, problems)
def test_everything_written_is_valid_and_labelled(
    given_out: Dispense, regimen: RegimenPeriod, result: LabResult, problem: Problem
) -> None:
    if regimen.start and regimen.end and regimen.start.earliest > regimen.end.earliest:
        regimen = replace(regimen, start=regimen.end, end=regimen.start)
    made = (
        write.dispense(given_out, ABOUT),
        write.regimen(regimen, ABOUT),
        write.lab_result(result, ABOUT),
        write.problem(problem, ABOUT),
    )
    for resource in made:
        assert profiles.issues(resource) == []
        assert [label["code"] for label in resource["meta"]["security"]] == ["R", "HIV"]


def test_the_other_builders_write_valid_resources() -> None:
    at = datetime(2026, 6, 1, 9, tzinfo=UTC)
    booked = Contact("appointment", on("2026-06-01"), "booked", OWN)
    made = (
        write.allergy(Allergy(Concept("Abacavir"), OWN, "active", "high", "exantema"), ABOUT),
        write.vaccine(Vaccine(Concept("Hepatitis B"), OWN), ABOUT),
        write.episode(Episode("active", OWN, on("2024")), ABOUT, on("2019"), "records"),
        write.treatment_entry(on("2019-03"), ABOUT),
        write.visit(Contact("visit", on("2026-03-01"), "finished", OWN, virtual=True), ABOUT),
        write.appointment(booked, ABOUT, at),
        write.infection(ABOUT),
        write.viral_load(ViralLoad(on("2026"), OWN, "<20 copies/mL", None, "<", Decimal(20), True), ABOUT),
        write.viral_load(ViralLoad(None, OWN, "850 copies/mL", Decimal(850), "", Decimal(20), True), ABOUT),
    )
    for resource in made:
        assert profiles.issues(resource) == [], resource["resourceType"]


def test_a_combination_without_a_product_keeps_its_name_and_ingredients() -> None:
    made = write.medicine_of({"TDF", "FTC", "DTG"})
    assert made == Medicine(Concept("TDF + FTC + DTG"), frozenset({"TDF", "FTC", "DTG"}))
    found = back(write.dispense(Dispense(on("2026"), made, OWN), ABOUT)).dispenses[0]
    assert found.medicine == made


def test_a_result_without_a_value_says_why_and_a_resource_without_a_maker_is_valid() -> None:
    about = write.About("Patient/1")
    pending = write.lab_result(LabResult("other", Concept("Genotipo"), OWN, status="registered"), about)
    assert pending["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    made = (
        pending,
        write.dispense(Dispense(None, TLD, OWN), about),
        write.regimen(RegimenPeriod(TLD, OWN, "active"), about),
    )
    for resource in made:
        assert profiles.issues(resource) == []
        assert not {"performer", "location"} & set(resource)
