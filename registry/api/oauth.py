"""The token endpoint: SMART Backend Services (private_key_jwt); errors as RFC 6749 section 5.2 says."""

import orjson
from flask import Response, request

from registry.api.frame.negotiation import FORM
from registry.errors import Refusal, TooMany
from registry.ports import Services
from registry.usecases.access import system_token

LARGEST_FORM = 16 * 1024
JSON = "application/json"


def token(services: Services) -> Response:
    """Answer POST /oauth/token with a bearer token, or an OAuth error code."""
    media = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media != FORM or (request.content_length or 0) > LARGEST_FORM:
        return _error("invalid_request", 400)
    request.max_form_memory_size = LARGEST_FORM
    form = request.form
    if any(len(form.getlist(name)) > 1 for name in form):
        return _error("invalid_request", 400)
    try:
        return _answer(system_token.issue(services, form.to_dict()), 200)
    except system_token.TokenRefused as refused:
        return _error(refused.error, refused.status)
    except TooMany:
        return _error("temporarily_unavailable", 429)
    except Refusal as refusal:
        if refusal.status >= 500:
            return _error("temporarily_unavailable", 503)
        return _error("invalid_request", 400)


def _error(code: str, status: int) -> Response:
    response = _answer({"error": code}, status)
    if status in (429, 503):
        response.headers["Retry-After"] = "5"
    return response


def _answer(body: dict[str, str | int] | dict[str, str], status: int) -> Response:
    response = Response(orjson.dumps(body), status, content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
