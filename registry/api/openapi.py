"""The addresses that are not FHIR, as an OpenAPI document (https://spec.openapis.org/oas/v3.1.0).

The FHIR interactions describe themselves in the CapabilityStatement at /fhir/metadata.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from flask import Response

from registry.ports import Services

_DOCUMENT = Path(__file__).with_name("openapi.json")


def openapi(services: Services) -> Response:
    """Answer GET /openapi.json with this node's own address as server."""
    body = {**_read(), "servers": [{"url": services.settings.base_url}]}
    return Response(orjson.dumps(body), content_type="application/json")


@cache
def _read() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_DOCUMENT.read_text("utf-8"))
    return document
