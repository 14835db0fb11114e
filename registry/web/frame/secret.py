"""The secret that signs form tokens and notices, the same in every process of a node."""

import hashlib
import hmac

from registry.errors import Misconfigured
from registry.ports import Services


def signing_secret(services: Services) -> str:
    """Derive the pages' secret from the node's session key, under a name of its own."""
    if not services.session_key:
        raise Misconfigured("This node has no session key: make its keys first.")
    return hmac.new(services.session_key, b"puente web signing v1", hashlib.sha256).hexdigest()
