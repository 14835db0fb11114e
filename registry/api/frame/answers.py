"""Shape answers: stored bytes as they are, with version, time and place in the headers."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import orjson
from flask import Response, request

from fhir import wire
from fhir.outcome import Issue, operation_outcome
from registry.api.frame import reading, views
from registry.api.frame.negotiation import FHIR_JSON
from registry.domain.model import Stored
from registry.ports import Services
from registry.usecases.care.record.write import Written

DONE = Issue("information", "informational", "", "done", "The resource was stored.")


def resource(stored: Stored) -> Response:
    """Answer a read: 200 with the stored bytes, or 304 when the caller has this version."""
    if _caller_has(stored):
        return _versioned(Response(status=304), stored)
    return _versioned(document(stored.body), stored)


def document(body: bytes, status: int = 200) -> Response:
    """Answer FHIR JSON bytes; they are written anew only when the caller asks for a part or for `_pretty`."""
    shown = views.shown(body)
    return Response(pretty(shown) if reading.wants_pretty() else shown, status, content_type=FHIR_JSON)


def written(services: Services, done: Written) -> Response:
    """Answer a write with the body the caller prefers: 201 for what is new, 200 for what was there."""
    stored, status = done.stored, 201 if done.effect == "created" else 200
    match reading.preference():
        case "minimal":
            response = Response(status=status)
        case "OperationOutcome":
            response = document(wire.canonical(operation_outcome((DONE,))), status)
        case _:
            response = document(stored.body, status)
    response.headers["Location"] = address(services, f"{stored.type}/{stored.id}/_history/{stored.version}")
    return _versioned(response, stored)


def address(services: Services, path: str) -> str:
    """Return the absolute address of something under the FHIR base."""
    return f"{services.settings.base_url}/fhir/{path}"


def pretty(body: bytes) -> bytes:
    """Return JSON for people: indented, with numbers as written."""
    return orjson.dumps(wire.parse(body, limit=len(body)), default=_token, option=orjson.OPT_INDENT_2)


def _token(number: object) -> orjson.Fragment:
    return orjson.Fragment(number.token if isinstance(number, wire.Number) else str(number))


def _versioned(response: Response, stored: Stored) -> Response:
    response.headers["ETag"] = f'W/"{stored.version}"'
    response.headers["Last-Modified"] = format_datetime(stored.updated.astimezone(UTC), usegmt=True)
    return response


def _caller_has(stored: Stored) -> bool:
    tags = request.headers.get("If-None-Match")
    if tags is not None:
        ours = ("*", f'W/"{stored.version}"', f'"{stored.version}"')
        return any(tag.strip() in ours for tag in tags.split(","))
    since = request.headers.get("If-Modified-Since")
    return since is not None and _not_after(stored.updated, since)


def _not_after(moment: datetime, header: str) -> bool:
    try:
        seen = parsedate_to_datetime(header)
    except ValueError:
        return False
    return seen.tzinfo is not None and moment.replace(microsecond=0) <= seen
