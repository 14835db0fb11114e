"""A Provide Document Bundle to its parts: one submission, what is said about documents, and the documents.

Source: IHE MHD 4.2, ITI-65 (https://profiles.ihe.net/ITI/MHD/ITI-65.html).
"""

from typing import Any

from fhir.documents import requirements
from fhir.documents.parts import NotProvided, Part, Provided
from fhir.outcome import Issue
from fhir.wire import JsonObject

PROFILES = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD."
MOST = 100
# How a document inside its DocumentReference is called until it has an id.
_INSIDE = "urn:uuid:document-inside"
_KINDS = frozenset({"Binary", "Bundle", "DocumentReference", "List", "Patient"})


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
    issues += requirements.issues(provided)
    if _says(bundle, "Comprehensive"):
        issues += requirements.comprehensive_issues(provided)
    if issues:
        raise NotProvided(tuple(issues))
    return provided


def of_single(resource: JsonObject) -> Provided:
    """Return the parts of a DocumentReference with its document inside; raise NotProvided when it has none.

    Source: IHE MHD 4.2, ITI-105 (Simplified Publish).
    """
    attachment = requirements.attachment_of(resource)
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
        for issue in requirements.reference_issues(reference, {_INSIDE: document})
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
