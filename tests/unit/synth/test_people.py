"""Synthetic people: valid, plausible, equal for equal seeds, and never all in memory."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from importlib import import_module
from random import Random

import pytest

from config import IdentifierKind, Thresholds
from config.node import read_node
from fhir import profiles
from fhir.treatment import read
from fhir.treatment.model import Source, TreatmentRecord
from fhir.wire import canonical, parse
from registry import synth
from registry.domain.care.continuity import supply
from registry.domain.observatory.indicators import classify, count
from registry.domain.observatory.periods import parse as period
from registry.synth import documents
from registry.synth.people import SyntheticPerson

TODAY = date(2026, 11, 22)
NODES = ("pe", "co", "ec", "cl")


def made(number: int, code: str = "pe", seed: int = 7) -> list[SyntheticPerson]:
    return list(synth.people(number, seed, TODAY, read_node(code)))


def digest(people: list[SyntheticPerson]) -> str:
    return hashlib.sha256(b"".join(canonical(synth.bundle(person)) for person in people)).hexdigest()


def record(person: SyntheticPerson, code: str = "pe") -> TreatmentRecord:
    return read([(one, Source("own", code)) for one in person.resources], node=code)


@pytest.fixture(scope="module")
def crowd() -> list[SyntheticPerson]:
    return made(300)


@pytest.fixture(scope="module")
def records(crowd: list[SyntheticPerson]) -> list[TreatmentRecord]:
    return [record(person) for person in crowd]


def test_equal_seeds_give_equal_bytes_and_other_seeds_other_people() -> None:
    assert digest(made(20)) == digest(made(20))
    assert digest(made(20)) != digest(made(20, seed=8))
    assert digest(made(20)) != digest(made(20, "co"))


def test_a_person_does_not_depend_on_how_many_are_made() -> None:
    assert made(20)[:3] == made(3)


@pytest.mark.parametrize("code", NODES)
def test_people_of_every_node_pass_every_rule_of_the_standard(
    code: str, scaled: Callable[[int], int]
) -> None:
    faults = [
        f"{resource['resourceType']}: {issue.path} {issue.rule}"
        for person in made(max(50, scaled(200)), code)
        for resource in person.resources
        for issue in profiles.issues(resource)
    ]
    assert not faults, Counter(faults)


def test_a_bundle_is_valid_and_its_references_lead_somewhere() -> None:
    for person in made(20):
        bundle = parse(canonical(synth.bundle(person)))
        assert not profiles.issues(bundle)
        urls = [entry["fullUrl"] for entry in bundle["entry"]]
        assert len(urls) == len(set(urls))
        assert bundle["entry"][0]["resource"]["resourceType"] == "Patient"
        text = canonical(bundle).decode()
        pointed = {part.split('"')[0] for part in text.split('"reference":"')[1:]}
        assert person.url(0) in pointed
        assert pointed <= set(urls)


def test_kept_ids_make_a_bundle_that_stores_everybody_once() -> None:
    (person,) = made(1)
    bundle = parse(canonical(synth.bundle(person, keep_ids=True)))
    assert not profiles.issues(bundle)
    assert bundle["entry"][0]["resource"]["id"] == str(person.id)
    for entry in bundle["entry"]:
        kept = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        assert entry["request"] == {"method": "PUT", "url": kept}
        assert entry["fullUrl"] == f"urn:uuid:{entry['resource']['id']}"


def test_nothing_that_was_written_is_lost_when_it_is_read(records) -> None:
    unread = Counter(name for one in records for name in one.unread)
    assert set(unread) <= {"ServiceRequest"}


def test_people_have_ten_to_eighteen_resources_for_the_most_part(crowd) -> None:
    sizes = [len(person.resources) for person in crowd]
    assert 12 <= sum(sizes) / len(sizes) <= 18
    assert sum(10 <= size <= 18 for size in sizes) > 0.8 * len(sizes)


def test_every_case_of_the_product_occurs(records) -> None:
    supplies = [supply(one.dispenses, TODAY, Thresholds()) for one in records]
    assert any(one.uncovered for one in supplies)
    assert any("carried-over" in step.why for one in supplies for step in one.steps)
    assert any("counted" in step.why for one in supplies for step in one.steps)
    assert {load.comparator for one in records for load in one.viral_loads} == {"", "<"}
    assert {False, True} == {load.suppressed for one in records for load in one.viral_loads}
    assert {"tuberculosis", "infection"} <= {found.kind for one in records for found in one.problems}
    assert any(one.pregnancy for one in records)
    assert {"in", "out"} == {transfer.direction for one in records for transfer in one.transfers}
    assert any(one.vaccines for one in records)
    assert any(one.person.deceased for one in records)
    assert {True, None} == {one.treated_before for one in records}
    assert {"booked", "noshow"} <= {contact.status for one in records for contact in one.contacts}


def test_most_people_come_from_venezuela_and_take_the_preferred_regimen(records) -> None:
    assert sum(one.person.origin_country == "VE" for one in records) > 0.7 * len(records)
    tld = frozenset({"TDF", "3TC", "DTG"})
    assert sum(supply(one.dispenses, TODAY, Thresholds()).regimen == tld for one in records) > 0.7 * len(
        records
    )


def days(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield every date of a resource with the names that lead to it."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from days(part, f"{path}.{name}")
    elif isinstance(value, list):
        for part in value:
            yield from days(part, path)
    elif isinstance(value, str) and re.fullmatch(r"\d{4}(-\d\d(-\d\d(T.*)?)?)?", value):
        yield path, value[:10]


def test_nothing_happens_in_the_future_but_what_is_planned(crowd) -> None:
    planned = {
        "Appointment.start",
        "Appointment.end",
        "MedicationDispense.extension.valueDate",
        "Task.restriction.period.end",
    }
    found = {
        path
        for person in crowd
        for resource in person.resources
        for path, day in days(resource, resource["resourceType"])
        if day > TODAY.isoformat()
    }
    assert found == planned


def test_the_indicators_balance_over_synthetic_people(records) -> None:
    for quarter in ("2026Q2", "2026Q3"):
        outcomes = [classify(one, period(quarter), None, Thresholds()) for one in records]
        totals = count(outcomes)
        assert totals.balances
        assert totals.current > 40


@pytest.mark.parametrize("code", NODES)
def test_documents_have_the_form_and_check_digit_of_their_kind(code: str) -> None:
    node = read_node(code)
    kinds = {kind.system: kind for kind in node.identifiers}
    seen: Counter[str] = Counter()
    for person in made(100, code):
        identifiers = person.resources[0]["identifier"]
        assert len({(one["system"], one["value"]) for one in identifiers}) == len(identifiers)
        for one in identifiers:
            kind = kinds[one["system"]]
            seen[kind.key] += 1
            if kind.pattern:
                assert re.fullmatch(kind.pattern, one["value"]), kind.key
            if kind.check:
                assert import_module(f"stdnum.{kind.check}").is_valid(one["value"]), kind.key
    assert len(seen) >= 4
    assert seen["ve-ci"] > 40


def test_a_brazilian_number_has_both_check_digits() -> None:
    kind = IdentifierKind("br-cpf", "BR", "urn:x", "NI", {"es": "CPF"}, check="br.cpf")
    made_up = {documents.number(kind, TODAY, Random(seed)) for seed in range(50)}
    assert len(made_up) == 50
    assert all(import_module("stdnum.br.cpf").is_valid(one) for one in made_up)


def test_names_have_two_surnames(crowd) -> None:
    patients = [person.resources[0] for person in crowd]
    assert all(len(one["name"][0]["_family"]["extension"]) == 2 for one in patients)
    assert sum(len(one["name"][0]["given"]) == 2 for one in patients) > 0.8 * len(patients)
    assert len({(tuple(one["name"][0]["given"]), one["name"][0]["family"]) for one in patients}) > 290
