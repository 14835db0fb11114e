"""References inside a received document: by fullUrl, `Type/id`, urn:uuid, end of an absolute URL, or `#id`.

Source: https://hl7.org/fhir/R4/bundle.html#references, read more widely than it is written.
"""

from collections.abc import Iterator
from typing import Any

from fhir.bundle.received import ReadResource
from fhir.outcome import Issue, Severity
from fhir.wire import JsonObject, safe_name

_VERSION = "/_history/"
_URN = "urn:"


class References:
    """Find the resource a reference means, among the resources of one document."""

    def __init__(self, resources: list[ReadResource]) -> None:
        self._by_url: dict[str, ReadResource] = {}
        self._by_type_id: dict[str, ReadResource] = {}
        self._by_id: dict[str, ReadResource | None] = {}
        for item in resources:
            self._add(item)

    def find(self, reference: object) -> ReadResource | None:
        """Return the resource meant by the text of a reference, or None."""
        if not isinstance(reference, str):
            return None
        plain = reference.split(_VERSION)[0]
        found = self._by_url.get(reference) or self._by_url.get(plain)
        if found is None and not plain.startswith(_URN):
            found = self._by_type_id.get(_ending(plain))
        if found is None:
            named = self._by_id.get(_bare_id(plain))
            found = named if named is not None and _may_be(plain, named) else None
        return found

    def _add(self, item: ReadResource) -> None:
        url, resource_id = item.full_url, item.resource.get("id")
        if url:
            self._by_url.setdefault(url, item)
            if not url.startswith(_URN):
                self._by_type_id.setdefault(_ending(url), item)
            self._note_id(_bare_id(url), item)
        if isinstance(resource_id, str):
            self._by_type_id.setdefault(f"{item.type}/{resource_id}", item)
            self._note_id(resource_id, item)

    def _note_id(self, bare: str, item: ReadResource) -> None:
        known = self._by_id.setdefault(bare, item)
        if known is not item:
            self._by_id[bare] = None


def contained(resource: JsonObject, reference: object) -> JsonObject | None:
    """Return the contained resource that a `#id` reference means, or None."""
    inside = resource.get("contained")
    if not isinstance(reference, str) or not reference.startswith("#") or not isinstance(inside, list):
        return None
    wanted = reference[1:]
    return next((item for item in inside if isinstance(item, dict) and item.get("id") == wanted), None)


def unresolved(item: ReadResource, references: References, kind: str) -> Iterator[Issue]:
    """Yield an issue for every reference that names nothing in a document of this kind.

    A document must hold all it names; other Bundles may name what the receiver has; a single resource may
    name anything but contained resources it lacks.
    """
    severity: Severity = "warning" if kind == "document" else "information"
    for path, reference in _references(item.resource, item.type or "Resource"):
        if reference.startswith("#"):
            found = reference == "#" or contained(item.resource, reference) is not None
        else:
            found = kind == "resource" or "?" in reference or references.find(reference) is not None
        if not found:
            text = "The reference names no resource in this document."
            yield Issue(severity, "not-found", path, "ref-unresolved", text)


def _references(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of every reference below a node."""
    if isinstance(node, list):
        for place, value in enumerate(node):
            yield from _references(value, f"{path}[{place}]")
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "reference" and isinstance(value, str):
                yield path, value
            elif isinstance(value, dict | list):
                yield from _references(value, f"{path}.{safe_name(key)}")


def _ending(url: str) -> str:
    return "/".join(url.rsplit("/", 2)[-2:])


def _bare_id(url: str) -> str:
    return url.rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def _may_be(reference: str, item: ReadResource) -> bool:
    """Tell whether a reference that names a type names the type of this resource."""
    if reference.startswith(_URN) or "/" not in reference:
        return True
    return reference.rsplit("/", 2)[-2] == item.type
