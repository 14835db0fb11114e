"""Show the audit trail as AuditEvents: read and search by patient (https://hl7.org/fhir/R4/auditevent.html)."""

from flask import Response

from registry.api.fhir import bundles, search
from registry.api.frame import answers, reading
from registry.domain.model import Caller
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.access import audit_events
from registry.usecases.care.search import find, page_links
from registry.usecases.care.search.page_links import Position


def read(services: Services, resource_id: str) -> Response:
    """Answer GET [base]/AuditEvent/[id]."""
    reading.check_id(resource_id)
    return answers.resource(audit_events.read(services, reading.caller(), resource_id))


def find_about(services: Services) -> Response:
    """Answer GET [base]/AuditEvent?patient=... and POST _search with the newest events first."""
    caller = reading.caller()
    at = Position(audit_events.TYPE, tuple(search.parameters()))
    given = dict(at.parameters)
    if search.PAGE in given:
        at = search.page_asked(services, caller, at, given[search.PAGE])
    query = find.parse(services, at.resource_type, at.parameters)
    if query.issues and reading.is_strict():
        raise BadInput("The search has a parameter that cannot be used.", query.issues)
    after = (str(at.after[0]), str(at.after[1])) if at.after else None
    shown, goes_on = audit_events.page(services, caller, query, after)
    entries = [bundles.match(services, stored) for stored in shown]
    links = {
        "self": answers.address(services, audit_events.TYPE),
        "next": _next(services, caller, at, goes_on),
    }
    return answers.document(bundles.document("searchset", [*entries, *bundles.warnings(query.issues)], links))


def _next(services: Services, caller: Caller, at: Position, goes_on: audit_events.After | None) -> str | None:
    if goes_on is None:
        return None
    token = page_links.seal(services, caller.id, at.on(goes_on))
    return answers.address(services, f"{audit_events.TYPE}?{search.PAGE}={token}")
