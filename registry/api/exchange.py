"""Take in sealed messages of partner nodes."""

from flask import Response, request
from werkzeug.exceptions import HTTPException

from registry.api.frame import peers, reading
from registry.api.frame.negotiation import JOSE, check_content
from registry.errors import Refusal
from registry.ports import Services
from registry.usecases.exchange.receiving import receive


def messages(services: Services) -> Response:
    """Answer POST /exchange/v1/messages: 202 with a signed note once the message is stored."""
    peer = peers.peers().here()
    try:
        check_content(request, JOSE)
        data = reading.body(services)
    except (Refusal, HTTPException) as error:
        receive.refuse_unread(services, peer, str(error.code))
        raise
    accepted = receive.accept(services, data, peer)
    return Response(accepted.note, accepted.status, content_type=JOSE)
