"""Search Patients by identifier, name and birth date (https://hl7.org/fhir/R4/http.html#search)."""

from collections.abc import Iterable
from urllib.parse import urlencode

import orjson
from flask import Response, request

from fhir import search as search_fhir
from fhir.outcome import Issue, operation_outcome
from registry.api.frame import answers, reading
from registry.api.frame.negotiation import FORM, check_content
from registry.domain.model import Stored
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.care.people import patient_search

Parameters = list[tuple[str, str]]


def search(services: Services) -> Response:
    """Answer GET [base]/Patient?... and POST [base]/Patient/_search with a searchset Bundle."""
    caller = reading.caller()
    parameters = _parameters()
    query = search_fhir.parse(parameters)
    _check_strict(query)
    found = patient_search.search_patients(services, caller, query)
    return answers.document(_bundle(services, parameters, query, found))


def _parameters() -> Parameters:
    """Return the parameters of address and form in order; POST keeps identifiers out of addresses."""
    given = list(request.args.items(multi=True))
    if request.method == "POST":
        check_content(request, FORM)
        given += request.form.items(multi=True)
    return given


def _check_strict(query: search_fhir.Query) -> None:
    """Raise BadInput for parameters that were not used, when the caller wants none ignored."""
    if query.issues and reading.is_strict():
        raise BadInput("The search has a parameter that cannot be used.", query.issues)


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
        for stored in found
    ]
    if query.issues:
        entries.append({"resource": operation_outcome(query.issues), "search": {"mode": "outcome"}})
    used = urlencode(_used(parameters, query.issues))
    bundle: dict[str, object] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "self", "url": answers.address(services, f"Patient?{used}".rstrip("?"))}],
    }
    if len(found) < query.count:
        bundle["total"] = len(found)
    return orjson.dumps(bundle | ({"entry": entries} if entries else {}))


def _used(parameters: Parameters, issues: Iterable[Issue]) -> Parameters:
    """Return the parameters that took part: the self link shows only those."""
    ignored = {issue.path.partition("?")[2] for issue in issues}
    return [(name, value) for name, value in parameters if name not in ignored]
