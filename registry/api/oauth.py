"""The token endpoint: SMART Backend Services (private_key_jwt); errors as RFC 6749 section 5.2 says."""

import orjson
from flask import Response, request

from registry.api.frame import peers
from registry.api.frame.negotiation import FORM
from registry.errors import Refusal
from registry.ports import Services
from registry.usecases.access import system_token

LARGEST_FORM = 16 * 1024
JSON = "application/json"


def token(services: Services) -> Response:
    """Answer POST /oauth/token with a bearer token, or an OAuth error code."""
    form = _form()
    if form is None:
        return _error("invalid_request", 400)
    try:
        return _answer(system_token.issue(services, form, peers.peers().here()), 200)
    except system_token.TokenRefused as refused:
        return _error(refused.error, refused.status)
    except Refusal as refusal:
        later = refusal.status >= 500 or refusal.status == 429
        return _error("temporarily_unavailable", 503) if later else _error("invalid_request", 400)


def _form() -> dict[str, str] | None:
    """Return the fields of the form, each given once; None when this is no such form."""
    media = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    length = request.content_length
    if media != FORM or length is None or length > LARGEST_FORM:
        return None
    request.max_content_length = LARGEST_FORM
    form = request.form
    if any(len(form.getlist(name)) > 1 for name in form):
        return None
    return form.to_dict()


def _error(code: str, status: int) -> Response:
    response = _answer({"error": code}, status)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _answer(body: dict[str, str | int] | dict[str, str], status: int) -> Response:
    response = Response(orjson.dumps(body), status, content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
