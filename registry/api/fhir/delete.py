"""Delete a resource: a version without a body is written (https://hl7.org/fhir/R4/http.html#delete)."""

from flask import Response

from registry.api.frame import reading
from registry.ports import Services
from registry.usecases.care.record import record_care


def delete(services: Services, resource_type: str, resource_id: str) -> Response:
    """Answer DELETE [base]/[type]/[id]: 204 also when it was deleted before; 409 for a patient with data."""
    reading.check_type(resource_type)
    reading.check_id(resource_id)
    caller = reading.caller()
    version = record_care.delete(services, caller, resource_type, resource_id)
    return Response(status=204, headers={"ETag": f'W/"{version}"'})
