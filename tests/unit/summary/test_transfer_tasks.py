"""A transfer of care as ServiceRequest and Task: one table of states, and the Bundle that asks for it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fhir import corridor, profiles, references, transfer, wire
from fhir.transfer import NewTransfer, NotARequest, NotATransfer
from fhir.treatment import write
from fhir.wire import JsonObject
from tests.unit.summary.summary_values import PERSON

AT = datetime(2026, 3, 22, 15, tzinfo=UTC)
LATER = datetime(2026, 3, 25, 15, tzinfo=UTC)
TASK_ID = "5b9cdadd-fe81-4f89-849d-9702afe74dc2"
NEW = NewTransfer(
    "Patient/p1", "co", "pe", AT, "t-1", covered_until=date(2026, 3, 31), expected=date(2026, 3, 25)
)


def pair(new: NewTransfer = NEW) -> tuple[JsonObject, JsonObject]:
    order, task = transfer.transfer_request(new)
    order["id"], task["id"] = "b7c1a8e2-0000-4000-8000-000000000001", TASK_ID
    task |= {
        "focus": {"reference": f"ServiceRequest/{order['id']}"},
        "basedOn": [{"reference": f"ServiceRequest/{order['id']}"}],
    }
    return order, task


def consent() -> JsonObject:
    terms: dict[str, Any] = {
        "patient_ref": "Patient/p1",
        "from_id": "pe",
        "partner_id": "co",
        "data_classes": ("identity",),
    }
    terms |= {"start": date(2026, 3, 22), "end": date(2026, 9, 1), "recorded": AT}
    return {**corridor.corridor_consent(corridor.ConsentTerms(**terms)), "id": "c1"}


def patient() -> JsonObject:
    return {**write.patient(PERSON), "id": "p1"}


def test_a_proposed_transfer_is_valid_fhir() -> None:
    for resource in (
        *transfer.transfer_request(NEW),
        *pair(),
        *pair(NewTransfer("Patient/1", "co", "pe", AT)),
    ):
        assert profiles.issues(resource) == []


@pytest.mark.parametrize("state", transfer.STATES)
def test_every_state_goes_into_the_task_and_comes_back(state: transfer.TransferState) -> None:
    _, task = pair()
    moved = transfer.task_with_state(task, state, LATER, "razón", "MedicationDispense/1")
    assert profiles.issues(moved) == []
    news = transfer.read_task(moved)
    assert (news.state, news.task_id, news.identifier, news.at) == (state, TASK_ID, "t-1", LATER)
    assert (news.origin, news.destination) == ("co", "pe")
    assert (news.reason, news.output_ref) == ("razón", "MedicationDispense/1")


def test_no_two_states_share_a_task_status() -> None:
    assert len({transfer.coded(state) for state in transfer.STATES}) == len(transfer.STATES)
    assert transfer.coded("closed") == ("completed", "first-dispense")


@pytest.mark.parametrize(
    ("status", "business", "state"),
    [
        ("in-progress", "", "accepted"),
        ("completed", "arrived", "closed"),
        ("failed", "", "refused"),
        ("rejected", "first-dispense", "refused"),
        ("nonsense", "", None),
    ],
)
def test_tasks_of_others_are_read_by_their_status(status: str, business: str, state: str | None) -> None:
    assert transfer.state_of(status, business) == state


def test_only_a_closed_task_has_an_end() -> None:
    _, task = pair()
    assert "executionPeriod" not in transfer.task_with_state(task, "accepted", LATER)
    assert transfer.task_with_state(task, "closed", LATER)["executionPeriod"]["end"].startswith("2026-03-25")


def test_moving_a_task_leaves_the_old_one_as_it_was() -> None:
    _, task = pair()
    transfer.task_with_state(task, "accepted", LATER)
    assert transfer.read_task(task).state == "proposed"


@pytest.mark.parametrize(
    "resource", [{}, {"resourceType": "Task", "status": "requested"}, {"resourceType": "Patient"}]
)
def test_another_task_is_refused(resource: JsonObject) -> None:
    with pytest.raises(NotATransfer):
        transfer.read_task(resource)


def test_a_request_comes_back_with_its_parts() -> None:
    order, task = pair()
    bundle = wire.parse(wire.canonical(transfer.request_bundle(patient(), consent(), order, task)))
    assert profiles.issues(bundle) == []
    found = transfer.read_request(bundle)
    assert found.task is not None
    assert found.service_request is not None
    assert found.task["id"] == TASK_ID
    assert "id" not in found.patient
    assert corridor.read_corridor_consent(found.consent).partner_id == "co"


def test_references_of_a_request_resolve_inside_it() -> None:
    order, task = pair()
    bundle = transfer.request_bundle(patient(), consent(), order, task)
    addresses = {entry["fullUrl"] for entry in bundle["entry"]}
    assert set(references.found_in(bundle)) <= addresses
    assert all(address.startswith("urn:uuid:") for address in addresses)
    assert len(addresses) == 4


def test_a_request_without_a_transfer_has_two_parts() -> None:
    found = transfer.read_request(transfer.request_bundle(patient(), consent()))
    assert (found.service_request, found.task) == (None, None)


def test_the_same_request_gives_the_same_bytes() -> None:
    order, task = pair()
    one, other = (
        wire.canonical(transfer.request_bundle(patient(), consent(), order, task)) for _ in range(2)
    )
    assert one == other


def test_every_fault_of_a_request_is_named() -> None:
    order, task = pair()
    anonymous = {key: value for key, value in patient().items() if key != "identifier"}
    cases: list[tuple[JsonObject, set[str]]] = [
        ({}, {"Bundle.type", "Bundle.entry"}),
        ({**transfer.request_bundle(patient(), consent()), "type": "document"}, {"Bundle.type"}),
        (transfer.request_bundle(anonymous, consent()), {"Patient.identifier"}),
        (transfer.request_bundle(patient(), consent(), order), {"Bundle.entry"}),
        (transfer.request_bundle(patient(), consent(), order, {**task, "status": "nonsense"}), {"Task.code"}),
        (references.collection([("urn:uuid:1", patient())]), {"Bundle.entry"}),
    ]
    for bundle, paths in cases:
        with pytest.raises(NotARequest) as refused:
            transfer.read_request(bundle)
        assert {issue.path for issue in refused.value.issues} == paths


def test_news_of_a_task_travel_in_a_bundle_under_its_id() -> None:
    _, task = pair()
    bundle = transfer.task_bundle(task)
    assert bundle["entry"][0]["fullUrl"] == f"urn:uuid:{TASK_ID}"
    assert profiles.issues(bundle) == []
