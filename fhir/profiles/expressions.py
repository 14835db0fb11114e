"""FHIRPath tests of the rule tables, compiled at their first use and kept.

The library and its grammar cost 0.15 s to load: only `$validate` and tests come here, writing never does.
Source: http://hl7.org/fhirpath/N1/
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from fhir.wire import JsonObject

# A test takes about 0.3 ms: a second and a half in all, five times what the longest summary known needs.
MOST_TESTS = 5000
Resources = Mapping[str, JsonObject]


class CannotTell(Exception):
    """Say that a test does not work on this content, which breaks the base standard."""


class TooMuch(Exception):
    """Say that so many tests were made that one request has no right to more."""


class Document:
    """What the references of a document lead to, by full address or `Type/id`."""

    def __init__(self, resources: Resources, most: int = MOST_TESTS) -> None:
        """Remember the resources by address, and how many tests may be made."""
        self._resources = resources
        self._left = most
        self._options = {"userInvocationTable": {"resolve": {"fn": self._resolve, "arity": {0: []}}}}

    def holds(self, test: str, node: Any, place: str) -> bool:
        """Tell whether a test is true for a node at a place such as `Patient.name`, or raise CannotTell."""
        self._left -= 1
        if self._left < 0:
            raise TooMuch
        library = _library()
        try:
            # The library raises plain Exceptions for content it dislikes.
            found = library.run(library.node(node, place), _parsed(test), {}, library.model, self._options)
        except Exception as error:
            raise CannotTell from error
        return bool(found == [True])

    def _resolve(self, inputs: list[Any]) -> list[Any]:
        library = _library()
        found = []
        for each in inputs:
            target = getattr(each, "data", each)
            if isinstance(target, dict):
                target = target.get("reference")
            resource = self._resources.get(target) if isinstance(target, str) else None
            if resource is not None:
                found.append(library.node(resource, str(resource.get("resourceType"))))
        return found


class _Library:
    """The parts of the library that are used, and the model of R4 (which elements are choices)."""

    def __init__(self) -> None:
        from fhirpathpy import apply_parsed_path
        from fhirpathpy.engine.nodes import ResourceNode
        from fhirpathpy.models import models
        from fhirpathpy.parser import parse

        self.run: Callable[..., Any] = apply_parsed_path
        self.node: Callable[[Any, str], Any] = ResourceNode.create_node
        self.parse: Callable[[str], Any] = parse
        self.model: Any = models["r4"]


@cache
def _library() -> _Library:
    return _Library()


@cache
def _parsed(test: str) -> Any:
    return _library().parse(test)
