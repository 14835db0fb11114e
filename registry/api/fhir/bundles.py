"""Bundles of answers (searchset, history) with links, around the stored bytes as they are.

Sources: https://hl7.org/fhir/R4/bundle.html, https://hl7.org/fhir/R4/http.html#paging
"""

from collections.abc import Iterable, Mapping
from datetime import UTC
from http import HTTPStatus
from typing import Any, Literal

import orjson

from fhir.outcome import Issue, operation_outcome
from registry.api.frame import answers
from registry.domain.model import SealedResource, Stored
from registry.ports import Services

Kind = Literal["searchset", "history", "collection"]
Entry = dict[str, Any]
# The order in which links are written; every other relation follows.
RELATIONS = ("self", "first", "previous", "next")


def match(services: Services, stored: Stored, mode: Literal["match", "include"] = "match") -> Entry:
    """Return the entry of a resource that was found, or came along with one that was."""
    return {
        "fullUrl": answers.address(services, f"{stored.type}/{stored.id}"),
        "resource": orjson.Fragment(stored.body),
        "search": {"mode": mode},
    }


def warnings(issues: Iterable[Issue]) -> list[Entry]:
    """Return the entry that tells what was not used; none when there is nothing to tell."""
    told = tuple(issues)
    return [{"resource": operation_outcome(told), "search": {"mode": "outcome"}}] if told else []


def version(services: Services, row: SealedResource, body: bytes | None) -> Entry:
    """Return the entry of one version in a history; a deletion (body None) has no resource."""
    reference = f"{row.type}/{row.id}"
    method = "DELETE" if row.deleted else "POST" if row.version == 1 else "PUT"
    status = (
        HTTPStatus.NO_CONTENT if row.deleted else HTTPStatus.CREATED if row.version == 1 else HTTPStatus.OK
    )
    entry: Entry = {
        "fullUrl": answers.address(services, reference),
        "request": {"method": method, "url": row.type if method == "POST" else reference},
        "response": {
            "status": f"{status.value} {status.phrase}",
            "etag": f'W/"{row.version}"',
            "lastModified": row.updated.astimezone(UTC).isoformat(timespec="milliseconds"),
        },
    }
    return entry if body is None else {**entry, "resource": orjson.Fragment(body)}


def document(
    kind: Kind, entries: Iterable[Entry], links: Mapping[str, str | None], total: int | None = None
) -> bytes:
    """Return a Bundle as bytes; `links` are absolute addresses by relation, those without one are left out.

    `total` counts the matches on all pages, and stays out when it is not known.
    """
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": kind}
    if total is not None:
        bundle["total"] = total
    named = [*RELATIONS, *(name for name in links if name not in RELATIONS)]
    if shown := [{"relation": name, "url": url} for name in named if (url := links.get(name))]:
        bundle["link"] = shown
    if listed := list(entries):
        bundle["entry"] = listed
    return orjson.dumps(bundle)
