"""Tokens for partner systems: SMART Backend Services client credentials with private_key_jwt.

Source: https://hl7.org/fhir/smart-app-launch/backend-services.html
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta

from registry.domain.access import scopes
from registry.domain.model import AccessToken, AuditEntry, Caller
from registry.errors import BadInput, ClientRefused, Misconfigured, NotReady, NotSignedIn
from registry.ports import Services
from registry.ports.outside import ClientAssertion
from registry.usecases.access.peer import TLS, Peer, caller_of, is_bound, note_refusal

GRANT = "client_credentials"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SKEW = timedelta(seconds=60)


class TokenRefused(NotSignedIn):
    """A token request that is refused; `error` is the OAuth error code (RFC 6749 section 5.2)."""

    def __init__(self, error: str, status: int = 400) -> None:
        """Keep the error code; nothing more is told."""
        super().__init__("The token request is not accepted.")
        self.error = error
        self.status = status


def issue(services: Services, form: Mapping[str, str], peer: Peer | None = None) -> dict[str, str | int]:
    """Check a token request and return the token response; raise TokenRefused with its OAuth error code."""
    peer = peer or Peer()
    if form.get("grant_type") != GRANT:
        raise TokenRefused("unsupported_grant_type")
    if form.get("client_assertion_type") != ASSERTION or not form.get("client_assertion"):
        raise TokenRefused("invalid_request")
    read = _checked(services, form["client_assertion"], peer)
    granted = scopes.granted(form.get("scope", "").split(), read.scopes)
    if not granted:
        raise _refused(services, peer, "scope", read.client_id, TokenRefused("invalid_scope"))
    return _given(services, read, granted, peer)


def _checked(services: Services, assertion: str, peer: Peer) -> ClientAssertion:
    wrong = TokenRefused("invalid_client", 401)
    try:
        read = services.secrets.check_assertion(assertion, services.settings.audience, services.clock.now())
    except ClientRefused as refusal:
        raise _refused(services, peer, "assertion", refusal.claimed, wrong) from None
    except Misconfigured:
        raise NotReady("This node cannot check assertions now. Try again later.") from None
    if not is_bound(services, read.client_id, peer):
        raise _refused(services, peer, TLS, read.client_id, wrong)
    if services.node.partner(read.client_id) is None:
        raise _refused(services, peer, "no-agreement", "", wrong)
    return read


def _given(
    services: Services, read: ClientAssertion, granted: tuple[str, ...], peer: Peer
) -> dict[str, str | int]:
    token = secrets.token_urlsafe(32)
    life = services.settings.access_token_life
    with services.unit() as unit:
        if unit.tokens.remember_jti(read.client_id, read.jti, read.expires + SKEW):
            expires = unit.now() + timedelta(seconds=life)
            unit.tokens.add(AccessToken(_digest(token), read.client_id, granted, expires))
            unit.audit.add(AuditEntry(caller_of(read.client_id), "token"))
            unit.commit()
            return {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": life,
                "scope": " ".join(granted),
            }
    raise _refused(services, peer, "jti-used", read.client_id, TokenRefused("invalid_client", 401))


def _refused(services: Services, peer: Peer, why: str, claimed: str, refusal: TokenRefused) -> TokenRefused:
    """Leave a row about an assertion that was refused; only a partner's name is kept, never what was sent."""
    known = claimed if services.node.partner(claimed) is not None else ""
    caller = caller_of("" if why == "assertion" else known)
    details = (("why", why), ("claimed", known)) if why == "assertion" else (("why", why),)
    with services.unit() as unit:
        note_refusal(unit, peer, AuditEntry(caller, "token", "refused", details=details), known)
        unit.commit()
    return refusal


def caller_for(services: Services, bearer: str) -> Caller:
    """Return the partner a bearer token was given to; raise NotSignedIn when it is unknown or over."""
    with services.unit() as unit:
        token = unit.tokens.get(_digest(bearer))
    if token is None:
        raise NotSignedIn("The access token is not valid any more. Get a new one from the token endpoint.")
    return Caller(f"partner:{token.client_id}", "partner", token.client_id, scopes=token.scopes)


def _digest(token: str) -> bytes:
    if len(token) > 200:
        raise BadInput("The access token is too long.")
    return hashlib.sha256(token.encode()).digest()
