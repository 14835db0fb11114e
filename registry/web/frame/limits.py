"""How often one account, address or person may ask (security reference, section 5)."""

import hashlib

from flask import Flask, request
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address

from config import Settings
from registry.errors import TooMany

SIGN_IN_ACCOUNT = "5 per minute"
SIGN_IN_ADDRESS = "20 per minute"
SEARCH = "60 per minute"


class Limits:
    """Counters in the broker where there is one, else in this process; a dead broker does not stop care."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._limiter = Limiter(
            get_remote_address,
            storage_uri=storage(settings.broker_url),
            key_prefix=f"puente-web-{settings.node.code}",
            in_memory_fallback_enabled=True,
            enabled=settings.limits_enabled,
        )
        self._limiter.init_app(app)

    def sign_in(self, name: str) -> None:
        """Count one attempt for the account and for the address."""
        account = hashlib.sha256(name.strip().casefold().encode()).hexdigest()
        self._count(SIGN_IN_ADDRESS, "sign-in-address", request.remote_addr or "")
        self._count(SIGN_IN_ACCOUNT, "sign-in-account", account)

    def search(self, user_id: str) -> None:
        """Count one search of a person."""
        self._count(SEARCH, "search", user_id)

    def _count(self, rate: str, scope: str, key: str) -> None:
        try:
            with self._limiter.limit(rate, key_func=lambda: f"{scope}:{key}"):
                pass
        except RateLimitExceeded:
            raise TooMany("Too many requests. Wait a minute and try again.") from None


def storage(broker_url: str) -> str:
    """Return the counter store for a broker address (Celery writes Unix sockets in its own way)."""
    if broker_url.startswith("redis+socket://"):
        path, _, number = broker_url.removeprefix("redis+socket://").partition("?virtual_host=")
        return f"redis+unix://{path}?db={number or 0}"
    return broker_url if broker_url.startswith(("redis://", "rediss://", "valkey://")) else "memory://"
