"""The person of the story: nine days of tablets on the day, whatever the day."""

from datetime import date, timedelta

import pytest

from config import Thresholds
from config.node import read_node
from fhir import profiles
from fhir.codes import normal_value
from fhir.treatment import read
from fhir.treatment.model import Dispense, FhirDate, Source
from fhir.treatment.write import medicine_of
from registry.domain.care.continuity import supply
from registry.domain.care.flags import flags
from registry.domain.care.regimen import current
from registry.synth import bundle, story

T = Thresholds()
CO = Source("partner", "Puente Colombia")


def held(today: date):
    person = story.held(today, read_node("co"))
    return person, read([(one, CO) for one in person.resources], node="co")


@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2026, 2, 28), date(2028, 2, 29)])
def test_nine_days_of_tablets_are_left_on_the_day(today: date) -> None:
    _, record = held(today)
    found = supply(record.dispenses, today, T)
    assert found.run_out == today + timedelta(days=9)
    assert found.days_on_hand == 9
    assert not found.estimate
    assert [gap.days for gap in found.uncovered] == [23]
    assert record.treatment_start is not None
    assert record.treatment_start.earliest.year == 2023


def test_ninety_tablets_in_lima_make_ninety_nine_days() -> None:
    today = date(2026, 11, 22)
    _, record = held(today)
    lima = Dispense(
        FhirDate(today), medicine_of(["TDF", "3TC", "DTG"]), Source("own", "Puente Perú"), days=90
    )
    assert supply([*record.dispenses, lima], today, T).days_on_hand == 99


def test_her_record_says_what_the_story_tells() -> None:
    today = date(2026, 11, 22)
    _, record = held(today)
    assert current(record, today).ingredients == {"TDF", "3TC", "DTG"}
    last = record.viral_loads[-1]
    assert (last.comparator, last.limit, last.suppressed) == ("<", 50, True)
    assert last.sampled is not None
    assert 150 <= (today - last.sampled.earliest).days <= 155
    assert [allergy.concept.text for allergy in record.allergies] == ["Penicilina"]
    assert next(one.text for one in record.results if one.kind == "hbsag") == "Negativo"
    assert [one.value for one in record.results if one.kind == "cd4"] == [312, 546]
    raised = flags(record, today, T, include_unverified=False)
    assert [flag.id for flag in raised] == ["F8", "not-assessed"]


def test_what_colombia_holds_is_valid_and_comes_as_one_bundle() -> None:
    person, record = held(date(2026, 11, 22))
    assert not [issue for one in person.resources for issue in profiles.issues(one)]
    assert bundle(person)["entry"][0]["resource"]["resourceType"] == "Patient"
    assert record.unread == ()
    again, _ = held(date(2026, 11, 22))
    assert again == person


def test_both_nodes_know_her_documents_and_the_permit_and_cedula_match() -> None:
    today = date(2026, 11, 22)
    arrival = story.arriving(today)
    assert (arrival.today, arrival.birth_date[:4], arrival.sex) == (today, "1991", "female")
    assert len(arrival.family.split()) == 2
    person, _ = held(today)
    theirs = {(one["system"], normal_value(one["value"])) for one in person.resources[0]["identifier"]}
    lima = read_node("pe")
    ours = set()
    for key, value in arrival.identifiers:
        kind = lima.identifier_kind(key)
        assert kind is not None
        ours.add((kind.system, normal_value(value)))
    assert theirs < ours
    assert len(theirs) == 2
    assert {key for key, _ in arrival.identifiers} == {"ve-pp", "ve-ci", "co-ppt"}
