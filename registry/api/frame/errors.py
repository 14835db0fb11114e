"""Every failure as an OperationOutcome with the right status; nothing of an unexpected one is told."""

import re

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from config.logs import Event, kind, log, where
from fhir import wire
from fhir.outcome import Issue, operation_outcome
from registry.api.frame.negotiation import FHIR_JSON
from registry.errors import NotSignedIn, Refusal

RETRY_SECONDS = "5"
_TOLD = 503
_SENTENCES = {
    400: ("structure", "The request is not well formed."),
    404: ("not-found", "There is nothing at this address."),
    405: ("not-supported", "This address does not take this method."),
    408: ("timeout", "The request took too long to arrive."),
    413: ("too-long", "The body is larger than this node accepts."),
    415: ("not-supported", "This content type is not accepted here."),
    500: ("exception", "Something failed on our side. Nothing was stored halfway."),
}


def register(app: Flask) -> None:
    """Add the handlers to an application."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, unserved)
    app.register_error_handler(Exception, failed)


def outcome(status: int, issues: tuple[Issue, ...]) -> Response:
    """Return an OperationOutcome as the answer."""
    return Response(wire.canonical(operation_outcome(issues)), status, content_type=FHIR_JSON)


def refused(refusal: Refusal) -> Response:
    """Answer a refusal with its sentence and issues; what a node lacks inside is not told outside."""
    if refusal.status >= 500 and refusal.status != _TOLD:
        _note(refusal)
        return _plain(500)
    issues = refusal.issues or (Issue("error", refusal.code, "", _rule(refusal), refusal.sentence),)
    response = outcome(refusal.status, issues)
    if isinstance(refusal, NotSignedIn):
        response.headers["WWW-Authenticate"] = 'Bearer realm="fhir"'
    if refusal.status in (429, _TOLD):
        response.headers["Retry-After"] = RETRY_SECONDS
    return response


def unserved(error: HTTPException) -> Response:
    """Answer what the routing or the reading of a request refused."""
    response = _plain(error.code or 500)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def failed(error: Exception) -> Response:
    """Answer a defect: its place goes to the log, nothing of it to the caller."""
    _note(error)
    return _plain(500)


def _plain(status: int) -> Response:
    known = status if status in _SENTENCES else 500 if status >= 500 else 400
    code, sentence = _SENTENCES[known]
    return outcome(status, (Issue("error", code, "", f"http-{status}", sentence),))


def _rule(refusal: Refusal) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(refusal).__name__).lower()


def _note(error: Exception) -> None:
    route = request.url_rule.rule if request.url_rule else ""
    log(
        Event.REQUEST_FAILED,
        method=request.method if request.method.isalpha() else "?",
        route=route,
        error=kind(error),
        where=where(error),
        request=g.get("request_id", ""),
    )
