"""Check one-time codes from an authenticator app (TOTP, RFC 6238: SHA-1, 6 digits, 30 seconds)."""

import hmac
from datetime import datetime

import pyotp

STEP_SECONDS = 30
_WINDOW = (-1, 0, 1)


def new_secret() -> str:
    """Make a random secret (160 bits, base32) for one user."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, account: str, issuer: str) -> str:
    """Give the otpauth address for the QR code; account and issuer must be neutral words."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def find_step(secret: str, code: str, now: datetime, last_step: int | None = None) -> int | None:
    """Find the time step a code belongs to: this one or a neighbour, and later than the last one used.

    Returns the step number to store with the user (30-second periods since 1970), or None for a wrong code.
    """
    current = int(now.timestamp()) // STEP_SECONDS
    typed = "".join(code.split()).encode(errors="replace")
    otp = pyotp.TOTP(secret)
    found: int | None = None
    for step in (current + offset for offset in _WINDOW):
        same = hmac.compare_digest(otp.generate_otp(step).encode(), typed)
        if same and (last_step is None or step > last_step):
            found = step
    return found
