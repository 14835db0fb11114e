"""Passwords, one-time codes and client assertions, as the sign-in use cases see them."""

from collections.abc import Callable
from datetime import datetime

from registry.crypto.partners.trust import TrustList
from registry.crypto.people import totp
from registry.crypto.people.passwords import Passwords
from registry.crypto.tokens import assertion
from registry.errors import ClientRefused
from registry.ports.outside import ClientAssertion


class SignInSecrets:
    """Check what people and systems know (port Secrets)."""

    def __init__(self, passwords: Passwords, trust: Callable[[], TrustList]) -> None:
        self._passwords = passwords
        self._trust = trust

    def hash_password(self, password: str) -> str:
        """Return the Argon2id hash of a password."""
        return self._passwords.hash(password)

    def check_password(self, stored: str | None, password: str) -> bool:
        """Check a password; an unknown user costs the same time."""
        return self._passwords.verify(stored, password)

    def new_code_secret(self) -> str:
        """Make the secret of a one-time code generator."""
        return totp.new_secret()

    def code_uri(self, secret: str, account: str, issuer: str) -> str:
        """Return the otpauth address to scan."""
        return totp.provisioning_uri(secret, account, issuer)

    def check_code(self, secret: str, code: str, now: datetime, last_step: int) -> int | None:
        """Return the time step of a right code that was not used before, else None."""
        return totp.find_step(secret, code, now, last_step)

    def check_assertion(self, token: str, audience: str, now: datetime) -> ClientAssertion:
        """Check a client assertion against the pinned token keys; raise ClientRefused otherwise."""
        trust = self._trust()
        try:
            read = assertion.check_assertion(
                token, audience, lambda client_id: trust.token_keys(client_id, now), now
            )
        except assertion.AssertionRefused as refused:
            raise ClientRefused(refused.claimed) from None
        partner = trust.find(read.client_id)
        return ClientAssertion(
            read.client_id, read.jti, read.expires, tuple(partner.scopes) if partner else ()
        )

    def knows_client(self, client_id: str, now: datetime) -> bool:
        """Tell whether a client is in the trust list with a token key in force."""
        return bool(self._trust().token_keys(client_id, now))
