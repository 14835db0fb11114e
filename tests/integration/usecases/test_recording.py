"""Create, read, update and delete single resources (walk 1 without its HTTP)."""

from datetime import timedelta
from typing import Any

import pytest

from fhir import wire
from registry.domain.model import Caller, Stored
from registry.errors import (
    BadInput,
    Conflict,
    Gone,
    NotAllowed,
    NotFound,
    Unprocessable,
    VersionConflict,
)
from registry.usecases.care.people import register
from registry.usecases.care.record import record_care, sealing, transact, write
from tests.walks.nodes import Pair, WalkNode, exchanged, somebody, treated

WRITER = Caller("partner:hospital", "partner", "hospital", scopes=("system/Observation.cruds",))


def person(node: WalkNode) -> str:
    return register.register(node.services, node.caller(), somebody()).person_id


def load(person_id: str, **changes: Any) -> dict[str, Any]:
    """Return a viral load of a person."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "20447-9"}]},
        "subject": {"reference": f"Patient/{person_id}"},
        "effectiveDateTime": "2026-10-01",
        "valueQuantity": {"value": 40, "comparator": "<", "unit": "copies/mL"},
        **changes,
    }


def record(node: WalkNode, resource: dict[str, Any], **how: Any) -> Stored:
    return record_care.record(node.services, node.caller(), resource, **how)


def read(node: WalkNode, stored: Stored, version: int | None = None) -> Stored:
    return record_care.read(node.services, node.caller(), stored.type, stored.id, version)


def test_what_was_created_is_read_back_byte_for_byte_and_sealed_at_rest(lima: WalkNode) -> None:
    stored = record(lima, load(person(lima)))
    assert (stored.version, read(lima, stored).body) == (1, stored.body)
    resource = wire.parse(stored.body)
    assert resource["id"] == stored.id
    assert resource["meta"]["versionId"] == "1"
    ((body,),) = lima.run("SELECT body FROM resource WHERE id = ?", stored.id)
    assert b"20447-9" not in bytes(body)
    events = lima.look(lambda unit: unit.audit.recent(5))
    mine = [event["action"] for event in events if event["object_ref"] == f"Observation/{stored.id}"]
    assert mine == ["read", "create"]


def test_numbers_are_kept_as_they_were_written(lima: WalkNode) -> None:
    resource = wire.parse(wire.canonical(load(person(lima))).replace(b'"value":40', b'"value":1.50'))
    stored = record(lima, resource)
    assert b'"value":1.50' in read(lima, stored).body


def test_every_version_stays_readable(lima: WalkNode) -> None:
    first = record(lima, load(person(lima)))
    changed = {**wire.parse(first.body), "status": "amended"}
    second = record(lima, changed, resource_id=first.id, if_match=1)
    assert second.version == 2
    assert read(lima, first).body == second.body
    assert read(lima, first, 1).body == first.body
    with pytest.raises(NotFound):
        read(lima, first, 3)


def test_an_update_of_an_older_version_is_refused(lima: WalkNode) -> None:
    first = record(lima, load(person(lima)))
    resource = wire.parse(first.body)
    record(lima, {**resource, "status": "amended"}, resource_id=first.id, if_match=1)
    with pytest.raises(VersionConflict) as refused:
        record(lima, {**resource, "status": "cancelled"}, resource_id=first.id, if_match=1)
    assert refused.value.status == 412
    assert read(lima, first).version == 2


def test_an_update_needs_its_own_id_and_something_to_update(lima: WalkNode) -> None:
    first = record(lima, load(person(lima)))
    resource = wire.parse(first.body)
    with pytest.raises(BadInput):
        record(lima, {**resource, "id": "another"}, resource_id=first.id)
    with pytest.raises(VersionConflict):
        record(lima, {**resource, "id": "nobody"}, resource_id="nobody", if_match=1)
    made = record(lima, {**resource, "id": "chosen-by-us"}, resource_id="chosen-by-us")
    assert (made.id, made.version) == ("chosen-by-us", 1)


def test_a_resource_does_not_move_to_another_patient(lima: WalkNode) -> None:
    first = record(lima, load(person(lima)))
    moved = {**wire.parse(first.body), "subject": {"reference": f"Patient/{person(lima)}"}}
    with pytest.raises(Conflict):
        record(lima, moved, resource_id=first.id)
    assert read(lima, first).version == 1


@pytest.mark.parametrize(
    "subject",
    [
        None,
        {},
        {"reference": "Patient/nobody"},
        {"reference": "http://other.example/Patient/1"},
        {"display": "x"},
    ],
)
def test_a_resource_about_nobody_of_ours_is_refused(lima: WalkNode, subject: dict[str, str] | None) -> None:
    resource = load("x")
    del resource["subject"]
    if subject is not None:
        resource["subject"] = subject
    with pytest.raises(Unprocessable) as refused:
        record(lima, resource)
    assert refused.value.issues


def test_nothing_is_recorded_about_a_deleted_patient(lima: WalkNode) -> None:
    person_id = person(lima)
    record_care.delete(lima.services, lima.caller(), "Patient", person_id)
    with pytest.raises(Unprocessable):
        record(lima, load(person_id))


def test_every_fault_of_a_resource_is_told_in_one_answer(lima: WalkNode) -> None:
    bad = load(person(lima), status="finished", effectiveDateTime="yesterday")
    with pytest.raises(Unprocessable) as refused:
        record(lima, bad)
    paths = {issue.path for issue in refused.value.issues}
    assert {"Observation.status", "Observation.effectiveDateTime"} <= paths


@pytest.mark.parametrize("kind", ["AuditEvent", "Bundle", "CapabilityStatement", "OperationOutcome"])
def test_what_this_server_makes_itself_is_not_created_from_outside(lima: WalkNode, kind: str) -> None:
    with pytest.raises(BadInput):
        record(lima, {"resourceType": kind})


def test_a_dispense_in_the_future_is_refused(lima: WalkNode) -> None:
    dispense_id = treated(lima, person(lima), days_ago=0)
    stored = record_care.read(lima.services, lima.caller(), "MedicationDispense", dispense_id)
    tomorrow = (lima.services.today() + timedelta(days=1)).isoformat()
    later = {**wire.parse(stored.body), "whenHandedOver": tomorrow}
    with pytest.raises(Unprocessable) as refused:
        record(lima, later)
    assert [issue.path for issue in refused.value.issues] == ["MedicationDispense.whenHandedOver"]
    assert record(lima, {**later, "whenHandedOver": lima.services.today().isoformat()}).version == 1


def test_a_deleted_resource_is_gone_and_its_versions_stay(lima: WalkNode) -> None:
    stored = record(lima, load(person(lima)))
    assert record_care.delete(lima.services, lima.caller(), "Observation", stored.id) == 2
    assert record_care.delete(lima.services, lima.caller(), "Observation", stored.id) == 2
    with pytest.raises(Gone):
        read(lima, stored)
    assert read(lima, stored, 1).body == stored.body
    with pytest.raises(NotFound):
        record_care.delete(lima.services, lima.caller(), "Observation", "nobody")
    again = record(lima, wire.parse(stored.body), resource_id=stored.id)
    assert again.version == 3


def test_a_patient_with_data_is_not_deleted(pair: Pair) -> None:
    node = pair.pe
    with_resource, with_document = person(node), exchanged(pair).at_pe
    record(node, load(with_resource))
    node.run("DELETE FROM resource WHERE owner_id = ? AND type <> 'Patient'", with_document)
    for person_id in (with_resource, with_document):
        with pytest.raises(Conflict) as refused:
            record_care.delete(node.services, node.caller(), "Patient", person_id)
        assert refused.value.status == 409
    node.run("DELETE FROM resource_version WHERE owner_id = ?", with_document)


def test_a_deleted_dispense_moves_the_care_state(lima: WalkNode) -> None:
    person_id = person(lima)
    dispense_id = treated(lima, person_id, days_ago=0)
    before = lima.look(lambda unit: unit.care.get(person_id))
    record_care.delete(lima.services, lima.caller(), "MedicationDispense", dispense_id)
    after = lima.look(lambda unit: unit.care.get(person_id))
    assert before is not None
    assert after is not None
    assert before.run_out == lima.services.today() + timedelta(days=90)
    assert after.run_out is None


def test_a_dispense_through_the_interface_moves_the_care_state_and_closes_a_transfer(pair: Pair) -> None:
    who = exchanged(pair)
    other = treated(pair.pe, person(pair.pe), days_ago=0)
    stored = record_care.read(pair.pe.services, pair.pe.caller(), "MedicationDispense", other)
    record(pair.pe, {**wire.parse(stored.body), "subject": {"reference": f"Patient/{who.at_pe}"}})
    state = pair.pe.look(lambda unit: unit.care.get(who.at_pe))
    assert state is not None
    assert state.transfer_state == "closed"
    assert state.run_out == pair.pe.services.today() + timedelta(days=99)


def test_resources_of_the_directory_belong_to_no_person(lima: WalkNode) -> None:
    stored = record(lima, {"resourceType": "Organization", "name": "Centro de Salud"})
    assert stored.owner_id == sealing.DIRECTORY_OWNER
    assert wire.parse(read(lima, stored).body)["name"] == "Centro de Salud"


def test_an_appointment_belongs_to_its_patient_among_the_participants(lima: WalkNode) -> None:
    person_id = person(lima)
    appointment = {
        "resourceType": "Appointment",
        "status": "booked",
        "start": "2027-01-10T09:00:00-05:00",
        "end": "2027-01-10T09:20:00-05:00",
        "participant": [
            {"actor": {"reference": "Location/1"}, "status": "accepted"},
            {"actor": {"reference": f"Patient/{person_id}"}, "status": "accepted"},
        ],
    }
    assert record(lima, appointment).owner_id == person_id
    state = lima.look(lambda unit: unit.care.get(person_id))
    assert state is not None
    assert str(state.next_contact) == "2027-01-10"
    with pytest.raises(Unprocessable):
        record(lima, {**appointment, "participant": [{"actor": {"display": "x"}, "status": "accepted"}]})


@pytest.mark.parametrize("name", sorted(sealing.SERVICE_OWNERS))
def test_no_person_gets_an_id_that_is_a_key_of_the_node(lima: WalkNode, name: str) -> None:
    entry = {
        "request": {"method": "PUT", "url": f"Patient/{name}"},
        "resource": {"resourceType": "Patient", "id": name},
    }
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    with pytest.raises(BadInput):
        transact.transact(lima.services, lima.caller(), bundle)


def test_a_partner_does_what_its_token_covers_and_nothing_else(lima: WalkNode) -> None:
    person_id = person(lima)
    stored = record_care.record(lima.services, WRITER, load(person_id))
    record_care.read(lima.services, WRITER, "Observation", stored.id)
    only_read = Caller("partner:hospital", "partner", "hospital", scopes=("system/Observation.rs",))
    resource = wire.parse(stored.body)
    with pytest.raises(NotAllowed):
        record_care.record(lima.services, only_read, load(person_id))
    with pytest.raises(NotAllowed):
        record_care.record(lima.services, only_read, resource, resource_id=stored.id)
    with pytest.raises(NotAllowed):
        record_care.delete(lima.services, only_read, "Observation", stored.id)
    with pytest.raises(NotAllowed):
        record_care.read(lima.services, WRITER, "Patient", person_id)


def test_the_next_version_needs_one_before_it(lima: WalkNode) -> None:
    resource = {**load(person(lima)), "id": "nobody-here"}
    with lima.services.unit() as unit, pytest.raises(NotFound):
        write.update(lima.services, unit, lima.caller(), resource, "nobody-here")
