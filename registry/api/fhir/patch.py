"""Change a resource by instructions (https://hl7.org/fhir/R4/http.html#patch)."""

from flask import Response, request

from registry.api.frame import answers, reading
from registry.api.frame.negotiation import check_content
from registry.ports import Services
from registry.usecases.care.record import patching
from registry.usecases.care.record.conditional import Condition

FORMATS = (patching.JSON_PATCH, "application/fhir+json")


def patch(services: Services, resource_type: str, resource_id: str) -> Response:
    """Answer PATCH [base]/[type]/[id]: 200 with the newest version; 422 for a patch that does not fit."""
    reading.check_type(resource_type)
    reading.check_id(resource_id)
    return _answer(services, (resource_type, resource_id))


def patch_matching(services: Services, resource_type: str) -> Response:
    """Answer PATCH [base]/[type]?[condition]: 404 when nothing fits, 412 when several do."""
    reading.check_type(resource_type)
    return _answer(services, reading.condition(resource_type))


def _answer(services: Services, which: tuple[str, str] | Condition) -> Response:
    caller = reading.caller()
    resource_type = which.type if isinstance(which, Condition) else which[0]
    seen = reading.expected(services, resource_type)
    check_content(request, patching.JSON_PATCH, *reading.JSON_BODY)
    data, limit = reading.body(services), services.settings.message_limit
    if request.mimetype == patching.JSON_PATCH:
        change = patching.by_json_patch(data, limit)
    else:
        change = patching.by_parameters(reading.parse(data, limit))
    return answers.written(services, patching.apply(services, caller, which, change, seen))
