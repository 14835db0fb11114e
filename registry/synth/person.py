"""One synthetic person as resources, and the transaction Bundle that stores them."""

from dataclasses import dataclass

from fhir.wire import JsonObject

PATIENT_URL = "urn:uuid:00000000-0000-4000-8000-{:012x}"


@dataclass(frozen=True)
class SyntheticPerson:
    """A person who does not exist: the Patient first; the others refer to it by `url`."""

    url: str
    resources: tuple[JsonObject, ...]


def bundle(person: SyntheticPerson) -> JsonObject:
    """Return a transaction Bundle of one person."""
    entries = [
        _entry(resource, person.url if number == 0 else "")
        for number, resource in enumerate(person.resources)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _entry(resource: JsonObject, url: str) -> JsonObject:
    request = {"method": "POST", "url": str(resource["resourceType"])}
    return {**({"fullUrl": url} if url else {}), "resource": resource, "request": request}
