"""Build the Celery application of one node: settings, its tasks and the services they use."""

import os
import socket
from functools import partial

from celery import Celery, signals

from config import Settings
from registry import services as adapters
from registry.ports import Services
from workers import audit, calendar, heartbeat, inbox, long, outbox, subscriptions
from workers.celery_app import bare
from workers.partner_client import FindAddress, HttpPartnerClient
from workers.work import Bench

ENDPOINT = "exchange"


def make_app(settings: Settings) -> Celery:
    """Return the application; nothing is opened before a task runs."""
    app = bare(settings)
    bench = Bench(app, lambda: build(settings))
    long.register(bench, worker_name())
    for part in (outbox, inbox, subscriptions, audit, heartbeat, calendar):
        part.register(bench)
    signals.worker_ready.connect(partial(_catch_up, bench), weak=False)
    return app


def build(settings: Settings) -> Services:
    """Build the services of a worker process: those of the node, and the client that reaches partners."""
    return adapters.build(settings, partners=HttpPartnerClient(address_finder(settings)))


def address_finder(settings: Settings) -> FindAddress:
    """Return a function that reads a partner's message address from the trust list in force."""
    trust = adapters.trust_reader(settings, adapters.SystemClock().now)

    def find(partner_id: str) -> str | None:
        partner = trust().find(partner_id)
        return partner.endpoints.get(ENDPOINT) if partner else None

    return find


def worker_name() -> str:
    """Return a name for leases that tells which machine and process to look at."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


def _catch_up(bench: Bench, **_: object) -> None:
    """Look at once for what waited while no worker ran, and be seen."""
    for task in (heartbeat.HEARTBEAT, inbox.SWEEP, outbox.SWEEP):
        bench.wake(task, [""])
