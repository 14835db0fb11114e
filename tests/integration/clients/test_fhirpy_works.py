"""The Python client fhirpy does its work against a live node without any change to it."""

from typing import Any

import pytest
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

from tests.servers.live import Live

SYSTEM = "urn:puente:test:clinic"


@pytest.fixture(scope="module")
def client(live_node: Live, live_token: str) -> SyncFHIRClient:
    """Give the client as its own documentation makes it."""
    return SyncFHIRClient(live_node.base, authorization=f"Bearer {live_token}")


def patient(client: SyncFHIRClient, number: str, family: str = "Mamani") -> Any:
    identifier = [{"system": SYSTEM, "value": number}]
    made = client.resource(
        "Patient", identifier=identifier, name=[{"family": family, "given": ["Ana"]}], birthDate="1991-02-03"
    )
    made.save()
    return made


def weight(client: SyncFHIRClient, owner: Any, kilograms: float) -> Any:
    made = client.resource(
        "Observation",
        status="final",
        code={"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        subject=owner.to_reference(),
        effectiveDateTime="2026-10-01",
        valueQuantity={"value": kilograms, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    )
    made.save()
    return made


def test_create_read_update_and_delete(client: SyncFHIRClient) -> None:
    made = patient(client, "py-1")
    read = client.reference("Patient", made.id).to_resource()
    assert read["name"][0]["family"] == "Mamani"
    read["gender"] = "female"
    read.save()
    assert read["meta"]["versionId"] == "2"
    read.delete()
    with pytest.raises((ResourceNotFound, OperationOutcome)):
        client.reference("Patient", made.id).to_resource()


def test_search_with_paging_sorting_and_includes(client: SyncFHIRClient) -> None:
    owner = patient(client, "py-2")
    for kilograms in (50, 60, 70):
        weight(client, owner, kilograms)
    found = client.resources("Patient").search(identifier=f"{SYSTEM}|py-2").first()
    assert found is not None
    assert found.id == owner.id
    heavy = client.resources("Observation").search(patient=owner.id, value_quantity="ge60").sort("date")
    assert {row["valueQuantity"]["value"] for row in heavy.limit(1).fetch_all()} == {60, 70}
    assert client.resources("Observation").search(patient=owner.id).count() == 3
    with_owner = client.resources("Observation").search(patient=owner.id).include("Observation", "patient")
    kinds = [entry.resource["resourceType"] for entry in with_owner.fetch_raw()["entry"]]
    assert sorted(set(kinds)) == ["Observation", "Patient"]


def test_get_or_create_makes_one(client: SyncFHIRClient) -> None:
    wanted = {
        "resource_type": "Patient",
        "identifier": [{"system": SYSTEM, "value": "py-3"}],
        "name": [{"family": "Rojas"}],
    }
    search = client.resources("Patient").search(identifier=f"{SYSTEM}|py-3")
    made, is_new = search.get_or_create(client.resource(**wanted))
    again, is_new_again = search.get_or_create(client.resource(**wanted))
    assert (is_new, is_new_again) == (True, False)
    assert again.id == made.id


def test_transaction_history_and_everything(client: SyncFHIRClient) -> None:
    bundle = client.resource(
        "Bundle",
        type="transaction",
        entry=[
            {
                "fullUrl": "urn:uuid:7f0c4a2e-5d0f-4c8e-9d8f-0b9a1f6f0001",
                "request": {"method": "POST", "url": "Patient"},
                "resource": {"resourceType": "Patient", "name": [{"family": "Condori"}]},
            },
            {
                "request": {"method": "POST", "url": "Observation"},
                "resource": {
                    "resourceType": "Observation",
                    "status": "final",
                    "code": {"text": "weight"},
                    "subject": {"reference": "urn:uuid:7f0c4a2e-5d0f-4c8e-9d8f-0b9a1f6f0001"},
                },
            },
        ],
    )
    answer = client.execute("", method="POST", data=bundle.serialize())
    owner = answer["entry"][0]["response"]["location"].split("/")[1]
    versions = client.execute(f"Patient/{owner}/_history", method="GET")
    assert (versions["type"], versions["total"]) == ("history", 1)
    whole = client.reference("Patient", owner).execute("$everything", method="GET")
    assert sorted(entry["resource"]["resourceType"] for entry in whole["entry"]) == ["Observation", "Patient"]
