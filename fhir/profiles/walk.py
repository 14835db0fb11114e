"""One pass over a resource that finds every structural fault with its path.

Checked: unknown elements, JSON types, cardinalities, choices, empty values, forms of primitives, required
code lists and the invariants of each type. Source: https://hl7.org/fhir/R4/json.html
"""

from dataclasses import dataclass, field
from typing import Any

from fhir import r4
from fhir.outcome import Issue, Severity
from fhir.profiles.primitives import has_type
from fhir.profiles.shape import ANY_RESOURCE, Element, Shape, shape_of
from fhir.wire import JsonObject, safe_name

Path = tuple["Path | None", str]
# More issues than a person can read: past this a sender is only making us work.
MOST = 1000


@dataclass(slots=True)
class Walk:
    """The issues found so far; `nested` also walks into resources held by a Bundle or Parameters."""

    unknown: Severity = "error"
    nested: bool = True
    most: int = MOST
    issues: list[Issue] = field(default_factory=list)

    def resource(self, node: JsonObject, at: Path) -> None:
        """Check one resource by its resourceType."""
        name = node.get("resourceType")
        if not isinstance(name, str):
            self.add(
                "structure", (at, "resourceType"), "resource-type", "The element 'resourceType' is required."
            )
            return
        if not r4.is_resource_type(name):
            text = "FHIR R4 has no resource type of this name."
            self.add("not-supported", (at, "resourceType"), "unknown-type", text)
            return
        self.node(node, shape_of(name), at)

    def node(self, node: JsonObject, shape: Shape, at: Path) -> None:
        """Check one object against the shape of its type."""
        elements = shape.elements
        for key, value in node.items():
            element = elements.get(key)
            if element is None:
                if key != "resourceType" or not shape.is_resource:
                    self._unknown(key, at)
            elif element.is_fine is None or not element.is_fine(value):
                self._element(value, element, at, node)
        for key in shape.required:
            if key not in node and not _excused(node.get("_" + key)):
                self.add("required", (at, key), "cardinality", f"The element '{key}' is required.")
        if shape.choices:
            self._choices(node, shape, at)
        for rule in shape.rules:
            if not rule.holds(node):
                self.add("invariant", at, rule.id, rule.text, rule.severity)

    def add(self, code: str, at: Path, rule: str, text: str, severity: Severity = "error") -> None:
        """Note one issue, unless there are too many already."""
        if len(self.issues) < self.most:
            self.issues.append(Issue(severity, code, written(at), rule, text))

    def _element(self, value: Any, element: Element, at: Path, parent: JsonObject) -> None:
        if not element.many:
            if isinstance(value, list):
                text = f"The element '{element.name}' is one value, not a list."
                self.add("structure", (at, element.name), "cardinality", text)
                return
            self._value(value, element, (at, element.name))
            return
        if not isinstance(value, list):
            text = f"The element '{element.name}' is a list."
            self.add("structure", (at, element.name), "cardinality", text)
            value = [value]
        if not value:
            self._empty((at, element.name))
        gaps = element.primitive is not None or element.name.startswith("_")
        for place, item in enumerate(value):
            if item is None and gaps and _other(element.name) in parent:
                continue
            self._value(item, element, (at, f"{element.name}[{place}]"))

    def _value(self, value: Any, element: Element, at: Path) -> None:
        if value is None or value in ("", {}):
            self._empty(at)
        elif element.primitive is None:
            self._object(value, element, at)
        elif not has_type(value, element.primitive):
            text = f"The value must be a JSON {element.primitive.written}."
            self.add("structure", at, "json-type", text)
        elif not element.primitive.holds(value):
            self.add("value", at, "format", f"The value is not a valid {element.primitive.name}.")
        elif element.binding is not None and not element.binding.allows(value):
            self.add("code-invalid", at, "required-binding", element.binding.sentence())

    def _object(self, value: Any, element: Element, at: Path) -> None:
        if not isinstance(value, dict):
            self.add("structure", at, "json-type", "The value must be a JSON object.")
        elif element.type == ANY_RESOURCE:
            if self.nested or element.name == "contained":
                self.resource(value, at)
        else:
            self.node(value, shape_of(element.type), at)
            if element.binding is not None and not element.binding.allows(value):
                self.add("code-invalid", at, "required-binding", element.binding.sentence())

    def _choices(self, node: JsonObject, shape: Shape, at: Path) -> None:
        elements = shape.elements
        forms = {(elements[key].choice, key.lstrip("_")) for key in node if key in elements}
        given = [choice for choice, _ in forms]
        for prefix, required in shape.choices:
            present = given.count(prefix)
            if present > 1:
                text = f"Only one of the forms of '{prefix}[x]' may be given."
                self.add("structure", (at, f"{prefix}[x]"), "choice", text)
            elif required and present == 0:
                text = f"The element '{prefix}[x]' is required."
                self.add("required", (at, f"{prefix}[x]"), "cardinality", text)

    def _unknown(self, key: str, at: Path) -> None:
        name = safe_name(key)
        text = f"FHIR R4 has no element '{name}' here."
        self.add("structure", (at, name), "unknown-element", text, self.unknown)

    def _empty(self, at: Path) -> None:
        self.add(
            "value",
            at,
            "empty-value",
            "An element is left out when it has no value; it is never empty or null.",
        )


def written(at: Path) -> str:
    """Return a path as text: `Patient.contact[0].gender`."""
    names = []
    step: Path | None = at
    while step is not None:
        step, name = step
        names.append(name)
    return ".".join(reversed(names))


def _excused(beside: Any) -> bool:
    """Tell whether extensions say why a required value is not there."""
    items = beside if isinstance(beside, list) else [beside]
    return any(isinstance(item, dict) and item.get("extension") for item in items)


def _other(name: str) -> str:
    return name[1:] if name.startswith("_") else "_" + name
