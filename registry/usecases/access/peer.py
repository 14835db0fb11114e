"""Where a request of a system comes from, and the rows that refusals of such requests leave."""

import time
from dataclasses import dataclass, field

from registry.domain.access.cap import Cap
from registry.domain.model import AuditEntry, Caller
from registry.errors import Misconfigured, NotReady, NotSignedIn
from registry.ports import Services, Unit

TLS = "tls-key"


@dataclass(frozen=True)
class Peer:
    """A system's address, the client certificate that the TLS proxy saw (as it passed it on, empty for none),
    and the limit for rows about refusals.
    """

    address: str = ""
    certificate: str = ""
    cap: Cap = field(default_factory=lambda: Cap(time.monotonic))


def note_refusal(unit: Unit, peer: Peer, entry: AuditEntry, known: str = "") -> None:
    """Leave an audit row about a request that did not authenticate, so many per partner or address."""
    left_out = peer.cap.take(f"partner:{known}" if known else f"address:{peer.address}")
    if left_out is None:
        return
    details = (*entry.details, ("unnoted", left_out)) if left_out else entry.details
    unit.audit.add(AuditEntry(entry.caller, entry.action, "refused", "", entry.object_ref, details=details))


def is_bound(services: Services, partner_id: str, peer: Peer) -> bool:
    """Tell whether a request came over a TLS key that is pinned for the partner.

    On loopback there is no TLS and so no binding; a partner without pins is not bound.
    """
    return services.settings.on_loopback or services.crypto.is_bound(partner_id, peer.certificate)


def check_client(services: Services, client_id: str, peer: Peer) -> None:
    """Raise NotSignedIn unless a system is still trusted: in the trust list with a token key in force, with a
    policy of this node, over its own TLS key. Asked at every request: a token must not outlive the trust.
    """
    gone = NotSignedIn("The access token is not valid any more. Get a new one from the token endpoint.")
    if services.node.partner(client_id) is None:
        raise gone
    try:
        if not services.secrets.knows_client(client_id, services.clock.now()):
            raise gone
        if not is_bound(services, client_id, peer):
            raise NotSignedIn("The connection does not use the TLS key of this partner.")
    except Misconfigured:
        raise NotReady("This node cannot check access tokens now. Try again later.") from None


def caller_of(partner_id: str) -> Caller:
    """Return a partner as the actor of a row; `unknown` for one that did not prove who it is."""
    return Caller(f"partner:{partner_id}" if partner_id else "unknown", "partner", partner_id)
