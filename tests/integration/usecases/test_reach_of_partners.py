"""A partner of another programme reads only people who agreed to its corridor."""

import pytest

from fhir import wire
from registry.domain.model import Caller
from registry.errors import NotAllowed, NotFound
from registry.usecases.access import reach
from registry.usecases.care.people import register
from registry.usecases.care.record import record_care, transact
from registry.usecases.exchange import corridor
from tests.walks.nodes import WalkNode, consent, somebody

ABROAD = Caller("partner:co", "partner", "co", scopes=("system/*.cruds",))
HOME = Caller("partner:hospital", "partner", "hospital", scopes=("system/*.cruds",))
UNKNOWN = Caller("partner:gone", "partner", "gone", scopes=("system/*.cruds",))


def person(node: WalkNode) -> str:
    return register.register(node.services, node.caller(), somebody()).person_id


def weight(person_id: str) -> wire.JsonObject:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": f"Patient/{person_id}"},
    }


def test_without_consent_a_person_looks_as_if_not_here(lima: WalkNode) -> None:
    here = person(lima)
    with pytest.raises(NotFound) as unseen:
        record_care.read(lima.services, ABROAD, "Patient", here)
    with pytest.raises(NotFound) as absent:
        record_care.read(lima.services, ABROAD, "Patient", "nobody")
    assert str(unseen.value) == str(absent.value)
    assert record_care.read(lima.services, HOME, "Patient", here).id == here


def test_consent_opens_and_withdrawal_closes(lima: WalkNode) -> None:
    here = person(lima)
    given = consent(lima, here, "co")
    assert record_care.read(lima.services, ABROAD, "Patient", here).id == here
    corridor.withdraw_consent(lima.services, lima.caller(), given)
    with pytest.raises(NotFound):
        record_care.read(lima.services, ABROAD, "Patient", here)


def test_a_class_of_data_that_was_not_agreed_stays_closed(lima: WalkNode) -> None:
    here = person(lima)
    kept = record_care.record(lima.services, lima.caller(), weight(here))
    consent(lima, here, "co", data_classes=("identity",))
    assert record_care.read(lima.services, ABROAD, "Patient", here).id == here
    with pytest.raises(NotFound):
        record_care.read(lima.services, ABROAD, "Observation", kept.id)


def test_a_partner_abroad_writes_nothing(lima: WalkNode) -> None:
    here = person(lima)
    consent(lima, here, "co")
    with pytest.raises(NotAllowed):
        record_care.record(lima.services, ABROAD, weight(here))
    with pytest.raises(NotAllowed):
        record_care.delete(lima.services, ABROAD, "Patient", here)
    with pytest.raises(NotAllowed):
        transact.transact(
            lima.services, ABROAD, {"resourceType": "Bundle", "type": "transaction", "entry": []}
        )


def test_many_people_are_narrowed_to_those_who_agreed(lima: WalkNode) -> None:
    agreed, silent, elsewhere = (person(lima) for _ in range(3))
    consent(lima, agreed, "co")
    consent(lima, elsewhere, "cl")
    everybody = (agreed, silent, elsewhere, "directory")
    with lima.services.unit() as unit:
        assert reach.visible(lima.services, unit, ABROAD, everybody) == {agreed, "directory"}
        assert reach.visible(lima.services, unit, HOME, everybody) == set(everybody)
        assert reach.visible(lima.services, unit, UNKNOWN, everybody) == set()
