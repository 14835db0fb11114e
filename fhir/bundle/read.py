"""Bytes of a partner to Received."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from fhir import profiles
from fhir.bundle.basics import expected_issues, is_readable
from fhir.bundle.condense import condense
from fhir.bundle.gather import MOST, entry_issues, gather
from fhir.bundle.medication import with_medicine
from fhir.bundle.people import patient_of
from fhir.bundle.received import ReadResource, Received
from fhir.bundle.references import References, unresolved
from fhir.bundle.sections import Listed, is_summary, listed, section_issues
from fhir.bundle.tidy import tidy
from fhir.outcome import Issue
from fhir.wire import MAX_BYTES, MAX_DEPTH, BadJson, JsonObject, parse

# An issue with its path seen from its own resource.
Found = tuple[str, Issue]


def read(data: bytes, limit: int = MAX_BYTES, depth: int = MAX_DEPTH) -> Received:
    """Return what can be read from a Bundle of any type or a single resource, with everything found wrong.

    BadJson is raised only for bytes that are no acceptable JSON object (limit in bytes, depth in levels) or
    that have no resourceType.
    """
    received = parse(data, limit, depth)
    if not isinstance(received.get("resourceType"), str):
        text = "The content has no resourceType: it is not a FHIR resource."
        raise BadJson(Issue("fatal", "structure", "", "resource-type", text))
    found: list[Found] = []
    resources = [_checked(item, found) for item in gather(received)]
    references = References(resources)
    resources = [_resolved(item, references) for item in resources]
    return _received(received, resources, References(resources), found)


def _received(
    received: JsonObject, resources: list[ReadResource], references: References, found: list[Found]
) -> Received:
    kind = _kind(received)
    composition = next((item for item in resources if item.type == "Composition"), None)
    sections = listed(composition, references) if composition else []
    patient, issues = patient_of(resources, composition, references)
    if len(resources) == MOST:
        text = f"Only the first {MOST} resources were read."
        found.append(("Bundle.entry", Issue("error", "too-long", "Bundle.entry", "too-many-resources", text)))
    if kind != "resource":
        found += _same(_bundle_issues(received))
        found += _same(issues)
    for item in resources:
        found += _seen_from(item, islice(unresolved(item, references, kind), MOST))
    if composition is not None and (kind == "document" or is_summary(composition.resolved)):
        found += _summary_issues(composition, sections, resources)
    return Received(
        kind=kind,
        patient=patient,
        composition=composition.resolved if composition else None,
        resources=tuple(_in_sections(resources, sections)),
        findings=condense(found),
        language=_language(received, composition),
    )


def _checked(item: ReadResource, found: list[Found]) -> ReadResource:
    """Return the resource with a safe view, noting every issue."""
    issues = profiles.issues(item.resource, reject_unknown=False)
    found += _seen_from(item, issues)
    if "modifierExtension" in item.resource:
        text = "A modifierExtension may change the meaning of this resource: a person must look at it."
        path = f"{item.type}.modifierExtension"
        found += _seen_from(item, [Issue("warning", "extension", path, "modifier-extension", text)])
    return replace(item, resolved=tidy(item.resource) if issues else item.resource)


def _resolved(item: ReadResource, references: References) -> ReadResource:
    view = with_medicine(item.resolved, references)
    return replace(item, resolved=view, readable=is_readable(item.resource, view))


def _bundle_issues(bundle: JsonObject) -> Iterator[Issue]:
    yield from profiles.issues(bundle, reject_unknown=False, nested=False)
    yield from entry_issues(bundle)


def _summary_issues(
    composition: ReadResource, sections: list[Listed], resources: list[ReadResource]
) -> Iterator[Found]:
    if not is_summary(composition.resolved):
        return
    yield from _same(section_issues(sections, composition.path))
    for item in resources:
        yield from _seen_from(item, expected_issues(item.resource))


def _in_sections(resources: list[ReadResource], sections: list[Listed]) -> Iterator[ReadResource]:
    codes: dict[str, str] = {}
    for section in sections:
        for item in section.resources:
            if section.code is not None:
                codes.setdefault(item.path, section.code)
    for item in resources:
        yield replace(item, section=codes.get(item.path))


def _seen_from(item: ReadResource, issues: Any) -> Iterator[Found]:
    """Yield issues of one resource with their paths seen from the whole document."""
    root = item.type or "Resource"
    for issue in issues:
        local = issue.path
        below = local[len(root) :] if local.startswith(root) else local.removeprefix("Resource")
        yield local, issue.at(item.path + below)


def _same(issues: Any) -> Iterator[Found]:
    return ((issue.path, issue) for issue in issues)


def _kind(received: JsonObject) -> str:
    if received.get("resourceType") != "Bundle":
        return "resource"
    kind = received.get("type")
    return kind if isinstance(kind, str) and kind else "unknown"


def _language(received: JsonObject, composition: ReadResource | None) -> str | None:
    for holder in (composition.resolved if composition else {}, received):
        language = holder.get("language")
        if isinstance(language, str) and language:
            return language
    return None
