"""Transaction Bundles: all or nothing, references resolved, addresses as the standard has them."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from fhir import wire
from registry.domain.model import Caller
from registry.errors import BadInput, Conflict, NotAllowed, Refusal, TooCostly, Unprocessable, VersionConflict
from registry.usecases.care.chart import at_a_glance
from registry.usecases.care.record import record_care, transact
from tests.walks.nodes import Pair, WalkNode, exchanged

PERSON = "urn:uuid:0c4bd0f4-8f21-4b9c-9b39-9b6b0a6a1c01"


def entry(resource: dict[str, Any], url: str = "", method: str = "POST", **more: Any) -> dict[str, Any]:
    request = {"method": method, "url": url or resource["resourceType"]}
    return {"resource": resource, "request": request | more.pop("request", {}), **more}


def bundle(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def arrival(node: WalkNode, **patient: Any) -> list[dict[str, Any]]:
    """Return entries of an observation, and after it the person it is about."""
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "CD4"},
        "subject": {"reference": PERSON},
    }
    dispense = {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "medicationCodeableConcept": {"text": "TDF/3TC/DTG"},
        "subject": {"reference": PERSON},
        "daysSupply": {"value": 30},
        "whenHandedOver": node.services.today().isoformat(),
    }
    person = {"resourceType": "Patient", "name": [{"family": "Vega"}], **patient}
    return [entry(observation), entry(dispense), entry(person, fullUrl=PERSON)]


def counts(node: WalkNode) -> list[Any]:
    tables = ("resource", "resource_version", "person", "search_token", "care_state")
    return [node.run(f"SELECT count(*) FROM {table}") for table in tables]


def run(node: WalkNode, content: dict[str, Any], caller: Caller | None = None) -> dict[str, Any]:
    return transact.transact(node.services, caller or node.caller(), content)


def test_a_transaction_stores_everything_with_its_references(lima: WalkNode) -> None:
    content = bundle(*arrival(lima))
    before = copy.deepcopy(content)
    answer = run(lima, content)
    assert content == before
    assert answer["type"] == "transaction-response"
    locations = [each["response"]["location"] for each in answer["entry"]]
    assert [each.split("/")[0] for each in locations] == ["Observation", "MedicationDispense", "Patient"]
    assert {each["response"]["status"] for each in answer["entry"]} == {"201 Created"}
    person_id = locations[2].split("/")[1]
    stored = record_care.read(lima.services, lima.caller(), "Observation", locations[0].split("/")[1])
    assert wire.parse(stored.body)["subject"] == {"reference": f"Patient/{person_id}"}
    chart = at_a_glance.chart(lima.services, lima.caller(), person_id)
    assert chart.supply.days_on_hand == 30


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_one_bad_entry_means_nothing_is_stored(lima: WalkNode, place: int) -> None:
    entries = arrival(lima)
    about_nobody = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "CD4"},
        "subject": {"reference": "Patient/nobody"},
    }
    entries.insert(place, entry(about_nobody))
    before = counts(lima)
    with pytest.raises(Unprocessable):
        run(lima, bundle(*entries))
    assert counts(lima) == before


def test_faults_are_told_with_their_entry(lima: WalkNode) -> None:
    entries = arrival(lima)
    entries[1]["resource"]["status"] = "handed"
    before = counts(lima)
    with pytest.raises(Unprocessable) as refused:
        run(lima, bundle(*entries))
    assert {issue.path for issue in refused.value.issues} == {"Bundle.entry[1].resource.status"}
    assert counts(lima) == before


def test_a_put_updates_creates_and_minds_the_version(lima: WalkNode) -> None:
    new_id = lima.services.ids.new()
    person = {"resourceType": "Patient", "id": new_id, "name": [{"family": "Vega"}]}
    url = f"Patient/{new_id}"
    created = run(lima, bundle(entry(person, url, "PUT")))
    assert created["entry"][0]["response"]["etag"] == 'W/"1"'
    changed = {**person, "gender": "female"}
    matched = entry(changed, url, "PUT", request={"ifMatch": 'W/"1"'})
    assert run(lima, bundle(matched))["entry"][0]["response"]["status"] == "200 OK"
    with pytest.raises(VersionConflict):
        run(lima, bundle(matched))
    elsewhere = {**person, "id": "nobody-yet"}
    with pytest.raises(VersionConflict):
        run(lima, bundle(entry(elsewhere, "Patient/nobody-yet", "PUT", request={"ifMatch": 'W/"3"'})))
    with pytest.raises(BadInput):
        run(lima, bundle(entry(person, url, "PUT", request={"ifMatch": "three"})))


PATIENT = {"resourceType": "Patient"}


@pytest.mark.parametrize(
    "content",
    [
        {"resourceType": "Bundle", "type": "batch"},
        {"resourceType": "Patient", "type": "transaction"},
        {"resourceType": "Bundle", "type": "transaction", "entry": {}},
        bundle(*[entry(PATIENT)] * (transact.MOST_ENTRIES + 1)),
        bundle(7),  # type: ignore[arg-type]
        bundle({"resource": PATIENT}),
        bundle({"request": {"method": "POST", "url": "Patient"}}),
        bundle({"request": {"method": "POST", "url": "Patient"}, "resource": {}}),
        bundle(entry(PATIENT, method="DELETE")),
        bundle(entry(PATIENT, method="GET")),
        bundle(entry(PATIENT, url="Patient?identifier=1")),
        bundle(entry(PATIENT, request={"ifNoneExist": ""})),
        bundle(entry(PATIENT, request={"ifNoneExist": "_count=1"})),
        bundle(entry(PATIENT, request={"ifNoneExist": "nonsense=1"})),
        bundle(entry({**PATIENT, "id": "1"}, "Patient/1", "PUT", request={"ifNoneExist": "identifier=1"})),
        bundle(entry({**PATIENT, "id": "1"}, "Patient/1?identifier=1", "PUT")),
        bundle(entry(PATIENT, "Patient/$match")),
        bundle(entry(PATIENT, url="Observation")),
        bundle(entry(PATIENT, url="Patient/1")),
        bundle(entry(PATIENT, url="Patient", method="PUT")),
        bundle(entry({**PATIENT, "id": "1"}, url="Patient/2", method="PUT")),
        bundle(entry({**PATIENT, "id": "1/_history/2"}, url="Patient/1/_history/2", method="PUT")),
        bundle(
            entry({**PATIENT, "id": "1"}, "Patient/1", "PUT"),
            entry({**PATIENT, "id": "1"}, "Patient/1", "PUT"),
        ),
        bundle(entry(PATIENT, fullUrl=PERSON), entry(PATIENT, fullUrl=PERSON)),
        bundle(entry({"resourceType": "Bundle"})),
    ],
)
def test_a_transaction_that_cannot_be_carried_out_is_refused_whole(
    lima: WalkNode, content: dict[str, Any]
) -> None:
    before = counts(lima)
    with pytest.raises((BadInput, Unprocessable)):
        run(lima, content)
    assert counts(lima) == before


def test_an_empty_transaction_is_answered(lima: WalkNode) -> None:
    assert run(lima, {"resourceType": "Bundle", "type": "transaction"})["entry"] == []


def test_the_scope_of_every_entry_is_checked(lima: WalkNode) -> None:
    partner = Caller(
        "partner:hospital", "partner", "hospital", scopes=("system/Patient.c", "system/Observation.c")
    )
    with pytest.raises(NotAllowed):
        run(lima, bundle(*arrival(lima)), partner)
    observation, _, person = arrival(lima)
    run(lima, bundle(observation, person), partner)
    with pytest.raises(NotAllowed):
        run(lima, bundle(entry({**PATIENT, "id": "x1"}, "Patient/x1", "PUT")), partner)
    with pytest.raises(NotAllowed):
        run(lima, bundle(), lima.caller("pharmacist"))


def test_a_dispense_in_a_transaction_closes_a_transfer(pair: Pair) -> None:
    who = exchanged(pair)
    dispense = arrival(pair.pe)[1]
    dispense["resource"]["subject"] = {"reference": f"Patient/{who.at_pe}"}
    run(pair.pe, bundle(dispense))
    state = pair.pe.look(lambda unit: unit.care.get(who.at_pe))
    assert state is not None
    assert state.transfer_state == "closed"


def test_the_directory_goes_with_its_people(lima: WalkNode) -> None:
    place = {"resourceType": "Organization", "name": "Posta"}
    answer = run(lima, bundle(*arrival(lima), entry(place)))
    assert len(answer["entry"]) == 4


def test_an_owner_that_is_no_person_is_never_taken_for_one(lima: WalkNode) -> None:
    service = {"resourceType": "HealthcareService", "name": "Consulta"}
    about_it = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "CD4"},
        "subject": {"reference": "Patient/directory"},
    }
    before = counts(lima)
    with pytest.raises(Unprocessable):
        run(lima, bundle(*arrival(lima), entry(service), entry(about_it)))
    assert counts(lima) == before


def test_a_resource_never_moves_within_a_transaction_either(lima: WalkNode) -> None:
    first, second = (run(lima, bundle(*arrival(lima))) for _ in range(2))
    observation = record_care.read(
        lima.services, lima.caller(), "Observation", first["entry"][0]["response"]["location"].split("/")[1]
    )
    other = second["entry"][2]["response"]["location"].split("/")[1]
    moved = {**wire.parse(observation.body), "subject": {"reference": f"Patient/{other}"}}
    with pytest.raises(Conflict) as refused:
        run(lima, bundle(entry(moved, f"Observation/{observation.id}", "PUT")))
    assert isinstance(refused.value, Refusal)


def test_what_a_transaction_reads_has_a_limit(lima: WalkNode) -> None:
    made = run(lima, bundle(entry({"resourceType": "Organization", "name": "Posta " * 20})))
    place = made["entry"][0]["response"]["location"].partition("/_history")[0]
    reads = bundle(*[{"request": {"method": "GET", "url": place}}] * 3)
    assert len(run(lima, reads)["entry"]) == 3
    small = replace(lima.services, settings=replace(lima.services.settings, message_limit=100))
    with pytest.raises(TooCostly):
        transact.transact(small, lima.caller(), reads)
