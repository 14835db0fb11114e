"""Take in sealed messages of partner nodes."""

from flask import Response, request

from registry.api.frame import reading
from registry.api.frame.negotiation import JOSE, check_content
from registry.ports import Services
from registry.usecases.exchange.receiving import receive


def messages(services: Services) -> Response:
    """Answer POST /exchange/v1/messages: 202 with a signed note once the message is stored."""
    check_content(request, JOSE)
    accepted = receive.accept(services, reading.body(services))
    return Response(accepted.note, accepted.status, content_type=JOSE)
