"""Write the next version of a resource (https://hl7.org/fhir/R4/http.html#update)."""

from flask import Response

from registry.api.frame import answers, reading
from registry.ports import Services
from registry.usecases.care.record import record_care


def update(services: Services, resource_type: str, resource_id: str) -> Response:
    """Answer PUT [base]/[type]/[id]: 200 with the newest version; 412 when If-Match names an older one."""
    reading.check_type(resource_type)
    reading.check_id(resource_id)
    caller = reading.caller()
    seen = reading.expected(services, resource_type)
    resource = reading.resource(services, resource_type)
    return answers.written(services, record_care.update(services, caller, resource, resource_id, seen))


def update_matching(services: Services, resource_type: str) -> Response:
    """Answer PUT [base]/[type]?[condition]: the one that fits is updated, several are 412, none creates."""
    reading.check_type(resource_type)
    caller = reading.caller()
    which, seen = reading.condition(resource_type), reading.expected(services, resource_type)
    resource = reading.resource(services, resource_type)
    return answers.written(services, record_care.update_matching(services, caller, resource, which, seen))
