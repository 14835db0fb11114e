"""A Provide Document Bundle to its parts: one submission, what is said about documents, and the documents.

Source: IHE MHD 4.2, ITI-65 (https://profiles.ihe.net/ITI/MHD/ITI-65.html).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fhir.documents.attachment import content, mismatches
from fhir.outcome import Issue
from fhir.wire import JsonObject

PROFILES = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD."
LIST_TYPES = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
MOST = 100
# How a document inside its DocumentReference is called until it has an id.
_INSIDE = "urn:uuid:document-inside"
CONTENTS = frozenset({"Binary", "Bundle"})
_KINDS = frozenset({"Binary", "Bundle", "DocumentReference", "List", "Patient"})


class NotProvided(ValueError):
    """Say why a Bundle is no Provide Document Bundle; `issues` holds everything found."""

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__("What was sent brings no documents as MHD describes it.")
        self.issues = issues


@dataclass(frozen=True)
class Part:
    """One entry: its place in the Bundle, its address there, and its resource."""

    number: int
    full_url: str
    resource: JsonObject = field(repr=False)

    @property
    def type(self) -> str:
        """Return the resource type."""
        return str(self.resource["resourceType"])

    @property
    def path(self) -> str:
        """Return where the resource stands."""
        return f"Bundle.entry[{self.number}].resource"


@dataclass(frozen=True)
class Provided:
    """The parts of a submission: `parts` are stored, in the order given; `patients` only say who it is
    about. `superseded` holds places of entries that set an earlier DocumentReference aside, with its id.
    """

    parts: tuple[Part, ...]
    patients: tuple[Part, ...]
    superseded: tuple[tuple[int, str], ...]
    size: int

    def of(self, kind: str) -> tuple[Part, ...]:
        """Return the parts of one type."""
        return tuple(part for part in self.parts if part.type == kind)


def is_provide(bundle: JsonObject) -> bool:
    """Tell whether a Bundle says that it provides documents."""
    return _says(bundle, "ProvideBundle")


def is_simplified(resource: JsonObject) -> bool:
    """Tell whether a DocumentReference says that it brings its document inside (ITI-105)."""
    return _says(resource, "SimplifiedPublish")


def _says(resource: JsonObject, word: str) -> bool:
    meta = resource.get("meta")
    profiles = meta.get("profile", ()) if isinstance(meta, dict) else ()
    return isinstance(profiles, list) and any(
        isinstance(name, str) and name.startswith(PROFILES) and word in name for name in profiles
    )


def read(bundle: JsonObject) -> Provided:
    """Return the parts of a Provide Document Bundle; raise NotProvided with everything that is wrong."""
    entries = bundle.get("entry")
    if bundle.get("type") != "transaction" or not isinstance(entries, list) or len(entries) > MOST:
        text = f"A Provide Document Bundle is a transaction of at most {MOST} entries."
        raise NotProvided((Issue("error", "structure", "Bundle", "provide-bundle", text),))
    found: list[Part] = []
    superseded: list[tuple[int, str]] = []
    issues: list[Issue] = []
    for number, entry in enumerate(entries):
        method, url, resource = _request(entry)
        if method == "PATCH" and url.startswith("DocumentReference/"):
            superseded.append((number, url.partition("/")[2].partition("/")[0]))
        elif problem := _problem(method, resource):
            issues.append(
                Issue("error", "not-supported", f"Bundle.entry[{number}]", "provide-entry", problem)
            )
        else:
            found.append(Part(number, str(entry.get("fullUrl") or ""), resource))
    parts = tuple(part for part in found if part.type != "Patient")
    patients = tuple(part for part in found if part.type == "Patient")
    provided = Provided(parts, patients, tuple(superseded), len(entries))
    issues += _issues(provided)
    if issues:
        raise NotProvided(tuple(issues))
    return provided


def of_single(resource: JsonObject) -> Provided:
    """Return the parts of a DocumentReference with its document inside; raise NotProvided when it has none.

    Source: IHE MHD 4.2, ITI-105 (Simplified Publish).
    """
    attachment = attachment_of(resource)
    if attachment is None or not isinstance(attachment.get("data"), str):
        text = "A simplified DocumentReference has its document in content.attachment.data."
        path = "DocumentReference.content[0].attachment.data"
        raise NotProvided((Issue("error", "required", path, "provide-attachment", text),))
    binary = {"resourceType": "Binary", "data": attachment["data"]}
    if "contentType" in attachment:
        binary["contentType"] = attachment["contentType"]
    about = {name: value for name, value in attachment.items() if name != "data"} | {"url": _INSIDE}
    content = [{**resource["content"][0], "attachment": about}, *resource["content"][1:]]
    reference, document = Part(0, "", {**resource, "content": content}), Part(1, _INSIDE, binary)
    issues = tuple(
        issue.at(issue.path.replace(reference.path, "DocumentReference"))
        for issue in _reference_issues(reference, {_INSIDE: document})
    )
    if issues:
        raise NotProvided(issues)
    return Provided((reference, document), (), (), 2)


def _request(entry: Any) -> tuple[str, str, JsonObject]:
    request = entry.get("request") if isinstance(entry, dict) else None
    resource = entry.get("resource") if isinstance(entry, dict) else None
    said = request if isinstance(request, dict) else {}
    return str(said.get("method")), str(said.get("url", "")), resource if isinstance(resource, dict) else {}


def _problem(method: str, resource: JsonObject) -> str:
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind not in _KINDS:
        return "A submission has List, DocumentReference, Binary, Patient, and Bundles that are documents."
    if kind == "Bundle" and resource.get("type") != "document":
        return "A Bundle in a submission is of type document."
    if kind != "Patient" and method != "POST":
        return "Parts of a submission are created: request.method is POST."
    return ""


def _issues(provided: Provided) -> Iterator[Issue]:
    submissions = [part for part in provided.of("List") if _is_submission(part.resource)]
    if len(submissions) != 1:
        text = "There is exactly one List with code submissionset."
        yield Issue("error", "required", "Bundle.entry", "provide-submission-set", text)
    contents = {part.full_url: part for part in provided.parts if part.type in CONTENTS and part.full_url}
    for part in provided.of("DocumentReference"):
        yield from _reference_issues(part, contents)


def _is_submission(resource: JsonObject) -> bool:
    code = resource.get("code")
    codings = code.get("coding") if isinstance(code, dict) else None
    return any(
        isinstance(coding, dict)
        and coding.get("code") == "submissionset"
        and coding.get("system") in (None, LIST_TYPES)
        for coding in (codings if isinstance(codings, list) else ())
    )


def _reference_issues(part: Part, contents: Mapping[str, Part]) -> Iterator[Issue]:
    resource = part.resource
    if not isinstance(resource.get("masterIdentifier"), dict):
        text = "A DocumentReference has a masterIdentifier: the id of the document."
        yield Issue("error", "required", f"{part.path}.masterIdentifier", "provide-master-identifier", text)
    if resource.get("status") != "current":
        text = "A DocumentReference that brings a document has status current."
        yield Issue("error", "value", f"{part.path}.status", "provide-status", text)
    path = f"{part.path}.content[0].attachment"
    attachment = attachment_of(resource)
    if attachment is None or len(resource["content"]) != 1:
        text = "A DocumentReference has exactly one content with an attachment."
        yield Issue("error", "required", f"{part.path}.content", "provide-content", text)
        return
    if not isinstance(attachment.get("contentType"), str) or "data" in attachment:
        text = "The attachment has a contentType and no data: the document is an entry of its own."
        yield Issue("error", "required", path, "provide-attachment", text)
    document = contents.get(str(attachment.get("url")))
    if document is None:
        text = "The attachment's url is the fullUrl of the Binary or Bundle in this submission."
        yield Issue("error", "not-found", f"{path}.url", "provide-document", text)
    elif document.type == "Binary":
        yield from _binary_issues(attachment, document, path)


def _binary_issues(attachment: JsonObject, document: Part, path: str) -> Iterator[Issue]:
    data = content(document.resource)
    if data is None:
        text = "The data of a Binary is base64."
        yield Issue("error", "value", f"{document.path}.data", "binary-data", text)
        return
    if document.resource.get("contentType") != attachment.get("contentType"):
        text = "The contentType of the attachment is that of the Binary."
        yield Issue("error", "value", f"{path}.contentType", "attachment-content-type", text)
    yield from mismatches(attachment, data, path)


def attachment_of(resource: JsonObject) -> JsonObject | None:
    """Return the attachment of a DocumentReference's first content."""
    listed = resource.get("content")
    first = listed[0] if isinstance(listed, list) and listed else None
    attachment = first.get("attachment") if isinstance(first, dict) else None
    return attachment if isinstance(attachment, dict) else None


def replaced(resource: JsonObject) -> tuple[str, ...]:
    """Return the ids of the DocumentReferences that this one replaces."""
    listed = resource.get("relatesTo")
    found = (
        str(each.get("target", {}).get("reference", ""))
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and each.get("code") == "replaces" and isinstance(each.get("target"), dict)
    )
    return tuple(
        name.rpartition("DocumentReference/")[2].partition("/")[0]
        for name in found
        if "DocumentReference/" in name
    )
