"""The resources of a received object, with their paths, and what is wrong with the entries that hold them."""

import re
from collections.abc import Iterator
from itertools import islice

from fhir import r4
from fhir.bundle.received import ReadResource
from fhir.outcome import Issue
from fhir.wire import JsonObject

# More resources than any record of one person has: a document of 5 MB could hold 300,000 empty ones.
MOST = 10_000
_ANSWERS = ("transaction-response", "batch-response")
_WITHOUT_URL = (*_ANSWERS, "transaction", "batch")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def gather(received: JsonObject) -> list[ReadResource]:
    """Return the resources of a Bundle and of Bundles inside it, or the single one itself; at most MOST."""
    if received.get("resourceType") != "Bundle":
        name = received.get("resourceType")
        return [_read(received, str(name) if r4.is_resource_type(name) else "Resource", None)]
    return list(islice(_of_bundle(received, "Bundle"), MOST))


def _of_bundle(bundle: JsonObject, path: str) -> Iterator[ReadResource]:
    for place, entry in _entries(bundle):
        resource = entry.get("resource")
        if not isinstance(resource, dict):
            continue
        here = f"{path}.entry[{place}].resource"
        if resource.get("resourceType") == "Bundle":
            yield from _of_bundle(resource, here)
        else:
            url = entry.get("fullUrl")
            yield _read(resource, here, url if isinstance(url, str) and url else None)


def entry_issues(bundle: JsonObject) -> Iterator[Issue]:
    """Yield what is wrong with fullUrls and ids: missing, relative, not matching the resource, or twice."""
    kind = bundle.get("type")
    ids: set[tuple[str, str]] = set()
    for place, entry in _entries(bundle):
        resource, path = entry.get("resource"), f"Bundle.entry[{place}]"
        if not isinstance(resource, dict):
            continue
        if kind not in _WITHOUT_URL:
            yield from _url_issues(entry.get("fullUrl"), resource, f"{path}.fullUrl")
        name, resource_id = resource.get("resourceType"), resource.get("id")
        if isinstance(name, str) and isinstance(resource_id, str) and kind != "history":
            if (name, resource_id) in ids:
                text = "Two resources of one type have the same id."
                yield Issue("warning", "duplicate", f"{path}.resource.id", "duplicate-id", text)
            ids.add((name, resource_id))


def _url_issues(url: object, resource: JsonObject, path: str) -> Iterator[Issue]:
    if url is None:
        text = "Every entry needs a fullUrl, so that references to it can be followed."
        yield Issue("error", "required", path, "full-url-missing", text)
    elif isinstance(url, str) and not _SCHEME.match(url):
        text = "A fullUrl is an absolute address or a urn:uuid, not a relative one."
        yield Issue("warning", "value", path, "full-url-relative", text)
    elif isinstance(url, str) and url.startswith("http"):
        resource_id = resource.get("id")
        if isinstance(resource_id, str) and not url.endswith(
            f"/{resource.get('resourceType')}/{resource_id}"
        ):
            text = "The fullUrl does not end in the type and id of its resource."
            yield Issue("warning", "value", path, "full-url-mismatch", text)


def _entries(bundle: JsonObject) -> Iterator[tuple[int, JsonObject]]:
    entries = bundle.get("entry")
    if isinstance(entries, list):
        yield from ((place, entry) for place, entry in enumerate(entries) if isinstance(entry, dict))


def _read(resource: JsonObject, path: str, full_url: str | None) -> ReadResource:
    return ReadResource(resource=resource, path=path, full_url=full_url, resolved=resource)
