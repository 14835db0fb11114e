"""Give the versions of a resource or of a type (https://hl7.org/fhir/R4/http.html#history)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from flask import Response, request

from fhir import search
from fhir.search.kinds import moments
from registry.api.fhir import bundles
from registry.api.frame import answers, reading
from registry.domain.model import Versions
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.care.record import history as use_case

BEFORE = "_before"
KNOWN = ("_since", "_at", "_count", BEFORE, "patient")
SHAPING = ("_format", "_pretty", "_summary", "_elements")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def of_resource(services: Services, resource_type: str, resource_id: str) -> Response:
    """Answer GET [base]/[type]/[id]/_history: newest first, deletions without a resource, in pages."""
    reading.check_type(resource_type)
    reading.check_id(resource_id)
    caller = reading.caller()
    asked, count = _asked(services, resource_type, resource_id)
    page = use_case.of_resource(services, caller, asked, count)
    return _answer(services, f"{resource_type}/{resource_id}/_history", page)


def of_type(services: Services, resource_type: str) -> Response:
    """Answer GET [base]/[type]/_history: the directory's types, others with patient=[id]."""
    reading.check_type(resource_type)
    caller = reading.caller()
    asked, count = _asked(services, resource_type)
    return _answer(services, f"{resource_type}/_history", use_case.of_type(services, caller, asked, count))


def _asked(services: Services, resource_type: str, resource_id: str = "") -> tuple[Versions, int]:
    given = request.args
    if reading.is_strict() and any(name not in (*KNOWN, *SHAPING) for name in given):
        raise BadInput("The history has a parameter that cannot be used.")
    start, end = _span(services, "_at")
    patient = given.get("patient", "").removeprefix("Patient/")
    if patient:
        reading.check_id(patient)
    asked = Versions(
        resource_type,
        id=resource_id,
        owner_id="" if resource_id else patient,
        since=_span(services, "_since")[0],
        start=start,
        end=end,
        before=_number(BEFORE, 0, 10**15),
    )
    return asked, _number("_count", search.DEFAULT_COUNT, search.MOST)


def _span(services: Services, name: str) -> tuple[datetime | None, datetime | None]:
    """Return the start and the end of the date in a parameter; None without one."""
    text = request.args.get(name)
    if not text:
        return None, None
    found = moments.span(text, services.node.time_zone)
    if found is None:
        raise BadInput(f"{name} is a date or an instant, as in 2026-11-22T10:00:00Z.")
    low, high = (_EPOCH + timedelta(microseconds=value) for value in found)
    return low, high


def _number(name: str, otherwise: int, most: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return otherwise
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise BadInput(f"{name} is a whole number.")
    return min(int(text), most)


def _answer(services: Services, path: str, page: use_case.Page) -> Response:
    used = [(name, value) for name, value in request.args.items(multi=True) if name in KNOWN]
    onward = [each for each in used if each[0] != BEFORE] + [(BEFORE, str(page.goes_on))]
    links = {
        "self": _address(services, path, used),
        "next": _address(services, path, onward) if page.goes_on else None,
    }
    entries = [bundles.version(services, row, body) for row, body in page.versions]
    return answers.document(bundles.document("history", entries, links, page.total))


def _address(services: Services, path: str, pairs: list[tuple[str, str]]) -> str:
    return answers.address(services, f"{path}?{urlencode(pairs)}" if pairs else path)
