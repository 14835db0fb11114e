"""The care state of somebody just written down is the one that gathering everything would give."""

from dataclasses import replace
from typing import Any

import pytest

from registry.domain.model import CareState
from registry.usecases.care import care_state, record_care, register
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
