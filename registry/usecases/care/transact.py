"""Transaction Bundles: all or nothing, with urn:uuid references resolved (https://hl7.org/fhir/R4/http.html#transaction)."""

from typing import Any

from fhir import wire
from fhir.outcome import Issue
from registry.domain.access import rules
from registry.domain.model import Caller, Stored
from registry.errors import BadInput, Unprocessable
from registry.ports import Services, Unit
from registry.usecases.care import care_state, sealing, write
from registry.usecases.exchange import close_transfer

MOST_ENTRIES = 500
FIRST_OF_ALL = ("Patient", "Organization", "Practitioner", "Location", "Medication")


def transact(services: Services, caller: Caller, bundle: wire.JsonObject) -> wire.JsonObject:
    """Carry out a transaction Bundle of POST and PUT entries in one unit; return the transaction-response."""
    rules.check_can(caller, "write")
    entries = _entries(bundle)
    new_ids = _new_ids(services, entries)
    resources = [_with_references(entry["resource"], new_ids) for entry in entries]
    for number, (entry, resource) in enumerate(zip(entries, resources, strict=True)):
        letter = "c" if entry["request"]["method"] == "POST" else "u"
        rules.check_scope(caller, str(resource.get("resourceType")), letter)
        _check_entry(services, resource, number)
    answers: dict[int, Stored] = {}
    with services.unit() as unit:
        for number in sorted(range(len(entries)), key=lambda index: _order(resources[index])):
            answers[number] = _carry_out(services, unit, caller, entries[number], resources[number], new_ids)
        _after(services, unit, caller, list(answers.values()))
        unit.commit()
    return {
        "resourceType": "Bundle",
        "type": "transaction-response",
        "entry": [{"response": _response(answers[number])} for number in range(len(entries))],
    }


def _entries(bundle: wire.JsonObject) -> list[dict[str, Any]]:
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
        raise BadInput("This address takes a Bundle of type transaction.")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        raise BadInput(f"A transaction has a list of at most {MOST_ENTRIES} entries. Send several.")
    for number, entry in enumerate(entries):
        request = entry.get("request") if isinstance(entry, dict) else None
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(request, dict) or not isinstance(resource, dict) or "resourceType" not in resource:
            raise _bad(number, "required", "Each entry needs a request and a resource.")
        if request.get("method") not in ("POST", "PUT"):
            raise _bad(number, "not-supported", "Only POST and PUT entries are carried out here.")
        if request.get("ifNoneExist") or "?" in str(request.get("url", "")):
            raise _bad(number, "not-supported", "Conditional entries are not carried out here yet.")
        url_type = str(request.get("url", "")).split("/")[0]
        if url_type != resource["resourceType"]:
            raise _bad(number, "value", "The type in request.url must be the type of the resource.")
    return entries


def _bad(number: int, code: str, text: str) -> BadInput:
    return BadInput(
        text, (Issue("error", code, f"Bundle.entry[{number}].request", "transaction-entry", text),)
    )


def _new_ids(services: Services, entries: list[dict[str, Any]]) -> dict[str, str]:
    """Return what each fullUrl becomes; the same identity twice fails the transaction."""
    found: dict[str, str] = {}
    for number, entry in enumerate(entries):
        resource_type, _, given = str(entry["request"]["url"]).partition("/")
        new = f"{resource_type}/{given or services.ids.new()}"
        url = str(entry.get("fullUrl") or f"#entry-{number}")
        if url in found or (given and new in found.values()):
            raise _bad(number, "duplicate", "The same resource stands twice in this transaction.")
        found[url] = new
        entry["request"] = {**entry["request"], "becomes": new}
    return found


def _with_references(value: Any, new_ids: dict[str, str]) -> Any:
    """Return a copy with every urn:uuid (in references, uris and url elements) replaced by its new
    address.
    """
    if isinstance(value, dict):
        return {key: _with_references(part, new_ids) for key, part in value.items()}
    if isinstance(value, list):
        return [_with_references(part, new_ids) for part in value]
    if isinstance(value, str) and value in new_ids:
        return new_ids[value]
    return value


def _check_entry(services: Services, resource: wire.JsonObject, number: int) -> None:
    try:
        write.check(services, resource)
    except Unprocessable as refusal:
        prefix = f"Bundle.entry[{number}].resource"
        found = [issue.at(f"{prefix}.{issue.path.partition('.')[2]}".rstrip(".")) for issue in refusal.issues]
        raise Unprocessable(refusal.sentence, found) from None


def _order(resource: wire.JsonObject) -> int:
    """Write people and directory entries before what refers to them."""
    return 0 if resource["resourceType"] in FIRST_OF_ALL else 1


def _carry_out(
    services: Services,
    unit: Unit,
    caller: Caller,
    entry: dict[str, Any],
    resource: wire.JsonObject,
    new_ids: dict[str, str],
) -> Stored:
    request = entry["request"]
    resource_id = request["becomes"].split("/")[1]
    if request["method"] == "POST":
        return write.create(services, unit, caller, resource, resource_id)
    if unit.records.current(str(resource["resourceType"]), resource_id) is None:
        return write.create(services, unit, caller, resource, resource_id)
    return write.update(services, unit, caller, resource, resource_id, _version(request.get("ifMatch")))


def _version(text: object) -> int | None:
    if text is None:
        return None
    digits = str(text).removeprefix("W/").strip('"')
    if not digits.isdecimal():
        raise BadInput('ifMatch must look like W/"3".')
    return int(digits)


def _after(services: Services, unit: Unit, caller: Caller, written: list[Stored]) -> None:
    owners = {stored.owner_id for stored in written if stored.type in write.MOVES_CARE_STATE}
    for owner in sorted(owners - {sealing.DIRECTORY_OWNER}):
        care_state.refresh(services, unit, owner)
    for stored in written:
        if stored.type == "MedicationDispense":
            close_transfer.by_first_dispense(services, unit, caller, stored)


def _response(stored: Stored) -> dict[str, str]:
    return {
        "status": "201 Created" if stored.version == 1 else "200 OK",
        "location": f"{stored.type}/{stored.id}/_history/{stored.version}",
        "etag": f'W/"{stored.version}"',
        "lastModified": stored.updated.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
