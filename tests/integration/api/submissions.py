"""Submissions of documents as a system sends them (IHE MHD)."""

import base64
import hashlib
from typing import Any

from tests.integration.api.people import Chart, patient

PDF = b"%PDF-1.7 a scanned referral"
PROFILE = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD."
LIST_TYPES = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
SUBMISSION, REFERENCE, CONTENT = (f"urn:uuid:0a1b2c3d-0000-4000-8000-00000000000{digit}" for digit in "123")
Json = dict[str, Any]


def sha1(data: bytes) -> str:
    """Return the hash an attachment states."""
    return base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def binary(data: bytes, kind: str) -> Json:
    """Return a Binary."""
    return {"resourceType": "Binary", "contentType": kind, "data": base64.b64encode(data).decode()}


def submission(subject: Json, document: Json, number: str, **attachment: Any) -> Json:
    """Return a Provide Document Bundle of one document."""
    about = {"contentType": document.get("contentType", "application/fhir+json"), "url": CONTENT}
    reference = {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:oid:1.2.3.{number}"},
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "57133-1"}]},
        "subject": subject,
        "date": "2026-05-10T10:00:00-05:00",
        "content": [{"attachment": {**about, **attachment}}],
    }
    listed = {
        "resourceType": "List",
        "status": "current",
        "mode": "working",
        "code": {"coding": [{"system": LIST_TYPES, "code": "submissionset"}]},
        "subject": subject,
        "date": "2026-05-10T10:00:00-05:00",
        "entry": [{"item": {"reference": REFERENCE}}],
    }
    resources = ((SUBMISSION, listed), (REFERENCE, reference), (CONTENT, document))
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{PROFILE}Minimal.ProvideBundle"]},
        "type": "transaction",
        "entry": [
            {
                "fullUrl": url,
                "resource": resource,
                "request": {"method": "POST", "url": resource["resourceType"]},
            }
            for url, resource in resources
        ],
    }


def pdf(chart: Chart, number: str, **attachment: Any) -> Json:
    """Return a submission of a PDF about somebody."""
    subject = {"reference": f"Patient/{chart.id}"}
    return submission(subject, binary(PDF, "application/pdf"), number, **attachment)


def summary_document(chart: Chart) -> Json:
    """Return a summary as a hospital would send it."""
    return {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": {
            "system": "urn:ietf:rfc:3986",
            "value": "urn:uuid:0a1b2c3d-0000-4000-8000-000000000009",
        },
        "timestamp": "2026-05-10T10:00:00-05:00",
        "entry": [
            {
                "fullUrl": "urn:uuid:0a1b2c3d-0000-4000-8000-000000000010",
                "resource": {
                    "resourceType": "Composition",
                    "status": "final",
                    "type": {"coding": [{"system": "http://loinc.org", "code": "60591-5"}]},
                    "subject": {"reference": "urn:uuid:0a1b2c3d-0000-4000-8000-000000000011"},
                    "date": "2026-05-10T10:00:00-05:00",
                    "author": [{"display": "Hospital"}],
                    "title": "Resumen",
                },
            },
            {
                "fullUrl": "urn:uuid:0a1b2c3d-0000-4000-8000-000000000011",
                "resource": patient(chart.number),
            },
        ],
    }


def simplified(chart: Chart, number: str, **attachment: Any) -> Json:
    """Return a DocumentReference with its document inside."""
    made: Json = pdf(chart, number)["entry"][1]["resource"]
    about = {"contentType": "application/pdf", "data": base64.b64encode(PDF).decode(), **attachment}
    return {
        **made,
        "meta": {"profile": [f"{PROFILE}SimplifiedPublish.DocumentReference"]},
        "content": [{"attachment": about}],
    }
