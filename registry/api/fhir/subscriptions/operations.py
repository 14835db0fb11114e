"""`$status` and `$events` of the Backport guide: where a subscription stands, and events again by number.

Source: https://hl7.org/fhir/uv/subscriptions-backport/operations.html
"""

import orjson
from flask import Response

from fhir.subscription import notification
from registry.api.fhir import bundles
from registry.api.fhir.operations import parameters
from registry.api.frame import answers, reading
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.subscriptions import told

STATUS = ("id", "status")
EVENTS = ("eventsSinceNumber", "eventsUntilNumber", "content")


def status(services: Services, resource_id: str = "") -> Response:
    """Answer GET or POST [base]/Subscription/[id]/$status, or of the caller's own without an id."""
    caller = reading.caller()
    given = parameters.read(services, STATUS)
    wanted = (resource_id,) if resource_id else given.many("id")
    for each in wanted:
        reading.check_id(each)
    if resource_id:
        found = [told.status(services, caller, resource_id)]
    else:
        found = told.statuses(services, caller, wanted)
    states = given.many("status")
    entries: list[bundles.Entry] = [
        {
            "fullUrl": f"{each.about.address}/$status",
            "resource": notification.status(each.about, "query-status"),
            "search": {"mode": "match"},
        }
        for each in found
        if not states or each.about.state in states
    ]
    address = f"Subscription/{resource_id}/$status" if resource_id else "Subscription/$status"
    links = {"self": answers.address(services, address)}
    return answers.document(bundles.document("searchset", entries, links, len(entries)))


def events(services: Services, resource_id: str) -> Response:
    """Answer GET or POST [base]/Subscription/[id]/$events with at most 100 events as a history Bundle."""
    reading.check_id(resource_id)
    caller = reading.caller()
    given = parameters.read(services, EVENTS)
    since = given.number("eventsSinceNumber", 1, told.LAST)
    until = given.number("eventsUntilNumber", told.LAST, told.LAST)
    content = given.one("content")
    if content not in ("", "empty", "id-only"):
        raise BadInput("The content is empty or id-only: resources are read here one by one.")
    asked = told.Asked(since, until, bare=content == "empty")
    found = told.events(services, caller, resource_id, asked)
    body = notification.bundle(found.about, "query-event", found.events, services.ids.new(), found.at)
    return answers.document(orjson.dumps(body))
