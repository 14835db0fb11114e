"""Tell all issues of a resource (https://hl7.org/fhir/R4/resource-operation-validate.html)."""

from flask import Response

from fhir import wire
from fhir.outcome import operation_outcome
from registry.api.fhir.operations import parameters
from registry.api.frame import answers, reading
from registry.ports import Services
from registry.usecases.care.operations import validate as use_case

PARAMETERS = ("resource", "mode", "profile")


def validate(services: Services, resource_type: str, resource_id: str = "") -> Response:
    """Answer [base]/[type]/$validate and [type]/[id]/$validate: 200 with an OperationOutcome."""
    reading.check_type(resource_type)
    if resource_id:
        reading.check_id(resource_id)
    caller = reading.caller()
    given = parameters.read(services, PARAMETERS, bare=parameters.ANY)
    asked = use_case.Asked(resource_type, resource_id, given.one("mode"), given.one("profile"))
    found = use_case.validate(services, caller, asked, given.resources.get("resource"))
    return answers.document(wire.canonical(operation_outcome(found)))
