"""List documents of a person (http://hl7.org/fhir/us/core/OperationDefinition/docref)."""

import orjson
from flask import Response

from fhir import references, wire
from registry.api.fhir import bundles
from registry.api.fhir.operations import parameters
from registry.api.fhir.operations.everything import DATE
from registry.api.frame import answers, reading
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.care.documents import listed as use_case
from registry.usecases.care.documents.listed import Asked, Listed

PARAMETERS = ("patient", "start", "end", "type", "on-demand", "profile")


def docref(services: Services) -> Response:
    """Answer GET or POST [base]/DocumentReference/$docref with a searchset."""
    caller = reading.caller()
    given = parameters.read(services, PARAMETERS)
    patient = given.needed("patient").removeprefix("Patient/")
    reading.check_id(patient)
    asked = Asked(
        patient, _date(given, "start"), _date(given, "end"), given.many("type"), given.flag("on-demand")
    )
    entries = [_entry(services, each) for each in use_case.documents(services, caller, asked)]
    links = {"self": answers.address(services, "DocumentReference/$docref")}
    return answers.document(bundles.document("searchset", entries, links, len(entries)))


def _entry(services: Services, found: Listed) -> bundles.Entry:
    if found.id:
        place = answers.address(services, f"DocumentReference/{found.id}")
    else:
        # Made for this answer: it has a name, and no address where it could be read again.
        content = wire.parse(found.resource)["content"][0]["attachment"]["url"]
        place = references.address(str(content), "reference")
    return {"fullUrl": place, "resource": orjson.Fragment(found.resource), "search": {"mode": "match"}}


def _date(given: parameters.Given, name: str) -> str:
    text = given.one(name)
    if text and not DATE.fullmatch(text.replace(" ", "+")):
        raise BadInput(f"{name} must be a date as in 2026, 2026-11 or 2026-11-22.")
    return text[:10]
