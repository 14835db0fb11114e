"""Short ways to read documents in tests."""

import copy
from collections.abc import Callable
from typing import Any

from fhir import bundle
from fhir.bundle import Received
from fhir.wire import JsonObject, canonical


def read(content: JsonObject) -> Received:
    """Read content as a partner would send it."""
    return bundle.read(canonical(content))


def changed(content: JsonObject, change: Callable[[Any], object]) -> Received:
    """Read a copy of the content after a change."""
    made = copy.deepcopy(content)
    change(made)
    return read(made)


def rules(received: Received) -> set[str]:
    """Return the rules of all findings."""
    return {finding.rule for finding in received.findings}


def collection(*resources: JsonObject, kind: str = "collection") -> JsonObject:
    """Make a Bundle of any type around resources."""
    entries = [
        {"fullUrl": f"http://x.example/fhir/{item['resourceType']}/{item['id']}", "resource": item}
        for item in resources
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}
