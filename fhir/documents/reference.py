"""DocumentReferences: read for a list, and made for documents that came without one.

Sources: https://hl7.org/fhir/R4/documentreference.html, IHE sIPS (type and format of a summary).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fhir import references
from fhir.documents.attachment import sha1
from fhir.treatment.systems import LOINC
from fhir.wire import JsonObject

SUMMARY = "60591-5"
IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"
FORMATS = "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode"
FHIR_JSON = "application/fhir+json"


@dataclass(frozen=True)
class Said:
    """What a list needs: types as `system|code` and `code`, the dates of care, and when it was made."""

    types: tuple[str, ...]
    span: tuple[str, str] | None
    date: str

    def is_one_of(self, wanted: tuple[str, ...]) -> bool:
        """Tell whether it is of one of these types (none: of any)."""
        return not wanted or any(name in self.types for name in wanted)


def said(resource: JsonObject) -> Said:
    """Read a DocumentReference."""
    kind = resource.get("type")
    codings = kind.get("coding") if isinstance(kind, dict) else None
    types: list[str] = []
    for coding in codings if isinstance(codings, list) else ():
        types += [f"{coding.get('system', '')}|{coding.get('code')}", str(coding.get("code"))]
    context = resource.get("context")
    period = context.get("period") if isinstance(context, dict) else None
    made = str(resource.get("date") or _created(resource))
    if isinstance(period, dict):
        span: tuple[str, str] | None = (
            str(period.get("start", ""))[:10],
            str(period.get("end", "9999"))[:10],
        )
    else:
        span = (made[:10], made[:10]) if made else None
    return Said(tuple(types), span, made)


def addresses(resource: JsonObject) -> set[str]:
    """Return what its contents are called, as `Type/id`."""
    found: set[str] = set()
    for entry in _list(resource.get("content")):
        attachment = entry.get("attachment")
        url = attachment.get("url") if isinstance(attachment, dict) else None
        if isinstance(url, str):
            found.add("/".join(url.split("/")[-2:]))
    return found


def on_demand(patient_id: str, base_url: str, now: datetime) -> JsonObject:
    """Return the DocumentReference of the summary that is made when it is asked for."""
    when = now.astimezone(UTC).isoformat(timespec="seconds")
    made = _made(patient_id, [_coding(SUMMARY)], when, f"{base_url}/fhir/Patient/{patient_id}/$summary")
    made["description"] = "Patient summary, made on demand"
    made["content"][0]["format"] = {"system": FORMATS, "code": IPS}
    return made


def of_received(
    document: JsonObject, patient_id: str, stored: tuple[str, bytes], sent: tuple[str, datetime]
) -> JsonObject:
    """Return the DocumentReference of a document as received: `stored` is its address and bytes, `sent` tells
    by whom and when it came.
    """
    place, data = stored
    sender, when = sent
    composition = _composition(document)
    kind = composition.get("type")
    codings = _list(kind.get("coding")) if isinstance(kind, dict) else []
    usable = [each for each in codings if isinstance(each.get("code"), str)]
    written = composition.get("date")
    made = _made(patient_id, usable, when.astimezone(UTC).isoformat(timespec="seconds"), place)
    made["author"] = [{"display": sender}]
    about = made["content"][0]["attachment"]
    about |= {"size": len(data), "hash": sha1(data)}
    if isinstance(written, str) and len(written) >= len("2026-01-01T00:00:00Z"):
        about["creation"] = written
    if any(each.get("code") == SUMMARY for each in usable):
        made["content"][0]["format"] = {"system": FORMATS, "code": IPS}
    return made


def _made(patient_id: str, codings: list[JsonObject], when: str, place: str) -> JsonObject:
    name = references.address(place, "document")
    kind: JsonObject = {"coding": codings} if codings else {"text": "FHIR document"}
    made: JsonObject = {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": name},
        "status": "current",
        "type": kind,
        "subject": {"reference": f"Patient/{patient_id}"},
        "date": when,
        "content": [{"attachment": {"contentType": FHIR_JSON, "url": place}}],
    }
    if codings:
        made["category"] = [kind]
    return made


def _coding(code: str) -> JsonObject:
    return {"system": LOINC, "code": code, "display": "Patient summary Document"}


def _composition(document: JsonObject) -> JsonObject:
    for entry in _list(document.get("entry")):
        resource = entry.get("resource")
        if isinstance(resource, dict) and resource.get("resourceType") == "Composition":
            return resource
    return {}


def _created(resource: JsonObject) -> str:
    for entry in _list(resource.get("content")):
        attachment = entry.get("attachment")
        if isinstance(attachment, dict) and isinstance(attachment.get("creation"), str):
            return str(attachment["creation"])
    return ""


def _list(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
