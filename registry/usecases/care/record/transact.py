"""Transaction Bundles: all or nothing, with urn:uuid references resolved (https://hl7.org/fhir/R4/http.html#transaction)."""

from dataclasses import dataclass
from typing import Any

from fhir import wire
from fhir.outcome import Issue
from registry.domain.access import rules
from registry.domain.model import Caller, Stored
from registry.errors import BadInput, Unprocessable
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.record import care_state, sealing, write
from registry.usecases.exchange import close_transfer

MOST_ENTRIES = 500
FIRST_OF_ALL = ("Patient", "Organization", "Practitioner", "Location", "Medication")


@dataclass(frozen=True)
class Step:
    """One entry to carry out: the resource with its final references, and the id it is stored under."""

    method: str
    resource: wire.JsonObject
    resource_id: str
    if_match: int | None


def transact(services: Services, caller: Caller, bundle: wire.JsonObject) -> wire.JsonObject:
    """Carry out a transaction Bundle of POST and PUT entries in one unit; return the transaction-response."""
    rules.check_can(caller, "write")
    reach.check_write(services, caller)
    steps = _steps(services, _entries(bundle))
    for number, step in enumerate(steps):
        letter = "c" if step.method == "POST" else "u"
        rules.check_scope(caller, str(step.resource["resourceType"]), letter)
        _check_entry(services, step.resource, number)
    with services.unit() as unit:
        answers = _carry_out_all(services, unit, caller, steps)
        written = [(stored, steps[number].resource) for number, stored in answers.items()]
        _after(services, unit, caller, written)
        unit.commit()
    return {
        "resourceType": "Bundle",
        "type": "transaction-response",
        "entry": [{"response": _response(answers[number])} for number in range(len(steps))],
    }


def _steps(services: Services, entries: list[dict[str, Any]]) -> list[Step]:
    ids = _ids(services, entries)
    addresses = {
        str(entry["fullUrl"]): f"{entry['resource']['resourceType']}/{new_id}"
        for entry, new_id in zip(entries, ids, strict=True)
        if entry.get("fullUrl")
    }
    return [
        Step(
            method=entry["request"]["method"],
            resource=_with_references(entry["resource"], addresses),
            resource_id=new_id,
            if_match=_version(entry["request"].get("ifMatch")),
        )
        for entry, new_id in zip(entries, ids, strict=True)
    ]


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
        _check_address(number, request, resource)
    return entries


def _check_address(number: int, request: dict[str, Any], resource: wire.JsonObject) -> None:
    """POST goes to a type; PUT goes to a type and the id that the resource itself carries."""
    resource_type, _, given = str(request.get("url", "")).partition("/")
    if resource_type != resource["resourceType"]:
        raise _bad(number, "value", "The type in request.url must be the type of the resource.")
    if request["method"] == "POST" and given:
        raise _bad(number, "value", "The address of a POST is a type without an id.")
    if request["method"] == "PUT" and (not given or given != resource.get("id")):
        raise _bad(number, "value", "The address of a PUT is a type and the id of its resource.")


def _bad(number: int, code: str, text: str) -> BadInput:
    return BadInput(
        text, (Issue("error", code, f"Bundle.entry[{number}].request", "transaction-entry", text),)
    )


def _ids(services: Services, entries: list[dict[str, Any]]) -> list[str]:
    """Return the id each entry is stored under; the same identity twice fails the transaction."""
    found: list[str] = []
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        given = str(entry["request"]["url"]).partition("/")[2]
        marks = {str(entry["fullUrl"])} if entry.get("fullUrl") else set()
        marks |= {str(entry["request"]["url"])} if given else set()
        if marks & seen:
            raise _bad(number, "duplicate", "The same resource stands twice in this transaction.")
        seen |= marks
        found.append(given or services.ids.new())
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


def _carry_out_all(services: Services, unit: Unit, caller: Caller, steps: list[Step]) -> dict[int, Stored]:
    """Write people and directory entries first, then what refers to them: the new ones together."""
    first = [number for number, step in enumerate(steps) if step.resource["resourceType"] in FIRST_OF_ALL]
    answers = {number: _carry_out(services, unit, caller, steps[number]) for number in first}
    rest = [number for number in range(len(steps)) if number not in answers]
    new = [number for number in rest if steps[number].method == "POST"]
    made = [(steps[number].resource, steps[number].resource_id) for number in new]
    answers |= zip(new, write.create_all(services, unit, caller, made), strict=True)
    for number in rest:
        if steps[number].method != "POST":
            answers[number] = _carry_out(services, unit, caller, steps[number])
    return answers


def _carry_out(services: Services, unit: Unit, caller: Caller, step: Step) -> Stored:
    if step.method == "POST":
        return write.create(services, unit, caller, step.resource, step.resource_id)
    return write.put(services, unit, caller, step.resource, step.resource_id, step.if_match)


def _version(text: object) -> int | None:
    if text is None:
        return None
    digits = str(text).removeprefix("W/").strip('"')
    if not digits.isdecimal():
        raise BadInput('ifMatch must look like W/"3".')
    return int(digits)


def _after(
    services: Services, unit: Unit, caller: Caller, written: list[tuple[Stored, wire.JsonObject]]
) -> None:
    for stored, _ in written:
        if stored.type == "MedicationDispense":
            close_transfer.by_first_dispense(services, unit, caller, stored)
    owners = {stored.owner_id for stored, _ in written if stored.type in write.MOVES_CARE_STATE}
    new = {stored.id for stored, _ in written if stored.type == "Patient" and stored.version == 1}
    for owner in sorted(owners - {sealing.DIRECTORY_OWNER}):
        if owner in new:
            care_state.begin(services, unit, [each for each in written if each[0].owner_id == owner])
        else:
            care_state.refresh(services, unit, owner)


def _response(stored: Stored) -> dict[str, str]:
    return {
        "status": "201 Created" if stored.version == 1 else "200 OK",
        "location": f"{stored.type}/{stored.id}/_history/{stored.version}",
        "etag": f'W/"{stored.version}"',
        "lastModified": stored.updated.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
