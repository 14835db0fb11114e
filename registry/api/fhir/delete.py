"""Delete a resource: a version without a body is written (https://hl7.org/fhir/R4/http.html#delete)."""

from flask import Response, request

from registry.api.frame import reading
from registry.errors import NotFound, SeveralMatches
from registry.ports import Services
from registry.usecases.care.record import record_care
from registry.usecases.care.record.write import Expected


def delete(services: Services, resource_type: str, resource_id: str) -> Response:
    """Answer DELETE [base]/[type]/[id]: 204 also when nothing is there; 409 for a patient with data."""
    reading.check_type(resource_type)
    reading.check_id(resource_id)
    caller = reading.caller()
    seen = Expected(reading.if_match())
    try:
        return _gone(record_care.delete(services, caller, resource_type, resource_id, seen))
    except NotFound:
        return _gone(0)


def delete_matching(services: Services, resource_type: str) -> Response:
    """Answer DELETE [base]/[type]?[condition]: the one that fits is deleted, several are 412."""
    reading.check_type(resource_type)
    caller = reading.caller()
    if "_count" in request.args or "multiple" in request.args:
        raise SeveralMatches("Resources are deleted one by one here: leave _count out.")
    return _gone(record_care.delete_matching(services, caller, reading.condition(resource_type)))


def _gone(version: int) -> Response:
    return Response(status=204, headers={"ETag": f'W/"{version}"'} if version else {})
