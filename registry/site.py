"""Join the two applications of a node: pages at the root, the interface for systems under its own prefixes.

They share nothing but use cases: no session, cookie check or template runs for a system's request.
"""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from registry import api, web
from registry.ports import Services


def make(services: Services) -> Flask:
    """Return the application that people's browsers and partners' systems both reach."""
    pages = Flask("registry.web", static_folder=None, template_folder=None)
    web.register(pages, services)
    systems = api.make_api(services)
    split: WSGIApplication = Split(pages.wsgi_app, systems.wsgi_app)
    if services.settings.trusted_proxy:
        through = ProxyFix(split, x_for=1, x_proto=1, x_host=1)
        split = OnlyFrom(services.settings.trusted_proxy, through, split)
    pages.wsgi_app = split  # type: ignore[method-assign,assignment]
    return pages


class Split:
    """Send a request to the systems' application when its path is one of theirs."""

    def __init__(self, pages: WSGIApplication, systems: WSGIApplication) -> None:
        """Remember both."""
        self._pages = pages
        self._systems = systems

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = str(environ.get("PATH_INFO", ""))
        is_for_systems = any(path == prefix or path.startswith(f"{prefix}/") for prefix in api.PREFIXES)
        return (self._systems if is_for_systems else self._pages)(environ, start)


class OnlyFrom:
    """Believe forwarded headers only when the request comes from the proxy's own address."""

    def __init__(self, proxy: str, through_proxy: WSGIApplication, direct: WSGIApplication) -> None:
        """Remember the proxy's address and what answers its requests and others."""
        self._proxy = proxy
        self._through_proxy = through_proxy
        self._direct = direct

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        known = environ.get("REMOTE_ADDR") == self._proxy
        return (self._through_proxy if known else self._direct)(environ, start)
