"""Beat of one node, for `celery -A workers.clock`: the table of repeats and the broker, no task's code."""

import os
from typing import Any


def __getattr__(name: str) -> Any:
    """Build `workers.clock.app` when Celery asks for it."""
    if name != "app":
        raise AttributeError(name)
    from config import load
    from workers.celery_app import bare

    globals()["app"] = made = bare(load(os.environ))
    return made
