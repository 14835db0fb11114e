"""Take in documents with what is said about them (IHE MHD ITI-65 and ITI-105).

Sources: https://profiles.ihe.net/ITI/MHD/ITI-65.html, https://profiles.ihe.net/ITI/MHD/ITI-105.html
"""

from flask import Response

from fhir import wire
from registry.api.frame import answers
from registry.domain.model import Caller
from registry.ports import Services
from registry.usecases.care.documents import provide as use_case
from registry.usecases.care.documents.provide import Answered


def provide(services: Services, caller: Caller, bundle: wire.JsonObject) -> Response:
    """Answer with a transaction-response in the order of the entries."""
    entries = [{"response": _response(each)} for each in use_case.provide(services, caller, bundle)]
    made = {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
    return answers.document(wire.canonical(made))


def publish(services: Services, caller: Caller, resource: wire.JsonObject) -> Response:
    """Answer POST [base]/DocumentReference of one with its document inside, which is taken apart."""
    return answers.written(services, use_case.publish(services, caller, resource))


def _response(answered: Answered) -> dict[str, str]:
    return {
        "status": "201 Created" if answered.made else "200 OK",
        "location": f"{answered.reference}/_history/{answered.version}",
        "etag": f'W/"{answered.version}"',
        "lastModified": answered.updated,
    }
