"""Take Binary in its own format, of any content type (https://hl7.org/fhir/R4/binary.html#rest)."""

import base64
import re

from flask import Response, request

from fhir import wire
from registry.api.fhir import create, door, update
from registry.api.frame import answers, reading
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.care.record import record_care

TYPE = "Binary"
_NAME = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}"
_MEDIA = re.compile(rf"{_NAME}/{_NAME}(; ?charset=[a-z0-9-]{{1,20}})?")


def create_binary(services: Services) -> Response:
    """Answer POST [base]/Binary with a resource, or with content of any type and `X-Security-Context`."""
    caller = reading.caller()
    if request.mimetype in reading.JSON_BODY or door.is_for(services, caller):
        return create.create(services, TYPE)
    return answers.written(services, record_care.create(services, caller, _made(services)))


def update_binary(services: Services, resource_id: str) -> Response:
    """Answer PUT [base]/Binary/[id] with a resource, or with content of any type."""
    reading.check_id(resource_id)
    if request.mimetype in reading.JSON_BODY:
        return update.update(services, TYPE, resource_id)
    made = {**_made(services), "id": resource_id}
    seen = reading.expected(services, TYPE)
    return answers.written(services, record_care.update(services, reading.caller(), made, resource_id, seen))


def _made(services: Services) -> wire.JsonObject:
    """Return the Binary resource of a body in its own format."""
    media = request.headers.get("Content-Type", "").strip().lower()
    if not _MEDIA.fullmatch(media):
        raise BadInput("Say the type of the content in Content-Type, as in application/pdf.")
    made: wire.JsonObject = {"resourceType": TYPE, "contentType": media}
    made["data"] = base64.b64encode(reading.body(services)).decode()
    if secured := request.headers.get("X-Security-Context"):
        made["securityContext"] = {"reference": secured}
    return made
