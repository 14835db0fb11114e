"""What partners look up before they speak: SMART configuration (https://hl7.org/fhir/smart-app-launch)."""

import orjson
from flask import Response

from registry.ports import Services

# What the token endpoint checks; the reference list is in registry.crypto.tokens.jose.
ASSERTION_ALGORITHMS = ("RS384", "ES384", "ES256")


def jwks(services: Services) -> Response:
    """Answer GET /.well-known/jwks.json: what this node signs with and what one encrypts to it with."""
    return Response(orjson.dumps({"keys": services.crypto.public_keys()}), content_type="application/json")


def smart_configuration(services: Services) -> Response:
    """Answer GET /.well-known/smart-configuration, also under /fhir; always JSON."""
    base = services.settings.base_url
    body = {
        "token_endpoint": f"{base}/oauth/token",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "scopes_supported": [
            "system/*.cruds",
            "system/*.rs",
            "system/Patient.rs",
            "system/Bundle.c",
            "system/Subscription.cruds",
        ],
        "response_types_supported": [],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["client-confidential-asymmetric", "permission-v2"],
    }
    return Response(orjson.dumps(body), content_type="application/json")
