"""The entries of a transaction Bundle, read and checked before anything is done.

Source: https://hl7.org/fhir/R4/bundle.html#transaction
"""

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from fhir import wire
from fhir.outcome import Issue
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.care.record import conditional
from registry.usecases.care.record.conditional import Condition
from registry.usecases.care.record.write import Expected

MOST_ENTRIES = 500
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_ADDRESS = re.compile(
    r"(?P<type>[A-Z][A-Za-z]{0,63})(?:/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/(?P<version>[0-9]{1,9}))?)?"
    r"(?:\?(?P<query>.*))?",
    re.DOTALL,
)
_TAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')


@dataclass(frozen=True)
class Entry:
    """One entry: what to do with which type and id, or with what a condition picks."""

    number: int
    method: str
    type: str
    id: str = ""
    version: int | None = None
    condition: Condition | None = None
    query: tuple[tuple[str, str], ...] = ()
    full_url: str = ""
    resource: wire.JsonObject = field(default_factory=dict)
    expected: Expected = field(default_factory=Expected)
    none_match: str = ""

    @property
    def scope(self) -> str:
        """Return the letter of the scope this entry needs."""
        if self.method in ("GET", "HEAD"):
            return "r" if self.id else "s"
        return {"POST": "c", "DELETE": "d"}.get(self.method, "u")


def read(services: Services, bundle: wire.JsonObject) -> list[Entry]:
    """Return the entries of a transaction; raise BadInput with the entry that cannot be carried out."""
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
        raise BadInput("This address takes a Bundle of type transaction or batch.")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        raise BadInput(f"A transaction has a list of at most {MOST_ENTRIES} entries. Send several.")
    return [_entry(services, number, entry) for number, entry in enumerate(entries)]


def bad(number: int, code: str, text: str) -> NoReturn:
    """Raise BadInput at the request of an entry."""
    where = f"Bundle.entry[{number}].request"
    raise BadInput(text, (Issue("error", code, where, "transaction-entry", text),))


def _entry(services: Services, number: int, entry: object) -> Entry:
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(request, dict):
        bad(number, "required", "Each entry needs a request.")
    method = request.get("method")
    if method not in METHODS:
        bad(number, "not-supported", f"The method of an entry is one of: {', '.join(METHODS)}.")
    resource = entry.get("resource", {})
    if not isinstance(resource, dict) or (
        method in ("POST", "PUT", "PATCH") and "resourceType" not in resource
    ):
        bad(number, "required", "An entry that writes needs a resource.")
    found = _ADDRESS.fullmatch(_relative(services, str(request.get("url", ""))))
    if found is None:
        bad(number, "value", "request.url is an address relative to the base: a type, an id, a query.")
    made = Entry(
        number=number,
        method=method,
        type=found["type"],
        id=found["id"] or "",
        version=int(found["version"]) if found["version"] else None,
        condition=_condition(number, request, found),
        query=_query(found["query"]) if method in ("GET", "HEAD") else (),
        full_url=str(entry.get("fullUrl") or ""),
        resource=resource,
        expected=_expected(services, number, request, found["type"]),
        none_match=str(request.get("ifNoneMatch") or ""),
    )
    _check_address(made)
    return made


def _relative(services: Services, url: str) -> str:
    return url.removeprefix(f"{services.settings.base_url}/fhir/").removeprefix("/")


def _condition(number: int, request: dict[str, Any], found: re.Match[str]) -> Condition | None:
    method, if_none_exist = request["method"], request.get("ifNoneExist")
    if method in ("GET", "HEAD"):
        return None
    if if_none_exist is not None and method != "POST":
        bad(number, "value", "ifNoneExist belongs to a POST.")
    if method == "POST" and found["query"] is not None:
        bad(number, "value", "The condition of a POST is written in ifNoneExist.")
    text = if_none_exist if method == "POST" else found["query"]
    if text is None:
        return None
    try:
        return conditional.read(found["type"], str(text))
    except BadInput as refusal:
        bad(number, "value", refusal.sentence)


def _query(text: str | None) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(parse_qsl(text or "", keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise BadInput("A search has at most 50 parameters.") from None


def _expected(services: Services, number: int, request: dict[str, Any], kind: str) -> Expected:
    required = kind in services.settings.versioned_types and request["method"] != "DELETE"
    text = request.get("ifMatch")
    if text is None:
        return Expected(absent=_is_absent(request), required=required)
    found = _TAG.fullmatch(str(text).strip())
    if found is None:
        bad(number, "value", 'ifMatch must look like W/"3".')
    return Expected(int(found[1]), required=required)


def _is_absent(request: dict[str, Any]) -> bool:
    return request["method"] == "PUT" and str(request.get("ifNoneMatch", "")).strip() == "*"


def _check_address(entry: Entry) -> None:
    """POST goes to a type; the others to an id or a condition; a PUT to the id its resource carries."""
    number, writes = entry.number, entry.method in ("POST", "PUT")
    if writes and entry.type != entry.resource["resourceType"]:
        bad(number, "value", "The type in request.url must be the type of the resource.")
    if entry.method in ("GET", "HEAD"):
        return
    if entry.version is not None:
        bad(number, "value", "A version cannot be written.")
    if entry.method == "POST":
        if entry.id:
            bad(number, "value", "The address of a POST is a type without an id.")
        return
    if bool(entry.id) == (entry.condition is not None):
        bad(number, "value", "The address is a type and an id, or a type and a condition.")
    if entry.method == "PUT" and entry.id and entry.id != entry.resource.get("id"):
        bad(number, "value", "The address of a PUT is a type and the id of its resource.")
