"""Write the next version of a resource (https://hl7.org/fhir/R4/http.html#update)."""

from flask import Response, request

from registry.api.frame import answers, reading
from registry.api.frame.refusals import NotImplementedHere
from registry.ports import Services
from registry.usecases.care.record import record_care


def update(services: Services, resource_type: str, resource_id: str) -> Response:
    """Answer PUT [base]/[type]/[id]: 200 with the new version; 412 when If-Match names an older one."""
    reading.check_type(resource_type)
    reading.check_id(resource_id)
    caller = reading.caller()
    if "If-None-Match" in request.headers:
        raise NotImplementedHere("Create-only updates are not done here: use POST to create.")
    seen = reading.if_match()
    resource = reading.resource(services, resource_type)
    stored = record_care.record(services, caller, resource, resource_id=resource_id, if_match=seen)
    return answers.written(services, stored)
