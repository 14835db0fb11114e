"""Tokens for partner systems: SMART Backend Services client credentials with private_key_jwt.

Source: https://hl7.org/fhir/smart-app-launch/backend-services.html
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta

from registry.domain.access import scopes
from registry.domain.model import AccessToken, AuditEntry, Caller
from registry.errors import BadInput, Misconfigured, NotReady, NotSignedIn
from registry.ports import Services

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


def issue(services: Services, form: Mapping[str, str]) -> dict[str, str | int]:
    """Check a token request and return the token response; raise TokenRefused with its OAuth error code."""
    if form.get("grant_type") != GRANT:
        raise TokenRefused("unsupported_grant_type")
    if form.get("client_assertion_type") != ASSERTION or not form.get("client_assertion"):
        raise TokenRefused("invalid_request")
    try:
        read = services.secrets.check_assertion(
            form["client_assertion"], services.settings.audience, services.clock.now()
        )
    except NotSignedIn:
        raise TokenRefused("invalid_client", 401) from None
    except Misconfigured:
        raise NotReady("This node cannot check assertions now. Try again later.") from None
    if services.node.partner(read.client_id) is None:
        raise TokenRefused("invalid_client", 401)
    granted = scopes.granted(form.get("scope", "").split(), read.scopes)
    if not granted:
        raise TokenRefused("invalid_scope")
    token = secrets.token_urlsafe(32)
    life = services.settings.access_token_life
    caller = Caller(f"partner:{read.client_id}", "partner", read.client_id)
    with services.unit() as unit:
        if not unit.tokens.remember_jti(read.client_id, read.jti, read.expires + SKEW):
            unit.audit.add(AuditEntry(caller, "token", "refused", details=(("why", "jti-used"),)))
            unit.commit()
            raise TokenRefused("invalid_client", 401)
        expires = unit.now() + timedelta(seconds=life)
        unit.tokens.add(AccessToken(_digest(token), read.client_id, granted, expires))
        unit.audit.add(AuditEntry(caller, "token"))
        unit.commit()
    return {"access_token": token, "token_type": "bearer", "expires_in": life, "scope": " ".join(granted)}


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
