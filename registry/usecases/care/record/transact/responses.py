"""The entries of a transaction-response (https://hl7.org/fhir/R4/bundle.html#transaction-response)."""

from datetime import UTC
from typing import Any, Literal

import orjson

from fhir.outcome import Issue, operation_outcome
from registry.domain.model import Stored
from registry.usecases.care.record.remove import Removed
from registry.usecases.care.record.transact.entries import Entry
from registry.usecases.care.record.write import Written

Preference = Literal["minimal", "representation", "OperationOutcome"]
Done = Written | Removed | Stored | list[Stored]
_STATUS = {"created": "201 Created"}
_DONE = Issue("information", "informational", "", "done", "It was done.")


def entry(asked: Entry, done: Done, prefer: Preference) -> dict[str, Any]:
    """Return the response to one entry, with the resource or an outcome where the caller prefers one."""
    if isinstance(done, list):
        return {"resource": _searchset(done), "response": {"status": "200 OK"}}
    if isinstance(done, Stored):
        return _shown(asked, done)
    if isinstance(done, Removed):
        tag = {"etag": f'W/"{done.version}"'} if done.version else {}
        return _with_outcome({"response": {"status": "204 No Content", **tag}}, prefer)
    status = _STATUS.get(done.effect, "200 OK")
    made: dict[str, Any] = {"response": {"status": status, **_place(done.stored)}}
    if prefer == "representation":
        made["resource"] = orjson.Fragment(done.stored.body)
    return _with_outcome(made, prefer)


def _with_outcome(made: dict[str, Any], prefer: Preference) -> dict[str, Any]:
    if prefer == "OperationOutcome":
        made["response"]["outcome"] = operation_outcome((_DONE,))
    return made


def _shown(asked: Entry, stored: Stored) -> dict[str, Any]:
    place = _place(stored)
    if asked.none_match and asked.none_match.strip().strip('W/"') == str(stored.version):
        return {"response": {"status": "304 Not Modified", **place}}
    made: dict[str, Any] = {"response": {"status": "200 OK", **place}}
    return made if asked.method == "HEAD" else {"resource": orjson.Fragment(stored.body), **made}


def _searchset(found: list[Stored]) -> dict[str, Any]:
    entries = [
        {
            "fullUrl": f"{stored.type}/{stored.id}",
            "resource": orjson.Fragment(stored.body),
            "search": {"mode": "match"},
        }
        for stored in found
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    return bundle | ({"entry": entries} if entries else {})


def _place(stored: Stored) -> dict[str, str]:
    return {
        "location": f"{stored.type}/{stored.id}/_history/{stored.version}",
        "etag": f'W/"{stored.version}"',
        "lastModified": stored.updated.astimezone(UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
    }
