"""What of a person's resources may leave: an allow-list by class of data and purpose, read from redact.toml.

Labels cannot filter a narrative (https://hl7.org/fhir/uv/ips/), so narratives and notes are always left out
here and written anew by whoever builds a document from what is left.
"""

import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fhir import codes
from fhir.treatment.fields import many, one, text
from fhir.wire import JsonObject

_TABLE = Path(__file__).with_name("redact.toml")
# Always kept: without them a resource is none, or loses its protection.
_ALWAYS = ("resourceType", "id")

Tree = dict[str, "Tree"]


@dataclass(frozen=True)
class Rules:
    """redact.toml as read: per class and type the tree of kept elements (an empty tree keeps all below)."""

    purposes: dict[str, tuple[str, ...]]
    classes: dict[str, dict[str, tuple[str, ...]]]
    extensions: frozenset[str]
    references: frozenset[str]
    categories: frozenset[str]
    never: dict[str, tuple[str, ...]]


def for_purpose(
    resources: Iterable[JsonObject], data_classes: Collection[str], purpose: str
) -> list[JsonObject]:
    """Return copies with only what the classes of data allow for a purpose; types without a rule are left
    out.

    A Patient always stays, if only as an id, so that the others have somebody to be about. Unknown classes
    and purposes allow nothing.
    """
    rules = _rules()
    allowed = tuple(name for name in rules.purposes.get(purpose, ()) if name in data_classes)
    trees = _trees(allowed)
    kept = (_resource(resource, trees, rules) for resource in resources)
    return [resource for resource in kept if resource]


def classes_for(purpose: str) -> tuple[str, ...]:
    """Return the classes of data a purpose of use may carry at all."""
    return _rules().purposes.get(purpose, ())


def _resource(resource: JsonObject, trees: dict[str, Tree], rules: Rules) -> JsonObject | None:
    kind = text(resource, "resourceType")
    if kind == "Patient":
        tree = trees.get(kind, {"active": {}})
    elif kind in trees and _may_be_told(resource, rules):
        tree = trees[kind]
    else:
        return None
    kept = {key: resource[key] for key in _ALWAYS if key in resource}
    kept |= _element(resource, tree, rules)
    labels = many(one(resource, "meta"), "security")
    if labels:
        kept["meta"] = {"security": labels}
    contained = [_resource(held, trees, rules) for held in many(resource, "contained")]
    if any(contained):
        kept["contained"] = [held for held in contained if held]
    return kept


def _element(element: JsonObject, tree: Tree, rules: Rules) -> JsonObject:
    """Return the named parts; an underscored sibling follows its primitive element."""
    kept: JsonObject = {}
    for key, value in element.items():
        below = tree.get(key.removeprefix("_"))
        if below is None or key in _ALWAYS[:1]:
            continue
        part = _listed(value, below, rules) if key == "extension" else _value(value, below, rules)
        if part not in (None, {}, []) or value in ({}, []):
            kept[key] = part
    return kept


def _value(value: Any, tree: Tree, rules: Rules) -> Any:
    if isinstance(value, list):
        parts = [_value(entry, tree, rules) for entry in value]
        if all(isinstance(entry, dict) for entry in value):
            return [part for part in parts if part]
        return parts if any(part is not None for part in parts) else None
    if not isinstance(value, dict):
        return value
    if _tells_of_a_group(value, rules):
        return {}
    return _element(value, tree, rules) if tree else _whole(value, rules)


def _whole(value: JsonObject, rules: Rules) -> JsonObject:
    """Return an element with all below it, without foreign extensions, notes and pointers to what stays at
    home.
    """
    if not _may_point(value.get("reference"), rules):
        return {}
    kept: JsonObject = {}
    for key, inner in value.items():
        if key == "note":
            continue
        part = (
            _listed(inner, {}, rules)
            if key in ("extension", "modifierExtension")
            else _value(inner, {}, rules)
        )
        if part not in (None, {}, []):
            kept[key] = part
    return kept


def _listed(extensions: Any, tree: Tree, rules: Rules) -> list[JsonObject]:
    found = extensions if isinstance(extensions, list) else []
    chosen = (entry for entry in found if text(entry, "url") in rules.extensions)
    return [_value(entry, tree, rules) for entry in chosen]


def _may_point(target: Any, rules: Rules) -> bool:
    if not isinstance(target, str) or target.startswith(("#", "urn:")):
        return True
    return any(part in rules.references for part in target.split("/")[:-1][-1:])


def _may_be_told(resource: JsonObject, rules: Rules) -> bool:
    if _tells_of_a_group(resource, rules):
        return False
    coded = many(one(resource, "code"), "coding")
    if resource.get("resourceType") != "Observation":
        return True
    categories = {
        text(coding, "code") for entry in many(resource, "category") for coding in many(entry, "coding")
    }
    return bool(categories & rules.categories) or codes.result_kind(coded) is not None


def _tells_of_a_group(element: JsonObject, rules: Rules) -> bool:
    """Tell whether a concept or a coding is never told, or an element is about one or has it as its value."""
    said = (
        element,
        *many(element, "coding"),
        *_codings(element, "code"),
        *_codings(element, "valueCodeableConcept"),
        one(element, "valueCoding"),
    )
    return any(
        text(coding, "code").strip().upper().startswith(never)
        for coding in said
        if (never := rules.never.get(codes.canonical_system(coding.get("system")), ()))
    )


def _codings(element: JsonObject, name: str) -> list[JsonObject]:
    return many(one(element, name), "coding")


@cache
def _rules() -> Rules:
    table = tomllib.loads(_TABLE.read_text("utf-8"))
    limits = table["limits"]
    return Rules(
        purposes={name: tuple(found) for name, found in table["purposes"].items()},
        classes={
            name: {kind: tuple(paths) for kind, paths in kinds.items()}
            for name, kinds in table["classes"].items()
        },
        extensions=frozenset(limits["extensions"]),
        references=frozenset(limits["references"]),
        categories=frozenset(limits["observation_categories"]),
        never={system: tuple(found) for system, found in table["never"].items()},
    )


@cache
def _trees(data_classes: tuple[str, ...]) -> dict[str, Tree]:
    trees: dict[str, Tree] = {}
    for name in data_classes:
        for kind, paths in _rules().classes.get(name, {}).items():
            tree = trees.setdefault(kind, {})
            for path in paths:
                _plant(tree, path.split("."))
    return trees


def _plant(tree: Tree, path: list[str]) -> None:
    for part in path:
        tree = tree.setdefault(part, {})
