"""Which formats we speak: FHIR JSON of version 4.0 only (https://hl7.org/fhir/R4/http.html#mime-type)."""

import re

from flask import Request

from registry.api.frame.refusals import NotAcceptable, UnsupportedMedia

FHIR_JSON = "application/fhir+json"
FORM = "application/x-www-form-urlencoded"
JOSE = "application/jose"
FHIR_VERSION = "4.0"
JSON_TYPES = frozenset({FHIR_JSON, "application/json", "text/json"})
_ACCEPTED = JSON_TYPES | {"*/*", "application/*"}
# `+` in a query means a space, so clients that do not escape it ask for "fhir json".
_FORMATS = JSON_TYPES | {"json", "application/fhir json"}


def check_accept(request: Request) -> None:
    """Raise NotAcceptable (406) unless the caller takes FHIR JSON; `_format` wins over the Accept header."""
    asked = request.args.get("_format")
    if asked is not None:
        if asked.partition(";")[0].strip().lower() not in _FORMATS:
            raise NotAcceptable("This node answers in FHIR JSON only: use _format=json.")
        return
    header = request.headers.get("Accept", "").strip()
    if not header or header in _ACCEPTED or any(_takes_json(part) for part in header.split(",")):
        return
    raise NotAcceptable(f"This node answers in FHIR JSON 4.0 only: use Accept: {FHIR_JSON}.")


def _takes_json(part: str) -> bool:
    media, _, parameters = part.partition(";")
    wanted = media.strip().lower() in _ACCEPTED and not _is_refused(parameters)
    return wanted and _is_our_version(parameters)


def _is_refused(parameters: str) -> bool:
    """Tell whether the weight is zero (RFC 9110 section 12.4.2)."""
    return re.search(r"(^|;)\s*q=0(\.0{0,3})?\s*(;|$)", parameters) is not None


def check_content(request: Request, *accepted: str) -> None:
    """Raise UnsupportedMedia (415) unless the body says it is one of the accepted types."""
    media, _, parameters = request.headers.get("Content-Type", "").partition(";")
    if media.strip().lower() not in accepted:
        raise UnsupportedMedia(f"Send the body with Content-Type: {accepted[0]}.")
    if accepted[0] == FHIR_JSON and not _is_our_version(parameters):
        raise UnsupportedMedia("This node takes FHIR version 4.0 only.")


def _is_our_version(parameters: str) -> bool:
    pairs = (text.strip().partition("=") for text in parameters.split(";"))
    versions = [value.strip('"') for name, _, value in pairs if name.lower() == "fhirversion"]
    return not versions or versions[0] in (FHIR_VERSION, "4.0.1")
