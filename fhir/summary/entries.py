"""Resources to entries of the document: addresses, references, labels, and what the summary rules demand.

Sources: HL7 International Patient Summary 2.0.1 (Bundle-uv-ips, Observation results), exchange of
restricted data by
security labels (https://hl7.org/fhir/R4/security-labels.html).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fhir import references
from fhir.summary.model import Item
from fhir.treatment.fields import many, one, text
from fhir.treatment.systems import ACT_CODE, CONFIDENTIALITY, DATA_ABSENT
from fhir.treatment.write.labels import security
from fhir.wire import JsonObject

# From open to closed; the highest of all entries marks the document.
_LEVELS = ("U", "L", "M", "N", "R", "V")
_REFRAIN = {"system": ACT_CODE, "code": "NORDSCLCD"}
_ABSENT = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
_ABOUT = ("subject", "patient", "beneficiary")


@dataclass(frozen=True)
class Book:
    """Addresses inside one document: of listed resources by name, of the person, of the sender."""

    patient: str
    sender: str
    known: dict[str, str]


def book(seed: str, person: Item, items: Sequence[Item]) -> tuple[Book, list[str]]:
    """Return the addresses by name, and one per item; they depend on the seed and the name or place only.

    A second resource of the same name gets an address of its own, so that no two entries share one.
    """
    known: dict[str, str] = {}
    at: list[str] = []
    for place, item in enumerate(items):
        fresh = item.name and item.name not in known
        at.append(references.address(seed, item.name if fresh else f"{item.type}#{place}"))
        known.setdefault(item.name, at[-1])
    patient = references.address(seed, "person")
    known[person.name] = patient
    return Book(patient, references.address(seed, "sender"), known), at


def entry(at: str, resource: JsonObject) -> JsonObject:
    """Return a Bundle entry; the resource gets the id of its address and its labels."""
    labels = many(one(resource, "meta"), "security") or security()
    meta = {**one(resource, "meta"), "security": labels}
    return {"fullUrl": at, "resource": {**resource, "id": at.removeprefix("urn:uuid:"), "meta": meta}}


def completed(resource: JsonObject, addresses: Book) -> JsonObject:
    """Return a resource as the summary needs it: about the person, pointing inside the document, nothing
    required missing.
    """
    told = references.rewritten(resource, lambda target: _inside(target, addresses))
    about = {name: {"reference": addresses.patient} for name in _ABOUT if name in resource}
    return _filled({**told, **about}, addresses)


def referenced(items: Iterable[Item], pool: Sequence[Item]) -> list[Item]:
    """Return the medicines and organisations of the pool that listed items point to."""
    wanted = {target for item in items for target in references.found_in(item.resource)}
    return [item for item in pool if item.name in wanted and item.type in ("Medication", "Organization")]


def high_water(entries: Iterable[JsonObject]) -> list[JsonObject]:
    """Return the labels of the whole document: the closest confidentiality, every sensitivity, and the
    refrain.
    """
    found = [label for each in entries for label in many(one(each["resource"], "meta"), "security")]
    levels = {text(label, "code") for label in found if text(label, "system") == CONFIDENTIALITY}
    level = max(levels & set(_LEVELS), key=_LEVELS.index, default="R")
    others = {
        (text(label, "system"), text(label, "code"))
        for label in found
        if text(label, "system") != CONFIDENTIALITY
    }
    others.add((_REFRAIN["system"], _REFRAIN["code"]))
    rest = [{"system": system, "code": code} for system, code in sorted(others) if code]
    return [{"system": CONFIDENTIALITY, "code": level}, *rest]


def _inside(target: str, addresses: Book) -> str | None:
    return addresses.known.get(target.partition("/_history/")[0])


def _filled(resource: JsonObject, addresses: Book) -> JsonObject:
    """Say that a required element is unknown instead of leaving it out, and who stands for a result."""
    kind = resource.get("resourceType")
    filled: dict[str, Any] = dict(resource)
    if kind == "Observation":
        filled["subject"] = {"reference": addresses.patient}
        filled["performer"] = _performers(filled) or [{"reference": addresses.sender}]
        if not _has(filled, "effective"):
            filled["_effectiveDateTime"] = _ABSENT
    elif kind == "MedicationStatement" and not _has(filled, "effective"):
        filled["effectivePeriod"] = _ABSENT
    elif kind == "Patient":
        filled |= {} if _has(filled, "birthDate") else {"_birthDate": _ABSENT}
        filled |= {} if many(filled, "name") else {"name": [_ABSENT]}
    elif kind == "CarePlan":
        filled["subject"] = {"reference": addresses.patient}
    return filled


def _performers(resource: JsonObject) -> list[JsonObject]:
    return [entry for entry in many(resource, "performer") if entry]


def _has(resource: JsonObject, name: str) -> bool:
    return any(key.removeprefix("_").startswith(name) for key in resource)
