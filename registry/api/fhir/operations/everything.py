"""Give everything of a person as a searchset (https://hl7.org/fhir/R4/patient-operation-everything.html)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response

from fhir import r4
from fhir.outcome import Issue
from registry.api.fhir import bundles
from registry.api.fhir.operations import parameters
from registry.api.frame import answers, reading
from registry.domain.model import Caller
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.care.operations import everything as use_case
from registry.usecases.care.operations.everything import Asked, Found
from registry.usecases.care.search import page_links
from registry.usecases.care.search.page_links import Position

PAGE = "_page"
OPERATION = "$everything"
PARAMETERS = ("_since", "_type", "start", "end", "_count", PAGE)
DATE = re.compile(
    r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T[0-9:.]{5,15}(Z|[+-][0-9:]{5})?)?)?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
NARROWED = Issue(
    "information",
    "suppressed",
    "Patient",
    "types-left-out",
    "Types that the access token or the consent does not cover are left out.",
)


def everything(services: Services, resource_id: str) -> Response:
    """Answer GET or POST [base]/Patient/[id]/$everything with a page of the record."""
    reading.check_id(resource_id)
    caller = reading.caller()
    given = parameters.read(services, PARAMETERS)
    about = f"Patient/{resource_id}/{OPERATION}"
    page = given.one(PAGE)
    asked = _of_page(services, caller, resource_id, page) if page else asked_for(given)
    found = use_case.everything(services, caller, resource_id, asked)
    links = {"self": _address(services, about, {PAGE: page} if page else _plain(asked))}
    if found.following:
        moment, kind, last = found.following
        place = ((moment - _EPOCH) // _MICROSECOND, kind, last)
        parts = tuple((name, str(value)) for name, value in _plain(asked).items())
        token = page_links.seal(services, caller.id, Position(OPERATION, parts, resource_id, place))
        links["next"] = _address(services, about, {PAGE: token})
    whole = len(found.resources) if not (page or found.following) else None
    return answers.document(bundles.document("searchset", _entries(services, found), links, whole))


def asked_for(given: parameters.Given) -> Asked:
    """Return what was asked; raise BadInput for types that do not exist here and for what is no date."""
    types = given.many("_type")
    if unknown := [name for name in types if name not in r4.SUPPORTED]:
        text = f"_type names {len(unknown)} type(s) that this node does not know."
        raise BadInput(text)
    start, end = (_date(given, name) for name in ("start", "end"))
    count = given.number("_count", use_case.MOST, use_case.MOST)
    return Asked(types, instant(given, "_since"), start[:10], end[:10], count)


def instant(given: parameters.Given, name: str) -> datetime | None:
    """Return a moment given in full, or as a day (its beginning in UTC); raise BadInput for anything else."""
    text = given.one(name).replace(" ", "+")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{name} must be a time as in 2026-11-22T08:30:00-05:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _date(given: parameters.Given, name: str) -> str:
    text = given.one(name)
    if text and not DATE.fullmatch(text.replace(" ", "+")):
        raise BadInput(f"{name} must be a date as in 2026, 2026-11 or 2026-11-22.")
    return text


def _entries(services: Services, found: Found) -> list[bundles.Entry]:
    entries = [bundles.match(services, stored) for stored in found.resources]
    entries += [bundles.match(services, stored, "include") for stored in found.included]
    return entries + bundles.warnings((NARROWED,) if found.narrowed else ())


def _plain(asked: Asked) -> dict[str, Any]:
    """Return the parameters that took part, as they stand in an address."""
    named = {
        "_type": ",".join(asked.types),
        "_since": asked.since.isoformat() if asked.since else "",
        "start": asked.start,
        "end": asked.end,
        "_count": asked.count if asked.count != use_case.MOST else "",
    }
    return {name: value for name, value in named.items() if value}


def _of_page(services: Services, caller: Caller, person_id: str, text: str) -> Asked:
    """Return what a page goes on with; raise BadInput for a page of another person or another question."""
    page = page_links.unseal(services, caller.id, text)
    if (page.resource_type, page.owner) != (OPERATION, person_id):
        raise BadInput("This is a page of another question: follow its link as it is.")
    named = dict(page.parameters)
    moment, kind, last = page.after
    return Asked(
        types=tuple(part for part in named.get("_type", "").split(",") if part),
        since=datetime.fromisoformat(named["_since"]) if "_since" in named else None,
        start=named.get("start", ""),
        end=named.get("end", ""),
        count=int(named.get("_count", use_case.MOST)),
        after=(_EPOCH + moment * _MICROSECOND, kind, last),
    )


def _address(services: Services, about: str, named: Mapping[str, object]) -> str:
    return answers.address(services, f"{about}?{urlencode(named)}".rstrip("?"))
