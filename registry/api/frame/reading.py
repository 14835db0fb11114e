"""Read what a request carries: the caller, a resource, a version, preferences."""

import re
from typing import Literal, cast

from flask import current_app, g, request

from fhir import r4, wire
from registry.api.frame import peers
from registry.api.frame.callers import Callers
from registry.api.frame.compression import decompressed
from registry.api.frame.negotiation import FHIR_JSON, check_content
from registry.domain.model import Caller
from registry.errors import BadInput, NotFound, NotSignedIn, Refusal, TooLarge
from registry.ports import Services
from registry.usecases.care.record import conditional
from registry.usecases.care.record.conditional import Condition
from registry.usecases.care.record.write import Expected

Preference = Literal["minimal", "representation", "OperationOutcome"]
JSON_BODY = (FHIR_JSON, "application/json", "text/json")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')
_PREFERENCE = re.compile(r"return\s*=\s*\"?(minimal|representation|OperationOutcome)\"?")


def caller() -> Caller:
    """Return who asks, by the bearer token; raise NotSignedIn (401) when there is none or it is over."""
    known: Caller | None = g.get("who")
    if known is not None:
        return known
    callers: Callers = current_app.extensions[Callers.NAME]
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn("Send an access token of the token endpoint as Authorization: Bearer.")
    try:
        found = callers.of(token.strip())
    except BadInput:
        raise NotSignedIn("This is not an access token of this node.") from None
    peers.peers().check(found)
    g.who, g.caller = found, found.id
    return found


def resource(services: Services, resource_type: str) -> wire.JsonObject:
    """Return the resource in the body; raise BadInput naming the rule when it is none of this type."""
    check_content(request, *JSON_BODY)
    parsed = parse(body(services), services.settings.message_limit)
    if parsed.get("resourceType") != resource_type:
        raise BadInput(f"The body must be a {resource_type}, as the address says.")
    return parsed


def body(services: Services) -> bytes:
    """Return the bytes sent; raise BadInput when there are none, TooLarge when there are too many.

    The length is checked here too: a body sent in chunks says none, and is cut off one byte past the limit.
    """
    data = request.get_data(cache=False)
    if not data:
        raise BadInput("The body is empty.")
    if len(data) > services.settings.message_limit:
        raise TooLarge("The body is larger than this node accepts.")
    return decompressed(request, data, services.settings.message_limit)


def parse(data: bytes, limit: int) -> wire.JsonObject:
    """Return the JSON object in bytes; raise BadInput or TooLarge with the issue found."""
    try:
        return wire.parse(data, limit)
    except wire.BadJson as error:
        raise _of_json(error) from None


def _of_json(error: wire.BadJson) -> Refusal:
    made = TooLarge if error.issue.code == "too-long" else BadInput
    return made(error.issue.text, (error.issue,))


def check_type(resource_type: str) -> None:
    """Raise NotFound (404) for a type this node does not serve."""
    if resource_type not in r4.SUPPORTED:
        raise NotFound("This node does not serve resources of this type.")


def check_id(resource_id: str) -> None:
    """Raise BadInput (400) for an id that no resource can have."""
    if not _ID.fullmatch(resource_id):
        raise BadInput("An id has at most 64 letters, digits, dots and dashes.")


def if_match() -> int | None:
    """Return the version the caller has seen, from `If-Match: W/"3"`; None when it does not say."""
    header = request.headers.get("If-Match")
    if header is None:
        return None
    found = _ETAG.fullmatch(header.strip())
    if found is None:
        raise BadInput('If-Match must be one version, as in W/"3".')
    return int(found[1])


def expected(services: Services, resource_type: str) -> Expected:
    """Return what the caller knows of the stored version: `If-Match`, or `If-None-Match: *` for none."""
    none_match = request.headers.get("If-None-Match")
    if none_match is not None and none_match.strip() != "*":
        raise BadInput("With a write If-None-Match can only be *: nothing is stored there yet.")
    required = resource_type in services.settings.versioned_types
    return Expected(if_match(), absent=none_match is not None, required=required)


def unless(resource_type: str) -> Condition | None:
    """Return the condition of `If-None-Exist`, or None when the caller gives none.

    Some clients write it behind the address instead: ignoring that would make a second resource.
    """
    header = request.headers.get("If-None-Exist")
    if header is None and any(name not in conditional.SHAPING for name in request.args):
        return condition(resource_type)
    return None if header is None else conditional.read(resource_type, header)


def condition(resource_type: str) -> Condition:
    """Return the condition in the address of a conditional update, patch or delete."""
    return conditional.of(resource_type, request.args.items(multi=True))


def preference(otherwise: Preference = "representation") -> Preference:
    """Return what the caller prefers in the body of a success."""
    found = _PREFERENCE.search(request.headers.get("Prefer", ""))
    return cast(Preference, found[1]) if found else otherwise


def is_strict() -> bool:
    """Tell whether unknown search parameters must be refused (`Prefer: handling=strict`)."""
    return "handling=strict" in request.headers.get("Prefer", "").replace(" ", "")


def wants_pretty() -> bool:
    """Tell whether a person reads the answer (`_pretty=true`)."""
    return request.args.get("_pretty", "").lower() == "true"
