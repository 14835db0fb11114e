"""One invariant of the standard, and safe ways to look into a node that may hold anything."""

from collections.abc import Callable
from dataclasses import dataclass

from fhir.outcome import Severity
from fhir.wire import JsonObject


@dataclass(frozen=True, slots=True)
class Rule:
    """One invariant: `id` as in the standard (`ppc-1`), `holds` tells whether a node keeps it."""

    id: str
    holds: Callable[[JsonObject], bool]
    text: str
    severity: Severity = "error"


def has(node: JsonObject, *keys: str) -> bool:
    """Tell whether one of the elements is there, as a value or with an extension in its place."""
    return any(key in node or "_" + key in node for key in keys)


def has_choice(node: JsonObject, prefix: str) -> bool:
    """Tell whether a choice element (`value`) is there in one of its forms."""
    size = len(prefix)
    return any(
        key.lstrip("_").startswith(prefix) and key.lstrip("_")[size : size + 1].isupper() for key in node
    )


def objects(node: JsonObject, key: str) -> list[JsonObject]:
    """Return the objects of a list element; anything else in it is left out."""
    value = node.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def child(node: JsonObject, key: str) -> JsonObject:
    """Return an object element, or an empty object."""
    value = node.get(key)
    return value if isinstance(value, dict) else {}


def text(node: JsonObject, key: str) -> str:
    """Return a text element, or an empty text."""
    value = node.get(key)
    return value if isinstance(value, str) else ""


def codes(node: JsonObject, key: str) -> set[str]:
    """Return the codes of a CodeableConcept element."""
    return {text(coding, "code") for coding in objects(child(node, key), "coding")}
