"""Whether this node lives, and its measurements, for supervisors inside."""

import orjson
from flask import Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from registry.api.frame.measures import Measures
from registry.errors import NotFound, Refusal
from registry.ports import Services
from registry.usecases.node import health as use_case

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


def healthz(services: Services) -> Response:
    """Answer GET /healthz: 200 when the process answers and the database does too, else 503."""
    try:
        use_case.check_alive(services)
        database = True
    except Refusal:
        database = False
    body = {"status": "ok" if database else "failing", "database": database}
    return Response(orjson.dumps(body), 200 if database else 503, content_type="application/json")


def metrics(services: Services, measures: Measures) -> Response:
    """Answer GET /metrics to callers inside; what came through the proxy is told there is nothing."""
    if any(name in request.headers for name in FORWARDED):
        raise NotFound("There is nothing at this address.")
    return Response(measures.text(use_case.health(services)), content_type=CONTENT_TYPE_LATEST)
