"""Give the care summary of a person (http://hl7.org/fhir/uv/ips/OperationDefinition/summary)."""

from flask import Response, request

from registry.api.frame import answers, reading
from registry.ports import Services
from registry.usecases.care.chart import summary as use_case


def summary(services: Services, resource_id: str) -> Response:
    """Answer GET or POST [base]/Patient/[id]/$summary with an IPS document in the reader's language."""
    reading.check_id(resource_id)
    caller = reading.caller()
    language = request.accept_languages.best_match(services.node.languages) or services.node.languages[0]
    return answers.document(use_case.summary(services, caller, resource_id, language))
