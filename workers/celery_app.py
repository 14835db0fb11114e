"""The Celery application of a node without its tasks: broker, settings, beat table, quiet logs."""

from celery import Celery, signals

from config import Settings
from config.quiet import set_up
from workers.celery_settings import SETTINGS
from workers.schedule import table


def bare(settings: Settings) -> Celery:
    """Return an application that can ask for tasks; nothing is opened before it does."""
    app = Celery("puente", broker=settings.broker_url, set_as_current=False)
    app.conf.update(SETTINGS, beat_schedule=table())
    signals.setup_logging.connect(_set_up_logs, weak=False)
    return app


def _set_up_logs(**_: object) -> None:
    set_up()
