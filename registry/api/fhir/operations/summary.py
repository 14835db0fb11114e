"""Give the care summary of a person (http://hl7.org/fhir/uv/ips/OperationDefinition/summary)."""

from flask import Response, request

from fhir.summary import LANGUAGES
from registry.api.fhir.operations import parameters
from registry.api.frame import answers, reading
from registry.domain.model import Caller
from registry.errors import BadInput, Unprocessable
from registry.ports import Services
from registry.usecases.care.chart import summary as use_case
from registry.usecases.care.matching import find_person

PARAMETERS = ("identifier", "profile", "_language")
_PROFILES = (
    "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips",
    "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips",
)


def summary(services: Services, resource_id: str) -> Response:
    """Answer GET or POST [base]/Patient/[id]/$summary with an IPS document in the reader's language."""
    reading.check_id(resource_id)
    caller = reading.caller()
    given = parameters.read(services, PARAMETERS)
    return _answer(services, caller, resource_id, given)


def by_identifier(services: Services) -> Response:
    """Answer GET or POST [base]/Patient/$summary?identifier=system|value: 404 unless it is one person's."""
    caller = reading.caller()
    given = parameters.read(services, PARAMETERS)
    person_id = find_person.by_identifier(services, caller, given.needed("identifier"))
    return _answer(services, caller, person_id, given)


def _answer(services: Services, caller: Caller, person_id: str, given: parameters.Given) -> Response:
    profile = given.one("profile").partition("|")[0]
    if profile and profile not in _PROFILES:
        raise Unprocessable("This node makes summaries of the International Patient Summary profile only.")
    language = _language(services, given.one("_language"))
    response = answers.document(use_case.summary(services, caller, person_id, language))
    response.headers["Content-Language"] = language
    return response


def _language(services: Services, asked: str) -> str:
    if asked and asked[:2].lower() not in LANGUAGES:
        raise BadInput(f"_language is one of {', '.join(LANGUAGES)}.")
    if asked:
        return asked[:2].lower()
    wished = (name[:2].lower() for name, quality in request.accept_languages if quality > 0)
    return next((name for name in wished if name in services.node.languages), services.node.languages[0])
