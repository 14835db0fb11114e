"""Find Patients by demographics (https://hl7.org/fhir/R4/patient-operation-match.html, IHE PDQm ITI-119)."""

from flask import Response

from fhir.outcome import Issue
from registry.api.fhir import bundles
from registry.api.fhir.operations import parameters
from registry.api.frame import answers, reading
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.care.matching import match as use_case
from registry.usecases.care.matching.match import Matched

PARAMETERS = ("resource", "onlyCertainMatches", "count")
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
USUAL = 20
NOTHING_TO_GO_ON = Issue(
    "warning",
    "incomplete",
    "Patient",
    "match-too-little",
    "There is nothing to look by: send a document with its system, a name, or a full birth date.",
)


def match(services: Services) -> Response:
    """Answer POST [base]/Patient/$match with a searchset, best first; no match is an empty one."""
    caller = reading.caller()
    given = parameters.read(services, PARAMETERS, bare="Patient")
    if "resource" not in given.resources:
        raise BadInput("The parameter resource is needed: a Patient.")
    count = given.number("count", USUAL, use_case.MOST)
    only_certain = given.flag("onlyCertainMatches")
    answer = use_case.match(services, caller, given.resources["resource"], count, only_certain)
    entries = [_entry(services, one) for one in answer.found]
    entries += bundles.warnings(() if answer.enough else (NOTHING_TO_GO_ON,))
    links = {"self": answers.address(services, "Patient/$match")}
    return answers.document(bundles.document("searchset", entries, links, len(answer.found)))


def _entry(services: Services, one: Matched) -> bundles.Entry:
    graded = {"url": GRADE, "valueCode": one.grade}
    found = bundles.match(services, one.stored)
    return {**found, "search": {"extension": [graded], "mode": "match", "score": one.score}}
