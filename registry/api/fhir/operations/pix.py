"""Give the identifiers of a person in other domains (IHE PIXm, https://profiles.ihe.net/ITI/PIXm/ITI-83.html)."""

from flask import Response

from fhir import wire
from registry.api.fhir.operations import parameters
from registry.api.frame import answers, reading
from registry.ports import Services
from registry.usecases.care.matching import cross_reference

PARAMETERS = ("sourceIdentifier", "targetSystem")


def pix(services: Services) -> Response:
    """Answer GET or POST [base]/Patient/$ihe-pix with targetIdentifier and targetId."""
    caller = reading.caller()
    given = parameters.read(services, PARAMETERS)
    found = cross_reference.find(
        services, caller, given.needed("sourceIdentifier"), given.many("targetSystem")
    )
    listed: list[wire.JsonObject] = [
        {"name": "targetIdentifier", "valueIdentifier": entry} for entry in found.identifiers
    ]
    place = answers.address(services, f"Patient/{found.person_id}")
    listed.append({"name": "targetId", "valueReference": {"reference": place}})
    return answers.document(wire.canonical({"resourceType": "Parameters", "parameter": listed}))
