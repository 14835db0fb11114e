"""The processes of a node: web, worker, beat. The last two become Celery, so that signals reach it."""

import os
import sys

import click

from registry.cli.here import Here, with_here
from registry.errors import Misconfigured

QUEUES = "exchange,audit,long"


@click.command("serve", epilog="Example: PUENTE_NODE=pe puente serve")
@with_here
def serve_command(here: Here) -> None:
    """Answer browsers and partners over HTTP until stopped."""
    from registry.serve import serve

    serve(here.settings, here.services)


@click.command("worker", epilog="Example: puente worker --concurrency 4")
@click.option("--queues", default=QUEUES, show_default=True, help="Queues to work on.")
@click.option(
    "--concurrency", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes that work."
)
@with_here
def worker_command(here: Here, queues: str, concurrency: int) -> None:
    """Send, process, chain: everything that does not happen inside a request."""
    check_broker(here)
    become_celery(
        *("worker", "--queues", queues, "--concurrency", str(concurrency)),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"),
    )


@click.command("beat", epilog="Example: puente beat")
@with_here
def beat_command(here: Here) -> None:
    """Ask for the repeated work; run exactly one per node."""
    check_broker(here)
    # An empty pid file: a container that was killed must start again, and two beats do no harm but cost.
    become_celery("beat", "--pidfile", "", "--loglevel", "WARNING")


def check_broker(here: Here) -> None:
    """Raise Misconfigured when there is nothing to wait on, or when keys are missing."""
    if not here.settings.broker_url:
        raise Misconfigured("Set REDIS_URL: workers are woken through the broker.")
    from registry.crypto.sealing.keys import FileKeyProvider, KeyFilesUnsafe, load_node_keys

    # Celery builds the services once more after us: looking at the keys alone starts a node sooner.
    try:
        load_node_keys(here.settings.key_dir)
        FileKeyProvider(here.settings.key_dir)
    except KeyFilesUnsafe as error:
        raise Misconfigured(str(error)) from None


def become_celery(*words: str) -> None:
    """Replace this process by Celery with our application."""
    sys.stdout.flush()
    arguments = [sys.executable, "-m", "celery", "--quiet", "--app", "workers", *words]
    os.execv(sys.executable, arguments)  # noqa: S606  (the words are ours)
