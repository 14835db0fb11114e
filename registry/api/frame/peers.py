"""Who is at the other end of a request: its address, and the client certificate that the TLS proxy saw."""

import time

from flask import current_app, request

from registry.domain.access.cap import Cap
from registry.domain.model import Caller
from registry.ports import Services
from registry.usecases.access.peer import Peer, check_client

NAME = "puente-peers"
# Where one request keeps it, also for the requests that a batch makes of it.
ENVIRON = "puente.peer"
# Set by the middleware that believes the proxy; no header of a client can set it.
_PROXIED = "werkzeug.proxy_fix.orig"


class Peers:
    """Reads the other end of the request that is being answered."""

    def __init__(self, services: Services) -> None:
        """Remember the services; one limit for rows about refusals counts for this process."""
        self._services = services
        self._cap = Cap(time.monotonic)

    def here(self) -> Peer:
        """Return the other end; a certificate counts only when the trusted proxy passes it on."""
        known: Peer | None = request.environ.get(ENVIRON)
        if known is not None:
            return known
        header = self._services.settings.client_cert_header
        shown = request.headers.get(header, "") if _PROXIED in request.environ else ""
        made = request.environ[ENVIRON] = Peer(request.remote_addr or "", shown, self._cap)
        return made

    def check(self, caller: Caller) -> None:
        """Raise NotSignedIn when a system with a token is not trusted any more, or comes over another key."""
        check_client(self._services, caller.organization, self.here())


def peers() -> Peers:
    """Return the reader of this application."""
    found: Peers = current_app.extensions[NAME]
    return found
