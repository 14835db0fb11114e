"""Search Patients by identifier, name and birth date (https://hl7.org/fhir/R4/http.html#search)."""

from collections.abc import Iterable
from urllib.parse import urlencode

import orjson
from flask import Response, request

from fhir import search as search_fhir
from fhir.outcome import Issue, has_errors, operation_outcome
from registry.api.frame import answers, reading
from registry.api.frame.negotiation import FORM, check_content
from registry.domain.model import Stored
from registry.errors import BadInput, TooCostly
from registry.ports import Services
from registry.usecases.care import lookup

Parameters = list[tuple[str, str]]


def search(services: Services) -> Response:
    """Answer GET [base]/Patient?... and POST [base]/Patient/_search with a searchset Bundle."""
    caller = reading.caller(services)
    parameters = _parameters()
    query = search_fhir.parse(parameters)
    _check(query)
    found = lookup.search_patients(services, caller, query)
    return answers.document(_bundle(services, parameters, query, found))


def _parameters() -> Parameters:
    """Return the parameters of address and form in order; POST keeps identifiers out of addresses."""
    given = list(request.args.items(multi=True))
    if request.method == "POST":
        check_content(request, FORM)
        given += request.form.items(multi=True)
    return given


def _check(query: search_fhir.Query) -> None:
    """Raise for values nobody can read, for parameters not known under strict handling, for "everybody"."""
    stops = query.issues if reading.is_strict() else [issue for issue in query.issues if _is_error(issue)]
    if stops:
        raise BadInput("The search has a parameter that cannot be used.", stops)
    refusal = search_fhir.refusal(query)
    if refusal is not None:
        raise TooCostly(refusal.text, (refusal,))


def _is_error(issue: Issue) -> bool:
    return has_errors([issue])


def _bundle(
    services: Services, parameters: Parameters, query: search_fhir.Query, found: list[Stored]
) -> bytes:
    """Return a searchset with the stored bytes of each match as they are."""
    entries: list[dict[str, object]] = [
        {
            "fullUrl": answers.address(services, f"Patient/{stored.id}"),
            "resource": orjson.Fragment(stored.body),
            "search": {"mode": "match"},
        }
        for stored in found[: query.count]
    ]
    if query.issues:
        entries.append({"resource": operation_outcome(query.issues), "search": {"mode": "outcome"}})
    used = urlencode(_used(parameters, query.issues))
    bundle: dict[str, object] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(found),
        "link": [{"relation": "self", "url": answers.address(services, f"Patient?{used}".rstrip("?"))}],
    }
    return orjson.dumps(bundle | ({"entry": entries} if entries else {}))


def _used(parameters: Parameters, issues: Iterable[Issue]) -> Parameters:
    """Return the parameters that took part: the self link shows only those."""
    ignored = {issue.path.partition("?")[2] for issue in issues}
    return [(name, value) for name, value in parameters if name not in ignored]
