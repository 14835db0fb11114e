"""What a submission of documents must say, and what is wrong with one: everything at once.

Sources: IHE MHD 4.2, minimal and comprehensive profiles (https://profiles.ihe.net/ITI/MHD/).
"""

from collections.abc import Iterator, Mapping

from fhir.documents.attachment import content as bytes_of
from fhir.documents.attachment import mismatches
from fhir.documents.parts import CONTENTS, Part, Provided
from fhir.outcome import Issue
from fhir.wire import JsonObject

LIST_TYPES = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
_COMPREHENSIVE = {
    "": ("type", "category", "securityLabel"),
    "content[0].attachment.": ("language", "creation"),
    "content[0].": ("format",),
    "context.": ("facilityType", "practiceSetting"),
}


def issues(provided: Provided) -> Iterator[Issue]:
    """Yield what the minimal profile wants and a submission does not say."""
    submissions = [part for part in provided.of("List") if _is_submission(part.resource)]
    if len(submissions) != 1:
        text = "There is exactly one List with code submissionset."
        yield Issue("error", "required", "Bundle.entry", "provide-submission-set", text)
    contents = {part.full_url: part for part in provided.parts if part.type in CONTENTS and part.full_url}
    for part in provided.of("DocumentReference"):
        yield from reference_issues(part, contents)


def comprehensive_issues(provided: Provided) -> Iterator[Issue]:
    """Yield what the comprehensive profile wants besides and a DocumentReference does not say."""
    for part in provided.of("DocumentReference"):
        content = part.resource.get("content")
        holders = {
            "": part.resource,
            "content[0].attachment.": attachment_of(part.resource),
            "content[0].": content[0] if isinstance(content, list) and content else None,
            "context.": part.resource.get("context"),
        }
        for place, names in _COMPREHENSIVE.items():
            holder = holders[place]
            for name in names:
                if not isinstance(holder, dict) or not holder.get(name):
                    text = "The comprehensive profile of MHD wants this element."
                    path = f"{part.path}.{place}{name}"
                    yield Issue("error", "required", path, "provide-comprehensive", text)


def _is_submission(resource: JsonObject) -> bool:
    code = resource.get("code")
    codings = code.get("coding") if isinstance(code, dict) else None
    return any(
        isinstance(coding, dict)
        and coding.get("code") == "submissionset"
        and coding.get("system") in (None, LIST_TYPES)
        for coding in (codings if isinstance(codings, list) else ())
    )


def reference_issues(part: Part, contents: Mapping[str, Part]) -> Iterator[Issue]:
    """Yield what is wrong with a DocumentReference, and with the document that has this address there."""
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
    data = bytes_of(document.resource)
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
