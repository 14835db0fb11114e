"""Read the current version or a given one (https://hl7.org/fhir/R4/http.html#read, #vread)."""

from flask import Response

from registry.api.frame import answers, reading
from registry.errors import NotFound
from registry.ports import Services
from registry.usecases.care.record import record_care


def read(services: Services, resource_type: str, resource_id: str) -> Response:
    """Answer GET [base]/[type]/[id] with the stored bytes; 404 unknown, 410 deleted, 304 unchanged."""
    reading.check_type(resource_type)
    reading.check_id(resource_id)
    caller = reading.caller()
    return answers.resource(record_care.read(services, caller, resource_type, resource_id))


def vread(services: Services, resource_type: str, resource_id: str, version: str) -> Response:
    """Answer GET [base]/[type]/[id]/_history/[version] with the bytes stored then."""
    reading.check_type(resource_type)
    reading.check_id(resource_id)
    caller = reading.caller()
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise NotFound("There is no such version.")
    return answers.resource(record_care.read(services, caller, resource_type, resource_id, int(version)))
