"""The care state of somebody just written down is the one that gathering everything would give."""

from dataclasses import replace
from typing import Any

import pytest

from registry import synth
from registry.domain.model import CareState
from registry.usecases.care.people import register
from registry.usecases.care.record import care_state, record_care, transact
from tests.walks.nodes import WalkNode, somebody


def state(node: WalkNode, person_id: str) -> CareState:
    with node.services.unit() as unit:
        found = unit.care.get(person_id)
    assert found is not None
    return found


def gathered(node: WalkNode, person_id: str) -> CareState:
    with node.services.unit() as unit:
        care_state.refresh(node.services, unit, person_id)
        unit.commit()
    return state(node, person_id)


@pytest.mark.parametrize("more", [{}, {"deceasedBoolean": True}, {"birthDate": "2024"}])
def test_a_patient_created_by_a_system_starts_with_its_care_state(
    lima: WalkNode, more: dict[str, Any]
) -> None:
    patient = {"resourceType": "Patient", "name": [{"family": "Quispe"}], "birthDate": "1990-05-17", **more}
    stored = record_care.record(lima.services, lima.caller(), patient)
    first = state(lima, stored.id)
    again = gathered(lima, stored.id)
    assert replace(first, computed=again.computed) == again


def test_a_person_registered_by_hand_starts_with_its_care_state(lima: WalkNode) -> None:
    person_id = register.register(lima.services, lima.caller(), somebody()).person_id
    first = state(lima, person_id)
    again = gathered(lima, person_id)
    assert replace(first, computed=again.computed) == again


def test_people_stored_by_one_transaction_start_with_their_care_state(lima: WalkNode) -> None:
    today = lima.services.today()
    people = list(synth.people(12, 5, today, lima.services.node))
    entries = [entry for person in people for entry in synth.bundle(person)["entry"]]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    answer = transact.transact(lima.services, lima.caller(), bundle)
    places = [str(entry["response"]["location"]).split("/") for entry in answer["entry"]]
    ids = [place[1] for place in places if place[0] == "Patient"]
    assert len(ids) == len(people)
    firsts = [state(lima, person_id) for person_id in ids]
    assert any(first.run_out for first in firsts)
    for first in firsts:
        again = gathered(lima, first.owner_id)
        assert replace(first, computed=again.computed) == again
