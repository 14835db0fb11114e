"""Search resources of a type: GET, POST _search, compartments and pages (https://hl7.org/fhir/R4/http.html#search)."""

from urllib.parse import urlencode

from flask import Response, request

from fhir import search as search_fhir
from registry.api.fhir import bundles
from registry.api.frame import answers, reading
from registry.api.frame.negotiation import FORM, check_content
from registry.domain.model import Caller
from registry.errors import BadInput, NotFound
from registry.ports import Services
from registry.usecases.care.record.sealing import DIRECTORY
from registry.usecases.care.record.write import NEVER_WRITTEN
from registry.usecases.care.search import find, page_links
from registry.usecases.care.search.page_links import Position

PAGE = "_page"
# How an answer is written: they say nothing of anybody, so they stand in the addresses of pages.
WRITTEN = frozenset({"_elements", "_format", "_pretty", "_summary"})
OF_NO_PATIENT = DIRECTORY | {"Patient"}
Parameters = list[tuple[str, str]]


def search(services: Services, resource_type: str) -> Response:
    """Answer GET [base]/[type]?... and POST [base]/[type]/_search with a searchset Bundle."""
    _check_searched(resource_type)
    return _answer(services, reading.caller(), Position(resource_type, tuple(parameters())))


def of_patient(services: Services, resource_id: str, resource_type: str) -> Response:
    """Answer GET [base]/Patient/[id]/[type]?...: a search among what one person has."""
    reading.check_id(resource_id)
    _check_searched(resource_type)
    if resource_type in OF_NO_PATIENT:
        raise NotFound("Resources of this type are not in the compartment of a patient.")
    return _answer(services, reading.caller(), Position(resource_type, tuple(parameters()), resource_id))


def _check_searched(resource_type: str) -> None:
    """Raise NotFound (404) for a type that is not searched on this node."""
    reading.check_type(resource_type)
    if resource_type in NEVER_WRITTEN or not search_fhir.is_searched(resource_type):
        raise NotFound("Resources of this type are not searched here.")


def parameters() -> Parameters:
    """Return the parameters of address and form in order; POST keeps identifiers out of addresses."""
    given = list(request.args.items(multi=True))
    if request.method == "POST":
        check_content(request, FORM)
        given += request.form.items(multi=True)
    return given


def _answer(services: Services, caller: Caller, at: Position) -> Response:
    given = dict(at.parameters)
    if PAGE in given:
        at = page_asked(services, caller, at, given[PAGE])
    query = find.parse(services, at.resource_type, at.parameters)
    if query.issues and reading.is_strict():
        raise BadInput("The search has a parameter that cannot be used.", query.issues)
    found = find.page(services, caller, query, at)
    entries = [bundles.match(services, stored) for stored in found.matches]
    entries += [bundles.match(services, stored, "include") for stored in found.along]
    entries += bundles.warnings((*query.issues, *found.notes))
    links = _links(services, caller, query, (at, found))
    return answers.document(bundles.document("searchset", entries, links, found.total))


def page_asked(services: Services, caller: Caller, at: Position, text: str) -> Position:
    """Return the page of a link; nothing else than how it is written may be asked beside it."""
    if any(name != PAGE and name not in WRITTEN for name, _ in at.parameters):
        raise BadInput("A page takes no other search parameter: follow its link as it is.")
    asked = page_links.unseal(services, caller.id, text)
    if (asked.resource_type, asked.owner) != (at.resource_type, at.owner):
        raise BadInput("This is a page of another search: follow its link as it is.")
    return asked


def _links(
    services: Services, caller: Caller, query: search_fhir.Query, what: tuple[Position, find.Page]
) -> dict[str, str | None]:
    """Return the links of a page: self shows what was used, all others say nothing to who reads them."""
    at, found = what
    path = f"Patient/{at.owner}/{at.resource_type}" if at.owner else at.resource_type
    used = urlencode(query.used)
    links: dict[str, str | None] = {
        "self": answers.address(services, f"{path}?{used}" if used else path),
        "next": None,
    }
    written = [(name, value) for name, value in at.parameters if name in WRITTEN]
    others: dict[str, Position | None] = {}
    if at.after:
        others = {"first": at.first(), "previous": at.back()}
    if found.goes_on:
        others["next"] = at.on(found.goes_on)
    for name, position in others.items():
        if position is not None:
            token = page_links.seal(services, caller.id, position)
            links[name] = answers.address(services, f"{path}?{urlencode([(PAGE, token), *written])}")
    return links
