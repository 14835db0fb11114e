"""Serve the application with granian; its own access log stays off, because it writes queries."""

import signal
from functools import partial
from wsgiref.types import WSGIApplication

from granian import Granian
from granian.constants import Interfaces

from config import Settings
from config.logs import Event, log
from config.quiet import settings as log_settings
from registry import create_app
from registry.ports import Services

THREADS = 8
BACKLOG = 1024
STOP_SECONDS = 5


def serve(settings: Settings, services: Services) -> None:
    """Serve until a signal ends it; each worker process builds services of its own after the fork."""
    with services.unit() as unit:
        unit.now()
    announce(settings)
    server = Granian(
        "registry:create_app",
        address=settings.bind_host,
        port=settings.bind_port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        websockets=False,
        log_access=False,
        log_dictconfig=log_settings(),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.serve(target_loader=partial(load, settings), wrap_loader=False)


def load(settings: Settings) -> WSGIApplication:
    """Return the application of one worker process; while it loads, a signal ends it at once."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # inherited from the parent, where they only set a flag
    return create_app(settings)


def announce(settings: Settings) -> None:
    """Write what starts, and what is not protected."""
    log(
        Event.NODE_STARTED,
        process="web",
        node=settings.node.code,
        environment=settings.environment,
        dialect=settings.database_url.partition(":")[0],
        broker=bool(settings.broker_url),
    )
    if settings.base_url.startswith("http://"):
        reason = "plain HTTP on loopback: no TLS, tokens are not bound to a certificate"
        log(Event.NOT_PROTECTED, node=settings.node.code, reason=reason)
