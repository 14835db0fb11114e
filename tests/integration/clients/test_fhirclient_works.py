"""SMART's Python client fhirclient works against a live node, from discovery to a transaction."""

from datetime import UTC, datetime

import pytest
from fhirclient import client as smart
from fhirclient.models import bundle, observation, patient
from requests import HTTPError

from registry.crypto.tokens.assertion import make_assertion
from tests.servers.live import PARTNER, SCOPES, Live

SYSTEM = "urn:puente:test:clinic"


@pytest.fixture(scope="module")
def client(live_node: Live) -> smart.FHIRClient:
    """Sign in as a backend service does: the token endpoint is found by discovery."""
    audience = live_node.node.settings.audience
    settings = {
        "app_id": PARTNER,
        "api_base": live_node.base,
        "scope": SCOPES[0],
        "jwt_token": make_assertion(PARTNER, audience, live_node.key, datetime.now(UTC)),
    }
    made = smart.FHIRClient(settings=settings)
    made.prepare()
    made.authorize()
    assert made.ready
    return made


def new_patient(number: str) -> patient.Patient:
    identifier = [{"system": SYSTEM, "value": number}]
    return patient.Patient(
        {"identifier": identifier, "name": [{"family": "Huanca"}], "birthDate": "1988-01-02"}
    )


def test_create_read_update_and_delete(client: smart.FHIRClient) -> None:
    made = new_patient("sm-1")
    answer = made.create(client.server)
    read = patient.Patient.read(answer["id"], client.server)
    assert read.name[0].family == "Huanca"
    read.gender = "female"
    assert read.update(client.server)["meta"]["versionId"] == "2"
    read.delete(client.server)
    with pytest.raises(HTTPError, match="410"):
        patient.Patient.read(answer["id"], client.server)


def test_search_finds_by_identifier_and_by_patient(client: smart.FHIRClient) -> None:
    answer = new_patient("sm-2").create(client.server)
    found = patient.Patient.where({"identifier": f"{SYSTEM}|sm-2"}).perform_resources_iter(client.server)
    assert [each.id for each in found] == [answer["id"]]
    fields = {
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": f"Patient/{answer['id']}"},
    }
    observation.Observation(fields).create(client.server)
    search = observation.Observation.where({"patient": answer["id"], "code": "http://loinc.org|29463-7"})
    assert len(list(search.perform_resources_iter(client.server))) == 1


def test_transaction_history_and_everything(client: smart.FHIRClient) -> None:
    sent = bundle.Bundle(
        {
            "type": "transaction",
            "entry": [
                {
                    "request": {"method": "POST", "url": "Patient"},
                    "resource": new_patient("sm-3").as_json(),
                }
            ],
        }
    )
    answer = client.server.post_json("", sent.as_json()).json()
    owner = answer["entry"][0]["response"]["location"].split("/")[1]
    history = bundle.Bundle(client.server.request_json(f"Patient/{owner}/_history"))
    assert history.entry[0].request.method == "POST"
    whole = bundle.Bundle(client.server.request_json(f"Patient/{owner}/$everything"))
    assert [entry.resource.resource_type for entry in whole.entry] == ["Patient"]
