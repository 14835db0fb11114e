"""Carry out a batch: each entry as a request of its own (https://hl7.org/fhir/R4/http.html#transaction)."""

import io
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from flask import Flask, Response, current_app, request

from fhir import wire
from fhir.outcome import Issue, operation_outcome
from fhir.references import found_in
from registry.api.frame import peers, reading
from registry.api.frame.negotiation import FHIR_JSON
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.care.record import patching
from registry.usecases.care.record.transact import MOST_ENTRIES

# An answer may be larger than a body may be, but not without end.
MOST_TIMES = 4
TOO_LARGE = "The answers of this batch are too large together: send the rest in another one."
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
# What an entry says about its request, as the header that says the same.
HEADERS = {
    "ifMatch": "HTTP_IF_MATCH",
    "ifNoneMatch": "HTTP_IF_NONE_MATCH",
    "ifNoneExist": "HTTP_IF_NONE_EXIST",
    "ifModifiedSince": "HTTP_IF_MODIFIED_SINCE",
}
# What the requests of a batch share with it.
SHARED = ("HTTP_HOST", "HTTP_AUTHORIZATION", "HTTP_ACCEPT_LANGUAGE", "HTTP_X_FORWARDED_FOR", peers.ENVIRON)


def batch(services: Services, bundle: wire.JsonObject) -> wire.JsonObject:
    """Return a batch-response: what each entry alone would be answered, in the order of the entries."""
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        raise BadInput(f"A batch has a list of at most {MOST_ENTRIES} entries. Send several.")
    prefer = f"return={reading.preference('minimal')}"
    named = (each.get("fullUrl") for each in entries if isinstance(each, dict))
    new = {each for each in named if isinstance(each, str)}
    answered: list[dict[str, Any]] = []
    left = MOST_TIMES * services.settings.message_limit
    for entry in entries:
        made = _answered(services, entry, new, prefer) if left > 0 else _refused(TOO_LARGE, 413, "too-costly")
        left -= len(orjson.dumps(made))
        answered.append(made)
    return {"resourceType": "Bundle", "type": "batch-response", "entry": answered}


def _answered(services: Services, entry: object, new: set[str], prefer: str) -> dict[str, Any]:
    asked = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(asked, dict) or asked.get("method") not in METHODS:
        return _refused("Each entry needs a request with a method.")
    if any(target in new and target.startswith("urn:") for target in found_in(entry.get("resource"))):
        return _refused("Entries of a batch cannot refer to each other: send a transaction.")
    path, _, query = (
        str(asked.get("url", "")).removeprefix(f"{services.settings.base_url}/fhir").partition("?")
    )
    if not path.strip("/"):
        return _refused("A batch holds no batch or transaction.")
    environ = dict(_environ(asked, entry.get("resource"), prefer))
    environ |= {"PATH_INFO": _path(path), "QUERY_STRING": query.encode().decode("latin-1")}
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    # A context of its own: what a request notes about itself must not reach the batch's.
    with app.app_context(), app.request_context(environ):
        return _entry(app.full_dispatch_request(), asked["method"])


def _path(path: str) -> str:
    return unquote_to_bytes(f"/fhir/{path.lstrip('/')}").decode("latin-1")


def _environ(asked: dict[str, Any], resource: object, prefer: str) -> Iterator[tuple[str, Any]]:
    """Yield what a request of this entry would be for the server (PEP 3333)."""
    body, content = b"", FHIR_JSON
    if isinstance(resource, dict):
        body = wire.canonical(resource)
        if asked["method"] == "PATCH" and resource.get("resourceType") == "Binary":
            body, content = patching.json_patch_of(resource), patching.JSON_PATCH
    for name, value in request.environ.items():
        if name in SHARED or name.startswith(("wsgi.", "SERVER_", "REMOTE_")):
            yield name, value
    yield from {
        "REQUEST_METHOD": asked["method"],
        "SCRIPT_NAME": request.environ.get("SCRIPT_NAME", ""),
        "CONTENT_TYPE": content,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "HTTP_ACCEPT": FHIR_JSON,
        "HTTP_PREFER": prefer,
    }.items()
    for name, header in HEADERS.items():
        if isinstance(value := asked.get(name), str):
            yield header, value.encode().decode("latin-1")


def _entry(response: Response, method: str) -> dict[str, Any]:
    told: dict[str, Any] = {"status": f"{response.status_code} {HTTPStatus(response.status_code).phrase}"}
    if place := response.headers.get("Location"):
        told["location"] = place
    if tag := response.headers.get("ETag"):
        told["etag"] = tag
    if moment := response.headers.get("Last-Modified"):
        told["lastModified"] = parsedate_to_datetime(moment).isoformat().replace("+00:00", "Z")
    body = response.get_data() if method != "HEAD" else b""
    if not body or response.mimetype != FHIR_JSON:
        return {"response": told}
    if wire.parse(body, limit=len(body)).get("resourceType") == "OperationOutcome":
        return {"response": {**told, "outcome": orjson.Fragment(body)}}
    return {"resource": orjson.Fragment(body), "response": told}


def _refused(text: str, status: int = 400, code: str = "invalid") -> dict[str, Any]:
    issue = Issue("error", code, "", "batch-entry", text)
    told = f"{status} {HTTPStatus(status).phrase}"
    return {"response": {"status": told, "outcome": operation_outcome((issue,))}}
