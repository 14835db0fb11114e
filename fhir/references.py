"""References between resources that travel together: find them, and give every resource an address of its
own.

Sources: https://hl7.org/fhir/R4/bundle.html#references, https://hl7.org/fhir/R4/references.html
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from fhir.wire import JsonObject

# Fixed once: the same seed and name must give the same address on every node and in every version.
_SPACE = UUID("6f0d3c52-7d0e-5c8e-9a51-0f1e2d3c4b5a")


def address(seed: str, name: str) -> str:
    """Return the `urn:uuid:` address that belongs to a name under a seed, always the same one."""
    return f"urn:uuid:{uuid5(_SPACE, f'{seed}|{name}')}"


def local(resource: JsonObject) -> str:
    """Return `Type/id`, or an empty text when the resource has no id."""
    resource_id = resource.get("id")
    return (
        f"{resource.get('resourceType')}/{resource_id}"
        if isinstance(resource_id, str) and resource_id
        else ""
    )


def own_address(resource: JsonObject, seed: str, name: str) -> str:
    """Return an address from the resource's own id when that is a UUID, else one made from the seed."""
    resource_id = resource.get("id")
    try:
        return f"urn:uuid:{UUID(resource_id)}" if isinstance(resource_id, str) else address(seed, name)
    except ValueError:
        return address(seed, name)


def found_in(value: Any) -> Iterator[str]:
    """Yield every `reference` text inside a resource, contained ones included."""
    if isinstance(value, dict):
        target = value.get("reference")
        if isinstance(target, str):
            yield target
        for inner in value.values():
            yield from found_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from found_in(inner)


def rewritten(value: Any, change: Callable[[str], str | None]) -> Any:
    """Return a copy with every reference changed; where `change` gives None only the display of it stays."""
    if isinstance(value, list):
        return [kept for kept in (rewritten(inner, change) for inner in value) if kept not in ({}, [])]
    if not isinstance(value, dict):
        return value
    target = value.get("reference")
    if isinstance(target, str) and not target.startswith("#"):
        new = change(target)
        rest = {key: inner for key, inner in value.items() if key != "reference"}
        return (
            {"reference": new, **rest}
            if new
            else {k: v for k, v in rest.items() if k in ("display", "identifier")}
        )
    changed = {key: rewritten(inner, change) for key, inner in value.items()}
    return {key: inner for key, inner in changed.items() if inner != {} or value[key] == {}}


def collection(resources: Sequence[tuple[str, JsonObject]]) -> JsonObject:
    """Return a collection Bundle of (address, resource); references to each other become addresses."""
    known: Mapping[str, str] = {local(resource): at for at, resource in resources if local(resource)}
    entries = [
        {"fullUrl": at, "resource": rewritten(resource, lambda target: known.get(target, target))}
        for at, resource in resources
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}
