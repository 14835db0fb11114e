"""Valid resources, and documents made of them."""

import copy

from fhir.wire import JsonObject, Number

LAB = "http://terminology.hl7.org/CodeSystem/observation-category"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"

PATIENT: JsonObject = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00.000Z"},
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Ana</div>'},
    "extension": [{"url": "http://example.org/note", "valueString": "x"}],
    "identifier": [{"use": "official", "system": "urn:puente:id:ve:passport", "value": "123456"}],
    "active": True,
    "name": [{"use": "official", "family": "Pérez", "given": ["Ana", "María"]}],
    "telecom": [{"system": "phone", "value": "+51 999"}],
    "gender": "female",
    "birthDate": "1990-02",
    "multipleBirthInteger": 2,
    "contact": [{"name": {"text": "Luz"}, "gender": "female"}],
    "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]}}],
}
OBSERVATION: JsonObject = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "category": [{"coding": [{"system": LAB, "code": "laboratory"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "20447-9"}], "text": "VL"},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-01-05T10:00:00-05:00",
    "valueQuantity": {
        "value": Number("1.50"),
        "comparator": "<",
        "unit": "copies/mL",
        "system": "http://unitsofmeasure.org",
        "code": "{copies}/mL",
    },
    "referenceRange": [{"low": {"value": 0}, "high": {"value": 50}}],
}
CONDITION: JsonObject = {
    "resourceType": "Condition",
    "id": "c1",
    "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "active"}]},
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "86406008"}]},
    "subject": {"reference": "Patient/p1"},
    "onsetDateTime": "2020",
}
REQUEST: JsonObject = {
    "resourceType": "MedicationRequest",
    "id": "r1",
    "status": "active",
    "intent": "order",
    "medicationReference": {"reference": "#m"},
    "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "TLD"}}],
    "subject": {"reference": "Patient/p1"},
    "dosageInstruction": [{"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}],
}
CONSENT: JsonObject = {
    "resourceType": "Consent",
    "id": "k1",
    "status": "active",
    "scope": {"coding": [{"system": SCOPE, "code": "patient-privacy"}]},
    "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
    "patient": {"reference": "Patient/p1"},
    "policy": [{"uri": "urn:puente:policy:1"}],
    "provision": {"type": "permit", "period": {"start": "2026-01-01", "end": "2027-01-01"}},
}
ALLERGY: JsonObject = {
    "resourceType": "AllergyIntolerance",
    "id": "a1",
    "clinicalStatus": {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                "code": "active",
            }
        ]
    },
    "code": {"text": "abacavir"},
    "patient": {"reference": "Patient/p1"},
}
MEDICATION: JsonObject = {"resourceType": "Medication", "id": "m1", "code": {"text": "TLD"}}
STATEMENT: JsonObject = {
    "resourceType": "MedicationStatement",
    "id": "s1",
    "status": "active",
    "medicationReference": {"reference": "Medication/m1"},
    "subject": {"reference": "Patient/p1"},
    "effectivePeriod": {"start": "2026-01-01"},
}
VALID = (PATIENT, OBSERVATION, CONDITION, REQUEST, CONSENT)

COMPOSITION: JsonObject = {
    "resourceType": "Composition",
    "id": "comp",
    "status": "final",
    "type": {"coding": [{"system": "http://loinc.org", "code": "60591-5"}]},
    "subject": {"reference": "Patient/p1"},
    "date": "2026-01-06",
    "author": [{"display": "Clinic"}],
    "title": "Summary",
    "language": "es",
}
DIV = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">text</div>'}


def section(code: str, *references: str) -> JsonObject:
    """Make one summary section that lists resources."""
    made: JsonObject = {
        "title": code,
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "text": copy.deepcopy(DIV),
    }
    if references:
        made["entry"] = [{"reference": reference} for reference in references]
    return made


def document(*resources: JsonObject, sections: tuple[JsonObject, ...] = ()) -> JsonObject:
    """Make a summary document with absolute fullUrls around resources."""
    composition = {**copy.deepcopy(COMPOSITION), "section": list(sections)}
    return {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"},
        "timestamp": "2026-01-06T00:00:00Z",
        "entry": [
            {
                "fullUrl": f"http://clinic.example/fhir/{item['resourceType']}/{item['id']}",
                "resource": copy.deepcopy(item),
            }
            for item in (composition, *resources)
        ],
    }


SUMMARY = document(
    PATIENT,
    CONDITION,
    REQUEST,
    OBSERVATION,
    sections=(
        section("11450-4", "Condition/c1"),
        section("10160-0", "MedicationRequest/r1"),
        {
            **section("48765-2"),
            "emptyReason": {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/list-empty-reason",
                        "code": "unavailable",
                    }
                ]
            },
        },
        section("30954-2", "Observation/o1"),
    ),
)
