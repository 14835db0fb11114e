"""Create a resource, or take in a document of a FHIR partner (https://hl7.org/fhir/R4/http.html#create)."""

from flask import Response

from fhir.documents.provide import is_simplified
from registry.api.fhir import door
from registry.api.fhir.documents import provide
from registry.api.frame import answers, reading
from registry.ports import Services
from registry.usecases.care.record import record_care


def create(services: Services, resource_type: str) -> Response:
    """Answer POST [base]/[type]: 201 with place and version; 202 for a partner of kind `fhir`.

    With `If-None-Exist` a resource that fits is the answer (200), several are 412.
    """
    reading.check_type(resource_type)
    caller = reading.caller()
    if door.is_for(services, caller):
        return door.receive(services, caller, resource_type)
    unless = reading.unless(resource_type)
    resource = reading.resource(services, resource_type)
    if is_simplified(resource):
        return provide.publish(services, caller, resource)
    return answers.written(services, record_care.create(services, caller, resource, unless))
