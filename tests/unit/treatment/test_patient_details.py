"""The person as written in a Patient: documents of several countries, two surnames, partial dates, death."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir import profiles, treatment, wire
from fhir.treatment import write
from fhir.treatment.write import Identity, PersonDetails, PersonName, Phone
from tests.unit.treatment.treatment_values import OWN, days, on, words

ANA = PersonDetails(
    identities=(
        Identity("urn:puente:id:ve:ci", "V12345678", "NI", "Cédula (Venezuela)", "VE"),
        Identity("urn:puente:id:co:ppt", "5012345", "PRC", "PPT (Colombia)", "CO", on("2022"), on("2031-05")),
    ),
    names=(PersonName(("Ana", "María"), "Pérez", "Gómez"), PersonName(("Anita",), use="nickname")),
    birth=on("1990-04"),
    sex="female",
    phones=(Phone("+57 300 555 0000"), Phone("ana@example.org", "email", "home")),
    country="CO",
    city="Cúcuta",
    languages=("es", "guc"),
    origin_country="VE",
    died=on("2026-02-20"),
    death_known_on=datetime(2026, 4, 15, 10, tzinfo=UTC),
)

people = st.builds(
    PersonDetails,
    identities=st.lists(
        st.builds(
            Identity,
            st.just("urn:x"),
            words,
            st.just("NI"),
            words,
            st.sampled_from(["", "VE"]),
            st.none() | days(),
        ),
        max_size=2,
    ).map(tuple),
    names=st.lists(
        st.builds(PersonName, st.lists(words, max_size=2).map(tuple), words, st.just("") | words),
        min_size=1,
        max_size=2,
    ).map(tuple),
    birth=st.none() | days(),
    sex=st.sampled_from(["male", "female", "other", "unknown"]),
    country=st.sampled_from(["", "PE"]),
    languages=st.sampled_from([(), ("es",)]),
    origin_country=st.sampled_from(["", "VE"]),
    died=st.none() | days(),
)


def test_a_whole_person_comes_back_and_is_valid() -> None:
    resource = write.patient(ANA)
    assert profiles.issues(resource) == []
    assert treatment.read_person(wire.parse(wire.canonical(resource))) == ANA


@given(people)
def test_any_person_comes_back(person: PersonDetails) -> None:
    assert treatment.read_person(write.patient(person)) == person


def test_two_surnames_are_one_family_text_and_told_apart_beside_it() -> None:
    name = write.patient(ANA)["name"][0]
    assert name["family"] == "Pérez Gómez"
    assert [part["valueString"] for part in name["_family"]["extension"]] == ["Pérez", "Gómez"]
    assert ANA.name.full == "Ana María Pérez Gómez"


def test_treatment_reads_only_what_it_needs_of_the_person() -> None:
    person = treatment.read([(write.patient(ANA), OWN)]).person
    assert (person.birth_date, person.sex, person.origin_country) == (on("1990-04"), "female", "VE")
    assert (person.died, person.death_known_on) == (ANA.died, ANA.death_known_on)


def test_a_person_nobody_knows_yet_is_valid_and_says_what_is_missing() -> None:
    resource = write.patient(PersonDetails())
    assert profiles.issues(resource) == []
    assert resource["_birthDate"]["extension"][0]["valueCode"] == "unknown"
    assert treatment.read_person(resource).birth is None


@pytest.mark.parametrize("kind", ["official", "usual"])
def test_the_official_name_is_the_name(kind: str) -> None:
    person = PersonDetails(names=(PersonName(("A",), use="nickname"), PersonName(("B",), use=kind)))
    assert person.name.given == (("B",) if kind == "official" else ("A",))


def test_citizenship_stands_in_for_a_country_of_origin() -> None:
    inner = {"url": "code", "valueCodeableConcept": {"coding": [{"code": "VE"}]}}
    extension = {"url": "http://hl7.org/fhir/StructureDefinition/patient-citizenship", "extension": [inner]}
    patient = {"resourceType": "Patient", "extension": [extension]}
    assert treatment.read([(patient, OWN)]).person.origin_country == "VE"
