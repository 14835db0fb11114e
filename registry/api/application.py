"""Build the application for systems: small and apart from the pages, with no session, cookie or template."""

from collections.abc import Callable
from functools import partial

from flask import Flask, Response, request
from werkzeug.exceptions import MethodNotAllowed

from registry.api import exchange, health, oauth, openapi, wellknown
from registry.api.fhir import door, metadata, table
from registry.api.fhir.bulk import jobs
from registry.api.fhir.documents import retrieve
from registry.api.frame import errors, hooks, peers, reading, views
from registry.api.frame.callers import Callers
from registry.api.frame.measures import Measures
from registry.api.frame.negotiation import check_accept
from registry.api.frame.routing import TypeName
from registry.ports import Services
from registry.usecases.access import system_token

PREFIXES = ("/fhir", "/oauth", "/.well-known", "/exchange", "/healthz", "/metrics", "/openapi.json")
View = Callable[..., Response]


def make_api(services: Services) -> Flask:
    """Return a WSGI application that answers everything under PREFIXES."""
    app = Flask("registry.api", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = services.settings.message_limit + 1
    app.config["MAX_FORM_MEMORY_SIZE"] = oauth.LARGEST_FORM
    app.url_map.redirect_defaults = False
    app.url_map.merge_slashes = False
    app.url_map.converters["type"] = TypeName
    app.extensions[peers.NAME] = peers.Peers(services)
    app.extensions[Callers.NAME] = Callers(partial(system_token.caller_for, services))
    measures = Measures()
    hooks.register(app, measures)
    errors.register(app)
    _add_fhir(app, services)
    _add_others(app, services, measures)
    return app


def _add_fhir(app: Flask, services: Services) -> None:
    for number, each in enumerate((*table.INTERACTIONS, *table.OPERATIONS, *table.OTHER)):
        for rule in each.rules:
            name = f"{each.code.rpartition('/')[2]}-{number}-{rule}".replace(".", "")
            view: View = partial(each.view, services)
            if each not in table.FOR_DOORS:
                view = _inside(services, view)
            _add(app, rule, name, _negotiated(view), each.methods)
    for name in table.SHOWN:
        one = f"/fhir/{name}/<resource_id>"
        for rule, methods in (
            (one, ("PUT", "PATCH", "DELETE")),
            (f"{one}/_history", ("GET",)),
            (f"{one}/_history/<version>", ("GET",)),
            (f"/fhir/{name}/_history", ("GET",)),
        ):
            _add(app, rule, f"not-written-{rule}".replace(".", ""), _only_shown, methods)
    for name in table.TRAIL:
        _add(app, f"/fhir/{name}", f"not-created-{name}", _only_shown, ("POST",))
    file = _inside(services, partial(jobs.file, services))
    _add(app, "/fhir/bulk/<job_id>/<name>", "bulk-file", file)
    # These answer in the content's own type.
    _add(app, "/fhir/Binary/<resource_id>", "binary", _inside(services, partial(retrieve.binary, services)))
    statement = _negotiated(partial(metadata.metadata, services))
    _add(app, "/fhir/metadata", "metadata", statement)
    for rule in ("/fhir", "/fhir/"):
        _add(app, rule, f"options-{rule}", statement, ("OPTIONS",))


def _only_shown(**_values: str) -> Response:
    """Refuse to write what this node only shows, or to tell versions of what never changes."""
    raise MethodNotAllowed(["GET"])


def _add_others(app: Flask, services: Services, measures: Measures) -> None:
    smart = partial(wellknown.smart_configuration, services)
    _add(app, "/.well-known/smart-configuration", "smart", smart)
    _add(app, "/fhir/.well-known/smart-configuration", "smart-fhir", smart)
    _add(app, "/.well-known/jwks.json", "jwks", partial(wellknown.jwks, services))
    _add(app, "/openapi.json", "openapi", partial(openapi.openapi, services))
    _add(app, "/oauth/token", "token", partial(oauth.token, services), ("POST",))
    _add(app, "/exchange/v1/messages", "messages", partial(exchange.messages, services), ("POST",))
    _add(app, "/healthz", "healthz", partial(health.healthz, services))
    _add(app, "/metrics", "metrics", partial(health.metrics, services, measures))


def _add(app: Flask, rule: str, name: str, view: View, methods: tuple[str, ...] = ("GET",)) -> None:
    app.add_url_rule(
        rule, name, view, methods=list(methods), provide_automatic_options=False, strict_slashes=True
    )


def _inside(services: Services, view: View) -> View:
    """Refuse partners of the plain FHIR door: they bring documents and read nothing of the record."""

    def answer(**values: str) -> Response:
        door.keep_out(services, reading.caller())
        return view(**values)

    return answer


def _negotiated(view: View) -> View:
    """Refuse a caller that takes no FHIR JSON, or asks for a part there is not, before anything is done."""

    def answer(**values: str) -> Response:
        check_accept(request)
        views.asked(request)
        return view(**values)

    return answer
