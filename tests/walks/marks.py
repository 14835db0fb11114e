"""Marked strings for the canary: planted in every kind of patient field, searched in the real files."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WORD = "Qzxwkanarivo"
NUMBER = "773109988412"


@dataclass
class Marks:
    """Makes marked texts and numbers, and remembers each."""

    planted: list[str] = field(default_factory=list)

    def word(self) -> str:
        """Return a new marked word."""
        return self._plant(f"{WORD}{len(self.planted):03d}")

    def number(self) -> str:
        """Return a new marked number of fifteen digits."""
        return self._plant(f"{NUMBER}{len(self.planted):03d}")

    def _plant(self, mark: str) -> str:
        self.planted.append(mark)
        return mark

    def text(self) -> str:
        """Return a sentence with a marked word in it."""
        return f"A note with {self.word()} inside"

    def concept(self) -> dict[str, Any]:
        """Return a concept with a marked text and a marked display."""
        coding = {"system": "urn:puente:test:codes", "code": self.word(), "display": self.word()}
        return {"coding": [coding], "text": self.word()}


def forms(mark: str) -> Iterator[bytes]:
    """Yield how a mark looks plain, in UTF-16, as hexadecimal, and in base64 at each of its three offsets.

    A mark has twelve characters or more: what is left of it in base64 must be too long to be chance.
    """
    plain = mark.encode()
    yield re.escape(plain)
    yield re.escape(mark.encode("utf-16-le"))
    yield plain.hex().encode()
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + plain)
        yield re.escape(whole[4 if offset else 0 : -4])


ANY = re.compile(b"|".join(form for mark in (WORD, NUMBER) for form in forms(mark)), re.IGNORECASE)


def find(folder: Path) -> list[str]:
    """Return where marks stand in the files under a folder, in whatever form."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    hits = ((path, len(ANY.findall(path.read_bytes()))) for path in files)
    return [f"{path.name}: {number}" for path, number in hits if number]


def status(system: str) -> dict[str, Any]:
    """Return the status active."""
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": "active"}]}


def patient(marks: Marks, system: str) -> dict[str, Any]:
    """Return a Patient with a mark in every field of text."""
    return {
        "resourceType": "Patient",
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{marks.text()}</div>',
        },
        "identifier": [
            {"system": system, "value": f"V{marks.number()}", "type": {"text": marks.word()}},
            {"system": "urn:puente:test:card", "value": marks.word(), "assigner": {"display": marks.word()}},
        ],
        "name": [
            {"family": marks.word(), "given": [marks.word(), marks.word()], "prefix": [marks.word()]},
            {"use": "nickname", "text": marks.word(), "suffix": [marks.word()]},
        ],
        "telecom": [
            {"system": "phone", "value": f"+51 {marks.number()}"},
            {"system": "email", "value": f"{marks.word()}@example.org"},
        ],
        "gender": "female",
        "birthDate": "1991-04-12",
        "address": [
            {
                "text": marks.word(),
                "line": [marks.word(), marks.word()],
                "city": marks.word(),
                "district": marks.word(),
                "state": marks.word(),
                "postalCode": marks.number(),
            }
        ],
        "contact": [
            {
                "name": {"text": marks.word()},
                "telecom": [{"system": "phone", "value": marks.number()}],
                "relationship": [{"text": marks.word()}],
                "address": {"line": [marks.word()]},
            }
        ],
        "communication": [{"language": {"text": marks.word()}}],
        "generalPractitioner": [{"display": marks.word()}],
        "extension": [{"url": "urn:puente:test:note", "valueString": marks.text()}],
    }


def facts(marks: Marks, subject: str) -> list[dict[str, Any]]:
    """Return clinical resources about a person with a mark in every field of text."""
    about, note = {"reference": subject}, [{"text": marks.text()}]
    return [
        {
            "resourceType": "Observation",
            "status": "final",
            "code": marks.concept(),
            "subject": about,
            "valueString": marks.text(),
            "note": [{"text": marks.text(), "authorString": marks.word()}],
            "performer": [{"display": marks.word()}],
            "interpretation": [marks.concept()],
            "component": [{"code": marks.concept(), "valueString": marks.word()}],
            "referenceRange": [{"text": marks.word()}],
            "method": marks.concept(),
        },
        {
            "resourceType": "MedicationStatement",
            "status": "active",
            "subject": about,
            "medicationCodeableConcept": marks.concept(),
            "dosage": [{"text": marks.word(), "patientInstruction": marks.text()}],
            "note": note,
            "reasonCode": [marks.concept()],
            "informationSource": {"display": marks.word()},
        },
        {
            "resourceType": "MedicationDispense",
            "status": "completed",
            "subject": about,
            "medicationCodeableConcept": marks.concept(),
            "whenHandedOver": "2026-01-02",
            "daysSupply": {"value": 30},
            "note": [{"text": marks.text()}],
            "dosageInstruction": [{"text": marks.word()}],
            "receiver": [{"display": marks.word()}],
            "destination": {"display": marks.word()},
        },
        {
            "resourceType": "AllergyIntolerance",
            "patient": about,
            "clinicalStatus": status("allergyintolerance-clinical"),
            "code": marks.concept(),
            "note": [{"text": marks.text()}],
            "reaction": [
                {
                    "manifestation": [marks.concept()],
                    "description": marks.text(),
                    "note": [{"text": marks.text()}],
                }
            ],
            "asserter": {"display": marks.word()},
        },
        {
            "resourceType": "Condition",
            "subject": about,
            "code": marks.concept(),
            "clinicalStatus": status("condition-clinical") | {"text": marks.word()},
            "note": [{"text": marks.text()}],
            "bodySite": [marks.concept()],
            "onsetString": marks.word(),
            "recorder": {"display": marks.word()},
        },
        {
            "resourceType": "Immunization",
            "status": "completed",
            "patient": about,
            "vaccineCode": marks.concept(),
            "occurrenceString": marks.word(),
            "lotNumber": marks.number(),
            "note": [{"text": marks.text()}],
            "location": {"display": marks.word()},
        },
        {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "code": marks.concept(),
            "subject": about,
            "conclusion": marks.text(),
            "conclusionCode": [marks.concept()],
        },
        {
            "resourceType": "Coverage",
            "status": "active",
            "beneficiary": about,
            "subscriberId": marks.number(),
            "payor": [{"display": marks.word()}],
            "class": [{"type": marks.concept(), "value": marks.word(), "name": marks.word()}],
        },
        {
            "resourceType": "Appointment",
            "status": "booked",
            "description": marks.text(),
            "comment": marks.text(),
            "patientInstruction": marks.text(),
            "start": "2027-01-10T09:00:00-05:00",
            "end": "2027-01-10T09:20:00-05:00",
            "participant": [{"actor": {"reference": subject, "display": marks.word()}, "status": "accepted"}],
        },
        {
            "resourceType": "Procedure",
            "status": "completed",
            "code": marks.concept(),
            "subject": about,
            "note": [{"text": marks.text()}],
            "performedString": marks.word(),
        },
    ]
