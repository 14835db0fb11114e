"""Around every request: an id, response headers, one access line without query or person, one measurement."""

import re
import secrets
import time

from flask import Flask, Response, g, request

from config.logs import Event, log
from registry.api.frame.compression import compress
from registry.api.frame.measures import Measures

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cross-Origin-Resource-Policy": "same-origin",
}
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def register(app: Flask, measures: Measures) -> None:
    """Add the hooks to an application."""

    def before() -> None:
        g.started = time.perf_counter()
        # The caller's own id could name a person, so ours goes to the log and theirs only back to them.
        g.request_id = secrets.token_hex(8)

    def after(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        given = request.headers.get("X-Request-Id") or request.headers.get("X-Correlation-Id", "")
        if _CLIENT_ID.fullmatch(given):
            response.headers["X-Correlation-Id"] = given
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        compress(request, response)
        _note(measures, response)
        return response

    app.before_request(before)
    app.after_request(after)


def _note(measures: Measures, response: Response) -> None:
    took = time.perf_counter() - g.started
    method = request.method if request.method in METHODS else "OTHER"
    route = request.url_rule.rule if request.url_rule else "unknown"
    measures.note(method, route, response.status_code, took)
    log(
        Event.REQUEST_DONE,
        method=method,
        route=route,
        status=response.status_code,
        ms=round(took * 1000, 2),
        size=response.calculate_content_length() or 0,
        caller=g.get("caller", ""),
        request=g.request_id,
    )
