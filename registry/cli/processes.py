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
    become(celery(*worker_words(concurrency, queues)))


@click.command("beat", epilog="Example: puente beat")
@with_here
def beat_command(here: Here) -> None:
    """Ask for the repeated work; run exactly one per node."""
    check_broker(here)
    become(celery(*beat_words()))


def check_broker(here: Here) -> None:
    """Raise Misconfigured when there is nothing to wait on, or when keys are missing."""
    if not here.settings.broker_url:
        raise Misconfigured("Set REDIS_URL: workers are woken through the broker.")
    from registry.crypto.sealing.key_files import KeyFilesUnsafe
    from registry.crypto.wrapping.providers import check_keys

    # Celery builds the services once more after us: looking at the keys alone starts a node sooner.
    try:
        check_keys(here.settings.key_dir, here.settings.kek)
    except KeyFilesUnsafe as error:
        raise Misconfigured(str(error)) from None


def worker_words(concurrency: int, queues: str = QUEUES) -> list[str]:
    """Return what Celery is told for a worker."""
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
    return ["--app", "workers", "worker", "--queues", queues, "--concurrency", str(concurrency), *quiet]


def beat_words() -> list[str]:
    """Return what Celery is told for beat."""
    # An empty pid file: a container that was killed must start again, and two beats do no harm but cost.
    return ["--app", "workers.clock", "beat", "--pidfile", "", "--loglevel", "WARNING"]


def celery(*words: str) -> list[str]:
    """Return the command of Celery."""
    return [sys.executable, "-m", "celery", "--quiet", *words]


def become(command: list[str]) -> None:
    """Replace this process, so that signals reach Celery itself."""
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606  (the words are ours)
