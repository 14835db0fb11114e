"""Invariants of a Bundle.

Source: https://hl7.org/fhir/R4/bundle.html#invs
"""

from fhir.profiles.rule import Rule, child, has, objects, text
from fhir.wire import JsonObject

_WITH_REQUEST = {"batch", "transaction", "history"}
_WITH_RESPONSE = {"batch-response", "transaction-response", "history"}


def _total(node: JsonObject) -> bool:
    return "total" not in node or text(node, "type") in ("searchset", "history")


def _search(node: JsonObject) -> bool:
    return text(node, "type") == "searchset" or not any("search" in entry for entry in objects(node, "entry"))


def _requests(node: JsonObject) -> bool:
    needed = text(node, "type") in _WITH_REQUEST
    return all(("request" in entry) == needed for entry in objects(node, "entry"))


def _responses(node: JsonObject) -> bool:
    needed = text(node, "type") in _WITH_RESPONSE
    return all(("response" in entry) == needed for entry in objects(node, "entry"))


def _unique(node: JsonObject) -> bool:
    if text(node, "type") == "history":
        return True
    seen = [
        (text(entry, "fullUrl"), text(child(child(entry, "resource"), "meta"), "versionId"))
        for entry in objects(node, "entry")
        if "fullUrl" in entry
    ]
    return len(seen) == len(set(seen))


def _document_identifier(node: JsonObject) -> bool:
    identifier = child(node, "identifier")
    return text(node, "type") != "document" or (has(identifier, "system") and has(identifier, "value"))


def _document_date(node: JsonObject) -> bool:
    return text(node, "type") != "document" or has(node, "timestamp")


def _first(node: JsonObject, bundle_type: str, resource_type: str) -> bool:
    if text(node, "type") != bundle_type:
        return True
    entries = objects(node, "entry")
    return bool(entries) and text(child(entries[0], "resource"), "resourceType") == resource_type


BUNDLE_RULES: dict[str, tuple[Rule, ...]] = {
    "Bundle": (
        Rule("bdl-1", _total, "A total is given only for a searchset or a history."),
        Rule("bdl-2", _search, "entry.search is given only in a searchset."),
        Rule(
            "bdl-3",
            _requests,
            "Every entry of a batch, transaction or history has a request, and no other has.",
        ),
        Rule("bdl-4", _responses, "Every entry of a response or history has a response, and no other has."),
        Rule("bdl-7", _unique, "Two entries have the same fullUrl."),
        Rule("bdl-9", _document_identifier, "A document has an identifier with a system and a value."),
        Rule("bdl-10", _document_date, "A document has a timestamp."),
        Rule(
            "bdl-11",
            lambda node: _first(node, "document", "Composition"),
            "A document starts with a Composition.",
        ),
        Rule(
            "bdl-12",
            lambda node: _first(node, "message", "MessageHeader"),
            "A message starts with its header.",
        ),
    ),
    "BundleEntry": (
        Rule(
            "bdl-5",
            lambda node: has(node, "resource", "request", "response"),
            "An entry has a resource, a request or a response.",
        ),
        Rule(
            "bdl-8",
            lambda node: "/_history/" not in text(node, "fullUrl"),
            "A fullUrl does not name a version.",
        ),
    ),
}
