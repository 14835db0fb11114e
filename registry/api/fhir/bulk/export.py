"""Take in a request for an export: of the system, of all patients, of a group."""

from flask import Response, request

from registry.api.fhir.bulk import kick_off
from registry.api.frame import answers, reading
from registry.domain.model import Caller
from registry.ports import Services
from registry.usecases.bulk.exporting import start as export
from registry.usecases.bulk.exporting.request import ExportRequest, Level


def system(services: Services) -> Response:
    """Answer GET or POST [base]/$export: 202 with the address of a status."""
    return _accepted(services, reading.caller(), "system")


def patients(services: Services) -> Response:
    """Answer GET or POST [base]/Patient/$export: everything that belongs to people."""
    return _accepted(services, reading.caller(), "patient")


def group(services: Services, resource_id: str) -> Response:
    """Answer GET or POST [base]/Group/[id]/$export: everything that belongs to the members."""
    reading.check_id(resource_id)
    caller = reading.caller()
    return _accepted(services, caller, "group", export.members(services, caller, resource_id))


def _accepted(
    services: Services, caller: Caller, level: Level, members: tuple[str, ...] | None = None
) -> Response:
    kick_off.check_async()
    asked = kick_off.read(services, of_people=level != "system")
    people = asked.patients if members is None else members
    if members is not None and asked.patients is not None:
        people = tuple(each for each in asked.patients if each in set(members))
    base = services.settings.base_url
    query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
    wanted = ExportRequest(
        f"{base}{request.path}{query}", level, asked.types, asked.since, people, asked.elements
    )
    return accepted(services, export.start(services, caller, wanted).id)


def accepted(services: Services, job_id: str) -> Response:
    """Answer 202 with the address of a job's status."""
    response = Response(status=202)
    response.headers["Content-Location"] = answers.address(services, f"bulk/{job_id}")
    return response
