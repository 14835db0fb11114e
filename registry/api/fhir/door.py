"""The door for plain FHIR: what a partner of kind `fhir` sends is kept as received and read afterwards."""

import orjson
from flask import Response, request

from fhir.outcome import operation_outcome
from registry.api.frame import answers, reading
from registry.api.frame.negotiation import check_content
from registry.domain.model import Caller
from registry.errors import NotAllowed
from registry.ports import Services
from registry.usecases.exchange.receiving import door as use_case
from registry.usecases.exchange.receiving import review as incoming

KIND = "fhir"


def is_for(services: Services, caller: Caller) -> bool:
    """Tell whether this caller's documents go through the door instead of into the record."""
    policy = services.node.partner(caller.organization)
    return caller.role == "partner" and (policy is None or policy.kind == KIND)


def keep_out(services: Services, caller: Caller) -> None:
    """Raise NotAllowed for a partner whose only way in is the door."""
    if is_for(services, caller):
        raise NotAllowed("Partners of this kind send documents to /fhir/Bundle and read nothing here.")


def receive(services: Services, caller: Caller, resource_type: str) -> Response:
    """Answer 202 with the address of a status; the same bytes again give the same address."""
    check_content(request, *reading.JSON_BODY)
    taken = use_case.accept_document(services, caller, reading.body(services), resource_type)
    response = Response(status=202)
    response.headers["Location"] = answers.address(services, f"door/{taken.inbox_id}")
    return response


def status(services: Services, inbox_id: str) -> Response:
    """Answer GET [base]/door/[id]: state, findings as OperationOutcome, and what a page shows of it."""
    reading.check_id(inbox_id)
    caller = reading.caller()
    found = incoming.status(services, caller, inbox_id)
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "state", "valueCode": found.state},
            {"name": "findings", "resource": operation_outcome(found.findings)},
            *({"name": f"seen-{group}", "valueInteger": count} for group, count in found.seen.items()),
        ],
    }
    return answers.document(orjson.dumps(body))
