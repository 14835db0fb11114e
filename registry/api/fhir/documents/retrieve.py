"""Hand out a document in its own content type (IHE MHD ITI-68, https://hl7.org/fhir/R4/binary.html#rest)."""

import re

from flask import Response, request

from registry.api.fhir import read
from registry.api.frame import answers, reading
from registry.api.frame.negotiation import JSON_TYPES
from registry.api.frame.refusals import NotAcceptable
from registry.ports import Services
from registry.usecases.care.documents import retrieve as use_case

UNKNOWN = "application/octet-stream"
_MEDIA = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}(;[ -~]{0,100})?")


def binary(services: Services, resource_id: str) -> Response:
    """Answer GET [base]/Binary/[id]: the resource for who asks for FHIR JSON, else the content itself."""
    reading.check_id(resource_id)
    if _wants_resource():
        return read.read(services, "Binary", resource_id)
    media, data = use_case.binary(services, reading.caller(), resource_id)
    media = media if _MEDIA.fullmatch(media) else UNKNOWN
    kinds = request.accept_mimetypes
    if kinds and not kinds.best_match([media.partition(";")[0]]):
        raise NotAcceptable(f"This document is {media}.")
    response = Response(data, content_type=media)
    # Nothing that somebody sent may run in a browser under this node's name.
    response.headers["Content-Disposition"] = "attachment"
    return response


def document(services: Services, resource_id: str) -> Response:
    """Answer GET [base]/Bundle/[id] with a FHIR document exactly as it was received."""
    reading.check_id(resource_id)
    return answers.document(use_case.document(services, reading.caller(), resource_id))


def _wants_resource() -> bool:
    """Tell whether the caller names FHIR JSON: a general `*/*` gets the content."""
    if "_format" in request.args:
        return True
    return any(name.partition(";")[0].lower() in JSON_TYPES for name, _ in request.accept_mimetypes)
