"""What `_summary` and `_elements` leave of a resource, marked as a part (https://hl7.org/fhir/R4/search.html#summary)."""

import re
from dataclasses import dataclass
from typing import Any, Literal, cast

from fhir.codes.systems import table
from fhir.outcome import Issue
from fhir.profiles.shape import Shape, shape_of
from fhir.wire import JsonObject

Summary = Literal["true", "text", "data", "count", "false"]
SUMMARIES = frozenset({"true", "text", "data", "count", "false"})
SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
# What changes the meaning of the rest may not be left out, whatever was asked.
ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})
_ELEMENT = re.compile(r"(?:([A-Z][A-Za-z]{0,63})\.)?([a-z][A-Za-z0-9]{0,63})")


@dataclass(frozen=True, slots=True)
class View:
    """The part of a resource to show: a summary, or elements as (type or empty text, name)."""

    summary: Summary = "false"
    elements: tuple[tuple[str, str], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is left out."""
        return self.summary == "false" and not self.elements


def asked(summary: str, elements: str) -> View | Issue:
    """Return the view that the values of `_summary` and `_elements` ask for, or what is wrong with them."""
    if summary and summary not in SUMMARIES:
        return _issue("_summary", f"_summary is one of: {', '.join(sorted(SUMMARIES))}.")
    found = [_ELEMENT.fullmatch(name.strip()) for name in elements.split(",")] if elements else []
    if not all(found) or len(found) > 200:
        return _issue("_elements", "_elements lists names of elements of a resource, separated by commas.")
    named = tuple((each[1] or "", each[2]) for each in found if each)
    return View(cast(Summary, summary or "false"), named)


def shown(resource: JsonObject, view: View) -> JsonObject:
    """Return the part of a resource, with the tag that says so; the resource itself when it is whole.

    Mandatory elements always stay, and so does what changes the meaning of others. `count` has no meaning
    for one resource and leaves it whole.
    """
    kind = str(resource.get("resourceType"))
    if view.is_whole or view.summary == "count":
        return resource
    if kind in ("Bundle", "OperationOutcome"):
        return resource
    kept = _kept(kind, view)
    made = {key: value for key, value in resource.items() if key.removeprefix("_") in kept}
    if view.summary == "data":
        made = {key: value for key, value in resource.items() if key not in ("text", "_text")}
    found = resource.get("meta")
    meta: dict[str, Any] = dict(found) if isinstance(found, dict) else {}
    tags = [tag for tag in meta.get("tag", ()) if tag != SUBSETTED]
    return {**made, "meta": {**meta, "tag": [*tags, SUBSETTED]}}


def _kept(kind: str, view: View) -> frozenset[str]:
    shape = shape_of(kind)
    musts = {name for name, must in shape.choices if must}
    needed = {*shape.required, *_forms(shape, musts)}
    if view.elements:
        named = {name for of_type, name in view.elements if of_type in ("", kind)}
        return ALWAYS | needed | named | _forms(shape, named)
    if view.summary == "text":
        return ALWAYS | needed | {"text"}
    return ALWAYS | needed | frozenset(table("summary_elements").get(kind, "").split())


def _forms(shape: Shape, choices: set[str]) -> set[str]:
    return {each.name for each in shape.elements.values() if each.choice in choices}


def _issue(name: str, text: str) -> Issue:
    return Issue("error", "value", name, "view-value", text)
