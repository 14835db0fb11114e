"""A small record to search in: one person, what she has, and the directory around her."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from tests.integration.api.conftest import PATIENT, Api

Resource = dict[str, Any]
DOCUMENT = "urn:test:document"
CREATININE = {"coding": [{"system": "http://loinc.org", "code": "2160-0"}], "text": "Creatinina"}
GLUCOSE = {"coding": [{"system": "http://loinc.org", "code": "2345-7"}], "text": "Glucosa"}


def entries(answer: TestResponse, mode: str = "match") -> list[Resource]:
    """Return the resources of a searchset that came as matches, or along with them."""
    assert answer.status_code == 200, answer.text
    found = json.loads(answer.data)
    assert (found["resourceType"], found["type"]) == ("Bundle", "searchset")
    return [each["resource"] for each in found.get("entry", []) if each["search"]["mode"] == mode]


def ids(answer: TestResponse, mode: str = "match") -> list[str]:
    """Return the ids of a searchset."""
    return [each["id"] for each in entries(answer, mode)]


def link(answer: TestResponse, relation: str) -> str:
    """Return the path of a link under the FHIR base, or an empty text."""
    found = json.loads(answer.data)["link"]
    return next((each["url"].partition("/fhir/")[2] for each in found if each["relation"] == relation), "")


def store(api: Api, resource: Resource) -> str:
    """Store a resource and return its id."""
    answer = api.post(resource["resourceType"], resource)
    assert answer.status_code == 201, answer.text
    return str(json.loads(answer.data)["id"])


def number() -> str:
    """Return a document number nobody has."""
    return f"D{uuid.uuid4().int % 10**12}"


@dataclass
class Chart:
    """The ids of a person and of what was stored with her."""

    api: Api
    patient: str = ""
    document: str = ""
    family: str = ""
    organization: str = ""
    practitioner: str = ""
    encounter: str = ""
    results: list[str] = field(default_factory=list)

    def result(self, day: str, value: float, code: Resource = CREATININE, **more: Any) -> str:
        """Store one more laboratory result."""
        resource = {
            "resourceType": "Observation",
            "status": "final",
            "code": code,
            "subject": {"reference": f"Patient/{self.patient}"},
            "effectiveDateTime": day,
            "valueQuantity": {"value": value, "unit": "mg/dL"},
        }
        return store(self.api, {**resource, **more})


def chart(api: Api) -> Chart:
    """Store somebody with an encounter and six results, five of creatinine."""
    made = Chart(api, document=number(), family=f"Zw{uuid.uuid4().hex[:10]}".translate(_LETTERS))
    made.organization = store(
        api,
        {
            "resourceType": "Organization",
            "name": f"Hospital {made.family}",
            "identifier": [{"system": "urn:test:facility", "value": made.document}],
        },
    )
    made.practitioner = store(api, {"resourceType": "Practitioner", "name": [{"family": made.family}]})
    made.patient = store(
        api,
        {
            **PATIENT,
            "name": [{"family": made.family, "given": ["Rosa"]}],
            "identifier": [{"system": DOCUMENT, "value": made.document}],
            "managingOrganization": {"reference": f"Organization/{made.organization}"},
            "address": [{"country": "PE"}],
        },
    )
    made.encounter = store(
        api,
        {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"code": "AMB", "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode"},
            "subject": {"reference": f"Patient/{made.patient}"},
            "serviceProvider": {"reference": f"Organization/{made.organization}"},
        },
    )
    encounter = {"reference": f"Encounter/{made.encounter}"}
    performer = [{"reference": f"Practitioner/{made.practitioner}"}]
    made.results = [
        made.result(f"2026-0{month}-10", month / 10, encounter=encounter, performer=performer)
        for month in range(1, 6)
    ]
    identifier = [{"system": "urn:test:lab", "value": made.document}]
    made.results.append(made.result("2026-06-10", 90, GLUCOSE, identifier=identifier))
    return made


_LETTERS = str.maketrans("0123456789", "ghijklmnop")
