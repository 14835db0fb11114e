"""People for the tests of operations: a record stored through the interface, and consents of its person."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from registry.domain.model import ConsentRow
from tests.integration.api.conftest import PATIENT, Api, Node

DNI = "urn:oid:2.16.840.1.113883.4.904"


@dataclass(frozen=True)
class Chart:
    """Somebody with a record: the Patient's id, the number of a document, and ids of the resources."""

    id: str
    number: str
    references: tuple[str, ...]

    def one(self, resource_type: str) -> str:
        """Return the first reference of a type."""
        return next(each for each in self.references if each.startswith(f"{resource_type}/"))


def patient(number: str, **changes: Any) -> dict[str, Any]:
    """Return a Patient with a document."""
    return PATIENT | {"identifier": [{"system": DNI, "value": number}]} | changes


def observation(day: str, subject: str, **changes: Any) -> dict[str, Any]:
    """Return a weight of a day."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": subject},
        "effectiveDateTime": day,
        "valueQuantity": {"value": 61.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    } | changes


def dispense(day: str, subject: str) -> dict[str, Any]:
    """Return a dispense of thirty days."""
    code = {"system": "http://www.whocc.no/atc", "code": "J05AR27", "display": "TLD"}
    return {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "medicationCodeableConcept": {"coding": [code], "text": "TDF/3TC/DTG"},
        "subject": {"reference": subject},
        "whenHandedOver": day,
        "daysSupply": {"value": 30, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"},
    }


def store(api: Api, number: str, *others: dict[str, Any], **changes: Any) -> Chart:
    """Store a person with two weights, a dispense and what else is given about `urn:uuid:person`."""
    me = "urn:uuid:5a1b2c3d-0000-4000-8000-000000000001"
    resources = [
        patient(number, **changes),
        observation("2024-03-02", me),
        observation("2026-05-10", me),
        dispense("2026-05-10", me),
        *({**other, "subject": {"reference": me}} for other in others),
    ]
    entries = [
        {"resource": each, "request": {"method": "POST", "url": each["resourceType"]}} for each in resources
    ]
    entries[0]["fullUrl"] = me
    answer = api.post("", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert answer.status_code == 200, answer.text
    places = [entry["response"]["location"] for entry in answer.get_json(force=True)["entry"]]
    references = tuple(place.partition("/_history")[0] for place in places)
    return Chart(references[0].removeprefix("Patient/"), number, references)


def agree(node: Node, chart: Chart, *classes: str, partner: str = "co") -> None:
    """Let the person agree to this corridor."""
    today = node.services.today()
    with node.services.unit() as unit:
        unit.consents.put(
            ConsentRow(
                id=f"{partner}-{chart.id}",
                owner_id=chart.id,
                partner=partner,
                data_classes=classes or ("identity", "clinical"),
                purpose="TREAT",
                start=today,
                end=today + timedelta(days=30),
                discoverable=True,
                state="active",
                given_to="us",
                resource_id="consent",
                version=1,
            )
        )
        unit.commit()


def trail(node: Node, person_id: str) -> list[str]:
    """Return what the trail tells was done about a person, newest first."""
    with node.services.unit() as unit:
        return [event["action"] for event in unit.audit.about(person_id, 100)]
