"""Take in sealed messages of partner nodes."""

from flask import Response, request

from registry.api.frame.negotiation import JOSE, check_content
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.exchange import receive


def messages(services: Services) -> Response:
    """Answer POST /exchange/v1/messages: 202 with a signed note once the message is stored."""
    check_content(request, JOSE)
    data = request.get_data(cache=False)
    if not data:
        raise BadInput("The body is empty.")
    accepted = receive.accept(services, data)
    return Response(accepted.note, accepted.status, content_type=JOSE)
