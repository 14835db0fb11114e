"""The sections of a patient summary: which resources each lists, and how they differ from the IPS rules.

Source: HL7 International Patient Summary 2.0.1, Composition-uv-ips (terminology/sections.json).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from fhir.bundle.received import ReadResource
from fhir.bundle.references import References
from fhir.codes.systems import LOINC, pairs, table
from fhir.outcome import Issue
from fhir.wire import JsonObject

SUMMARY = "60591-5"
_ANY = "DocumentReference"


@dataclass(frozen=True, slots=True)
class Section:
    """One section as the standard defines it; no types means any."""

    code: str
    name: str
    required: bool
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Listed:
    """One section as received: its standard code when known, and the resources it lists."""

    node: JsonObject
    path: str
    code: str | None
    resources: tuple[ReadResource, ...]


@cache
def standard_sections() -> dict[str, Section]:
    """Return the sections of a patient summary by LOINC code."""
    rows = table("sections")["sections"]
    return {
        row["code"]: Section(row["code"], row["name"], row["required"], frozenset(row["types"]))
        for row in rows
    }


def is_summary(composition: JsonObject) -> bool:
    """Tell whether a Composition says that it is a patient summary."""
    return (LOINC, SUMMARY) in _codes(composition.get("type"))


def listed(composition: ReadResource, references: References) -> list[Listed]:
    """Return the sections of a Composition with the resources they list, sections inside sections too."""
    return list(_listed(composition.resolved, composition.path, references))


def _listed(node: JsonObject, path: str, references: References) -> Iterator[Listed]:
    for place, section in enumerate(node.get("section", ())):
        here = f"{path}.section[{place}]"
        entries = [entry.get("reference") for entry in section.get("entry", ())]
        found = tuple(item for item in map(references.find, entries) if item is not None)
        yield Listed(section, here, _known_code(section, found), found)
        yield from _listed(section, here, references)


def section_issues(sections: list[Listed], path: str) -> Iterator[Issue]:
    """Yield how the sections of a summary differ from the IPS: missing, empty, wrong code, wrong types."""
    present = {section.code for section in sections}
    for standard in standard_sections().values():
        if standard.required and standard.code not in present:
            text = f"A patient summary needs the section {standard.name} (LOINC {standard.code})."
            yield Issue("error", "required", f"{path}.section", "section-missing", text)
    for section in sections:
        yield from _content(section)
        yield from _code(section)
        yield from _types(section)


def _content(section: Listed) -> Iterator[Issue]:
    standard = standard_sections().get(section.code or "")
    if "text" not in section.node:
        text = "Every section of a patient summary has a narrative text."
        yield Issue("warning", "required", f"{section.path}.text", "section-text", text)
    if "entry" in section.node or "emptyReason" in section.node or "section" in section.node:
        return
    if standard is not None and standard.required:
        text = f"The section {standard.name} has neither entries nor an emptyReason."
        yield Issue("error", "invariant", section.path, "ips-comp-1", text)
    elif standard is None or standard.types:
        text = "The section lists nothing: leave it out, or give an emptyReason."
        yield Issue("information", "informational", section.path, "section-empty", text)


def _code(section: Listed) -> Iterator[Issue]:
    written = {code for system, code in _codes(section.node.get("code")) if system == LOINC}
    path = f"{section.path}.code"
    if not written:
        text = "A section is recognised by its LOINC code, which is missing."
        yield Issue("error", "required", path, "section-code-missing", text)
    elif section.code is not None and section.code not in written:
        standard = standard_sections()[section.code]
        text = f"The code is not the one of the section {standard.name}, which is LOINC {standard.code}."
        yield Issue("warning", "code-invalid", path, "section-code", text)
    elif section.code is None:
        text = "The section code is not one of a patient summary."
        yield Issue("information", "code-invalid", path, "section-unknown", text)


def _types(section: Listed) -> Iterator[Issue]:
    standard = standard_sections().get(section.code or "")
    if standard is None or not standard.types:
        return
    for item in section.resources:
        if item.type not in standard.types and item.type != _ANY:
            allowed = ", ".join(sorted(standard.types))
            text = f"The section {standard.name} lists a resource of another type; it may list {allowed}."
            yield Issue("warning", "invalid", f"{section.path}.entry", "section-type", text)


def _known_code(section: JsonObject, found: tuple[ReadResource, ...]) -> str | None:
    """Return the standard code of a section; a wrong code is made good by what the section lists."""
    known = standard_sections()
    for system, code in _codes(section.get("code")):
        if system == LOINC and code in known:
            return code
    types = {item.type for item in found}
    fitting = [code for code, standard in known.items() if types and types <= standard.types]
    return fitting[0] if len(fitting) == 1 else None


def _codes(concept: Any) -> list[tuple[str, str]]:
    coding = concept.get("coding") if isinstance(concept, dict) else None
    return list(pairs(coding)) if isinstance(coding, list) else []
