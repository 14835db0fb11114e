"""The consent for one corridor as a Consent resource: both ways, and refused when it is not one of ours."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir import corridor, profiles, wire
from fhir.corridor import ConsentTerms, NotACorridorConsent
from fhir.wire import JsonObject

TERMS = ConsentTerms(
    patient_ref="Patient/1",
    from_id="pe",
    partner_id="co",
    data_classes=("identity", "clinical"),
    start=date(2026, 3, 22),
    end=date(2026, 9, 18),
    recorded=datetime(2026, 3, 22, 15, tzinfo=UTC),
    from_name="Puente Perú",
    from_country="PE",
    partner_name="Puente Colombia",
    country="CO",
    discoverable=True,
)
# Hypothesis draws local times without a zone; the zone is put on afterwards.
MIN, MAX = datetime(2020, 1, 1), datetime(2030, 1, 1)  # noqa: DTZ001
terms = st.builds(
    ConsentTerms,
    patient_ref=st.sampled_from(["Patient/1", "urn:uuid:7d2d1d5e-0000-4000-8000-000000000001"]),
    from_id=st.sampled_from(["pe", "ec"]),
    partner_id=st.sampled_from(["co", "cl"]),
    data_classes=st.lists(st.sampled_from(["identity", "clinical", "contact"]), min_size=1, unique=True).map(
        tuple
    ),
    start=st.dates(date(2020, 1, 1), date(2025, 1, 1)),
    end=st.dates(date(2025, 1, 1), date(2030, 1, 1)),
    recorded=st.datetimes(MIN, MAX).map(lambda at: at.replace(microsecond=0, tzinfo=UTC)),
    purpose=st.sampled_from(["TREAT", "ETREAT"]),
    country=st.sampled_from(["", "CO"]),
    from_country=st.sampled_from(["", "PE"]),
    partner_name=st.sampled_from(["", "Puente Colombia"]),
    discoverable=st.booleans(),
    performer_ref=st.sampled_from(["", "RelatedPerson/2"]),
    language=st.sampled_from(["es", "pt", "en"]),
    status=st.sampled_from(["active", "inactive"]),
)


def test_the_consent_follows_the_profile() -> None:
    resource = corridor.corridor_consent(TERMS)
    assert profiles.issues(resource) == []
    assert resource["category"][0]["coding"][0]["code"] == "59284-0"
    assert resource["provision"]["type"] == "permit"
    assert resource["provision"]["period"]["end"] == "2026-09-18"
    ends = [actor["reference"]["identifier"]["value"] for actor in resource["provision"]["actor"]]
    assert ends == ["co", "pe"]
    assert {label["code"] for label in resource["provision"]["securityLabel"]} == {"R", "HIV"}


@given(terms)
def test_terms_come_back(found: ConsentTerms) -> None:
    resource = wire.parse(wire.canonical(corridor.corridor_consent(found)))
    assert corridor.read_corridor_consent(resource) == found


FAULTS: list[tuple[str, Callable[[JsonObject], object]]] = [
    ("Consent.status", lambda c: c.update(status="maybe")),
    ("Consent.scope", lambda c: c.update(scope={})),
    ("Consent.category", lambda c: c.update(category=[])),
    ("Consent.patient", lambda c: c.pop("patient")),
    ("Consent.dateTime", lambda c: c.update(dateTime="2026-03-22")),
    ("Consent.policy.uri", lambda c: c.pop("policy")),
    ("Consent.organization", lambda c: c.update(organization=[{"display": "x"}])),
    ("Consent.provision.type", lambda c: c["provision"].update(type="deny")),
    ("Consent.provision.actor", lambda c: c["provision"]["actor"].pop(0)),
    ("Consent.provision.period", lambda c: c["provision"]["period"].pop("end")),
    ("Consent.provision.period", lambda c: c["provision"]["period"].update(end="2020-01-01")),
    ("Consent.provision.purpose", lambda c: c["provision"].update(purpose=[])),
    ("Consent.provision.extension", lambda c: c["provision"].update(extension=[])),
]


@pytest.mark.parametrize(
    ("path", "change"), FAULTS, ids=[f"{place}-{path}" for place, (path, _) in enumerate(FAULTS)]
)
def test_each_missing_part_is_named(path: str, change: Callable[[JsonObject], object]) -> None:
    resource = corridor.corridor_consent(TERMS)
    change(resource)
    with pytest.raises(NotACorridorConsent) as refused:
        corridor.read_corridor_consent(resource)
    assert refused.value.issues[0].path == path


def test_two_recipients_are_no_single_corridor() -> None:
    resource = corridor.corridor_consent(TERMS)
    third = {
        **resource["provision"]["actor"][0],
        "reference": {"identifier": {"system": "urn:puente:node", "value": "cl"}},
    }
    resource["provision"]["actor"].append(third)
    with pytest.raises(NotACorridorConsent):
        corridor.read_corridor_consent(resource)


@pytest.mark.parametrize(
    "resource", [{}, {"resourceType": "Patient"}, {"resourceType": "Consent", "provision": [1]}]
)
def test_anything_else_is_refused_without_its_content(resource: JsonObject) -> None:
    with pytest.raises(NotACorridorConsent) as refused:
        corridor.read_corridor_consent(resource)
    assert str(refused.value) == "This Consent is not a consent for one corridor."
