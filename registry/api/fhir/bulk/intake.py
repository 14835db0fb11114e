"""Take in a request for an import: a manifest of addresses, as JSON or as Parameters.

Sources: the ping-and-pull manifest of SMART bulk import, and the Parameters that HAPI's $import takes.
"""

import re
from typing import Any

from flask import Response, request

from registry.api.fhir.bulk import kick_off
from registry.api.fhir.bulk.export import accepted
from registry.api.frame import reading
from registry.api.frame.negotiation import check_content
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.bulk.importing import start as importing
from registry.usecases.bulk.importing.start import Input

_FORMATS = kick_off.FORMATS | {"application/fhir+ndjson", "application/x-ndjson"}
_NO_INPUT = "Name the files as input: for each its type and its url."
_VALUES = re.compile(r"value(Uri|Url|Code|String)")


def take_in(services: Services) -> Response:
    """Answer POST [base]/$import: 202 with the address of a status."""
    caller = reading.caller()
    kick_off.check_async()
    check_content(request, *reading.JSON_BODY)
    body = reading.parse(reading.body(services), services.settings.message_limit)
    manifest = _of_parameters(body) if body.get("resourceType") == "Parameters" else body
    if str(manifest.get("inputFormat", "")) not in _FORMATS:
        raise BadInput("inputFormat: files are read as application/fhir+ndjson only.")
    job = importing.start(services, caller, request.base_url, _inputs(manifest.get("input")))
    return accepted(services, job.id)


def _inputs(listed: object) -> list[Input]:
    if not isinstance(listed, list):
        raise BadInput(_NO_INPUT)
    return [_input(each) for each in listed]


def _input(entry: object) -> Input:
    kind = entry.get("type") if isinstance(entry, dict) else None
    url = entry.get("url") if isinstance(entry, dict) else None
    if not isinstance(url, str) or kind not in kick_off.EXPORTED:
        raise BadInput(_NO_INPUT)
    return Input(str(kind), url)


def _of_parameters(body: dict[str, Any]) -> dict[str, Any]:
    """Return Parameters as the manifest they stand for; `input` repeats and has parts."""
    manifest: dict[str, Any] = {"input": []}
    listed = body.get("parameter", [])
    for each in listed if isinstance(listed, list) else []:
        if not isinstance(each, dict):
            raise BadInput(_NO_INPUT)
        if each.get("name") == "input":
            parts = each.get("part", [])
            named = parts if isinstance(parts, list) else []
            manifest["input"].append({p.get("name"): _value(p) for p in named if isinstance(p, dict)})
        else:
            manifest[str(each.get("name"))] = _value(each)
    return manifest


def _value(parameter: dict[str, Any]) -> str:
    return next((str(value) for name, value in parameter.items() if _VALUES.fullmatch(name)), "")
