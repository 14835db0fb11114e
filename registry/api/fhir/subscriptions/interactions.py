"""Create, read, update, delete and list a partner's own subscriptions (https://hl7.org/fhir/R4/subscription.html)."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed

from fhir import wire
from fhir.outcome import Issue
from fhir.subscription import backport, topics
from registry.api.fhir import bundles
from registry.api.frame import answers, reading
from registry.api.frame.negotiation import FORM, check_content
from registry.domain.model import Stored
from registry.errors import BadInput, NotFound
from registry.ports import Services
from registry.usecases.care.record.write import Written
from registry.usecases.subscriptions import manage

TYPE = "Subscription"
FRAME = frozenset({"_format", "_pretty", "_summary", "_elements"})
Find = Callable[[wire.JsonObject], object]
# Search parameter -> (kind, what is compared).
SEARCHED: Mapping[str, tuple[str, Find]] = {
    "_id": ("token", lambda resource: resource["id"]),
    "status": ("token", lambda resource: resource["status"]),
    "url": ("uri", lambda resource: resource["channel"]["endpoint"]),
    "criteria": ("string", lambda resource: resource["criteria"]),
}
# What the CapabilityStatement says of this type beside its interactions.
DECLARED: Mapping[str, object] = {
    "extension": [{"url": backport.TOPICS, "valueCanonical": url} for url in topics.TOPICS],
    "supportedProfile": [backport.PROFILE],
    "versioning": "versioned-update",
    "readHistory": False,
    "updateCreate": False,
    "conditionalCreate": False,
    "conditionalUpdate": False,
    "conditionalDelete": "not-supported",
    "searchParam": [{"name": name, "type": kind} for name, (kind, _) in SEARCHED.items()],
}


def create(services: Services) -> Response:
    """Answer POST [base]/Subscription: 201, status requested; the handshake follows by itself."""
    caller = reading.caller()
    if "If-None-Exist" in request.headers:
        raise BadInput("Subscriptions are not created by condition.")
    resource = reading.resource(services, TYPE)
    return answers.written(services, Written(manage.create(services, caller, resource), resource, "created"))


def read(services: Services, resource_id: str) -> Response:
    """Answer GET [base]/Subscription/[id]: one of the caller's own, without its headers."""
    reading.check_id(resource_id)
    return answers.resource(manage.read(services, reading.caller(), resource_id))


def vread(services: Services, resource_id: str, version: str) -> Response:
    """Answer GET [base]/Subscription/[id]/_history/[version] with what was written then."""
    reading.check_id(resource_id)
    caller = reading.caller()
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise NotFound("There is no such version.")
    return answers.resource(manage.read(services, caller, resource_id, int(version)))


def not_done(services: Services, **_: str) -> Response:
    """Answer 405 what other types do and this one does not: patch, conditions, histories."""
    raise MethodNotAllowed


def update(services: Services, resource_id: str) -> Response:
    """Answer PUT [base]/Subscription/[id]: `off` stops, anything else begins again with a handshake."""
    reading.check_id(resource_id)
    caller, seen = reading.caller(), reading.if_match()
    resource = reading.resource(services, TYPE)
    stored = manage.update(services, caller, resource, resource_id, seen)
    return answers.written(services, Written(stored, resource, "updated"))


def delete(services: Services, resource_id: str) -> Response:
    """Answer DELETE [base]/Subscription/[id]: 204; nothing is sent any more."""
    reading.check_id(resource_id)
    version = manage.delete(services, reading.caller(), resource_id)
    return Response(status=204, headers={"ETag": f'W/"{version}"'})


def search(services: Services) -> Response:
    """Answer GET [base]/Subscription and POST [base]/Subscription/_search with the caller's own."""
    caller = reading.caller()
    given = list(request.args.items(multi=True))
    if request.method == "POST":
        check_content(request, FORM)
        given += request.form.items(multi=True)
    used = [(name, value) for name, value in given if name in SEARCHED]
    ignored = any(name not in SEARCHED and name not in FRAME for name, _ in given)
    if ignored and reading.is_strict():
        raise BadInput(UNUSED.text, (UNUSED,))
    found = [stored for stored in manage.listed(services, caller) if _fits(stored, used)]
    entries = [bundles.match(services, stored) for stored in found]
    links = {"self": answers.address(services, f"{TYPE}?{urlencode(used)}".rstrip("?"))}
    entries += bundles.warnings((UNUSED,) if ignored else ())
    return answers.document(bundles.document("searchset", entries, links, len(found)))


UNUSED = Issue("warning", "not-supported", "", "search-unused", "A search parameter is not known here.")


def _fits(stored: Stored, used: list[tuple[str, str]]) -> bool:
    resource = wire.parse(stored.body)
    return all(SEARCHED[name][1](resource) in value.split(",") for name, value in used)
